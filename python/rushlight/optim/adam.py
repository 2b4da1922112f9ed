"""Adam and, by decoupling its weight decay, AdamW."""

import rushlight as rl
from rushlight.optim._gradient import (
    GradientOptimizer,
    Options,
    State,
    accumulate_square,
    add_quotient,
    check_betas,
    check_learning_rate,
    check_non_negative,
    column,
    decay_gradient,
    decay_parameter,
    numbers,
    scalar,
    zeros_like,
)
from rushlight.optim.optimizer import ParamsT

__all__ = ["Adam"]


class Adam(GradientOptimizer):
    """Adam: steps along the mean gradient over the root of the mean squared gradient.

    ``m <- beta1 * m + (1 - beta1) * g``;  ``v <- beta2 * v + (1 - beta2) * g ** 2``;
    ``p <- p - lr * (m / (1 - beta1 ** t)) / (sqrt(v / (1 - beta2 ** t)) + eps)``.

    ``weight_decay`` is an L2 penalty in the gradient, or shrinks the parameter itself with
    ``decoupled_weight_decay``. ``amsgrad`` divides by the largest ``v`` so far.
    Raises ``ValueError`` for negative options and for betas outside [0, 1).

    >>> p = rl.ones(2, requires_grad=True)
    >>> optimizer = rl.optim.Adam([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p
    tensor([0.9000, 0.9000], requires_grad=True)

    Source: Kingma and Ba 2014, https://arxiv.org/abs/1412.6980; amsgrad: https://openreview.net/forum?id=ryQu7f-RZ.
    """

    kernel = "_fused_adam"

    def __init__(
        self,
        params: ParamsT,
        lr: "float | rl.Tensor" = 1e-3,
        betas: "tuple[float | rl.Tensor, float | rl.Tensor]" = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        _check_tensor_options(lr, betas, foreach and not capturable)
        check_non_negative("epsilon value", eps)
        check_betas(betas)
        check_non_negative("weight_decay value", weight_decay)
        defaults = dict(
            lr=lr,
            betas=tuple(b.squeeze() if isinstance(b, rl.Tensor) else b for b in betas),
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            maximize=maximize,
            foreach=foreach,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=decoupled_weight_decay,
        )
        super().__init__(params, defaults)

    def _check_gradient(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> None:
        if grad.is_sparse:
            raise RuntimeError("Adam does not support sparse gradients, please consider SparseAdam instead")
        super()._check_gradient(param, grad, options)

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        state = {"step": scalar(0), "exp_avg": zeros_like(param), "exp_avg_sq": zeros_like(param)}
        if options["amsgrad"]:
            state["max_exp_avg_sq"] = zeros_like(param)
        return state

    def kernel_arguments(self, states: list[State], options: Options) -> tuple:
        return (
            column(states, "exp_avg"),
            column(states, "exp_avg_sq"),
            column(states, "max_exp_avg_sq") if options["amsgrad"] else [],
            numbers(states, "step"),
            options["lr"],
            *options["betas"],
            options["eps"],
            options["weight_decay"],
            options["amsgrad"],
            options["maximize"],
            options["decoupled_weight_decay"],
        )

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        lr, (beta1, beta2), step = options["lr"], options["betas"], state["step"].item()
        if options["decoupled_weight_decay"]:
            decay_parameter(param, lr, options["weight_decay"])
        else:
            grad = decay_gradient(param, grad, options["weight_decay"])
        exp_avg, second = state["exp_avg"], state["exp_avg_sq"]
        exp_avg.lerp_(grad, 1 - beta1)
        accumulate_square(second, grad, beta2)
        if options["amsgrad"]:
            second = state["max_exp_avg_sq"].copy_(rl.maximum(state["max_exp_avg_sq"].clone(), second))
        denominator = (second.sqrt() / (1 - beta2**step) ** 0.5).add_(options["eps"])
        add_quotient(param, exp_avg, denominator, -(lr / (1 - beta1**step)))


def _check_tensor_options(lr: "float | rl.Tensor", betas: tuple, numbers_only: bool) -> None:
    if numbers_only:
        names = {"lr": lr, "betas[0]": betas[0], "betas[1]": betas[1]}
        for name in [n for n, v in names.items() if isinstance(v, rl.Tensor)]:
            raise ValueError(f"{name} as a Tensor is not supported for capturable=False and foreach=True")
    check_learning_rate(lr)
    if {isinstance(b, rl.Tensor) for b in betas} == {True, False}:
        raise ValueError("betas must be either both floats or both Tensors")
    for i, beta in enumerate(betas):
        if isinstance(beta, rl.Tensor) and beta.numel() != 1:
            raise ValueError(f"Tensor betas[{i}] must be 1-element")
