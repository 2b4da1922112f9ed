"""Adam with the infinity norm."""

import rushlight as rl
from rushlight.optim._gradient import (
    GradientOptimizer,
    Options,
    State,
    add_quotient,
    check_betas,
    check_non_negative,
    column,
    decay_gradient,
    numbers,
    scalar,
    zeros_like,
)
from rushlight.optim.optimizer import ParamsT

__all__ = ["Adamax"]


class Adamax(GradientOptimizer):
    """Adam whose second moment is a decaying maximum.

    ``m <- beta1 * m + (1 - beta1) * g``;  ``u <- max(beta2 * u, |g| + eps)``;
    ``p <- p - lr * m / ((1 - beta1 ** t) * u)``.

    Raises ``ValueError`` for negative options and for betas outside [0, 1).
    Source: Kingma and Ba 2014, https://arxiv.org/abs/1412.6980, section 7.1.
    """

    kernel = "_fused_adamax"

    def __init__(
        self,
        params: ParamsT,
        lr: "float | rl.Tensor" = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_non_negative("epsilon value", eps)
        check_betas(betas)
        check_non_negative("weight_decay value", weight_decay)
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            foreach=foreach,
            maximize=maximize,
            differentiable=differentiable,
            capturable=capturable,
        )
        super().__init__(params, defaults)

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        return {"step": scalar(0), "exp_avg": zeros_like(param), "exp_inf": zeros_like(param)}

    def kernel_arguments(self, states: list[State], options: Options) -> tuple:
        return (
            column(states, "exp_avg"),
            column(states, "exp_inf"),
            numbers(states, "step"),
            options["lr"],
            *options["betas"],
            options["eps"],
            options["weight_decay"],
            options["maximize"],
        )

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        beta1, beta2 = options["betas"]
        grad = decay_gradient(param, grad, options["weight_decay"])
        state["exp_avg"].lerp_(grad, 1 - beta1)
        largest = rl.maximum(state["exp_inf"] * beta2, grad.abs() + options["eps"])
        state["exp_inf"].copy_(largest)
        correction = 1 - beta1 ** state["step"].item()
        add_quotient(param, state["exp_avg"], largest, -(options["lr"] / correction))
