"""RMSprop."""

import rushlight as rl
from rushlight.optim._gradient import (
    GradientOptimizer,
    Options,
    State,
    accumulate_square,
    add_quotient,
    add_scaled,
    check_non_negative,
    column,
    decay_gradient,
    scalar,
    zeros_like,
)
from rushlight.optim.optimizer import ParamsT

__all__ = ["RMSprop"]


class RMSprop(GradientOptimizer):
    """Divides the gradient by the root of its running mean square.

    ``v <- alpha * v + (1 - alpha) * g ** 2``;  ``d = g / (sqrt(v) + eps)``, with ``v - mean(g) ** 2`` in place
    of ``v`` if ``centered``;  ``p <- p - lr * d``, or with momentum ``b <- momentum * b + d``, ``p <- p - lr * b``.

    Raises ``ValueError`` for negative options.
    Source: Hinton, lecture 6e of Neural Networks for Machine Learning; centered: https://arxiv.org/abs/1308.0850.
    """

    kernel = "_fused_rmsprop"

    def __init__(
        self,
        params: ParamsT,
        lr: "float | rl.Tensor" = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_non_negative("epsilon value", eps)
        check_non_negative("momentum value", momentum)
        check_non_negative("weight_decay value", weight_decay)
        check_non_negative("alpha value", alpha)
        defaults = dict(
            lr=lr,
            momentum=momentum,
            alpha=alpha,
            eps=eps,
            centered=centered,
            weight_decay=weight_decay,
            capturable=capturable,
            foreach=foreach,
            maximize=maximize,
            differentiable=differentiable,
        )
        super().__init__(params, defaults)

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        state = {"step": scalar(0), "square_avg": zeros_like(param)}
        if options["momentum"] > 0:
            state["momentum_buffer"] = zeros_like(param)
        if options["centered"]:
            state["grad_avg"] = zeros_like(param)
        return state

    def kernel_arguments(self, states: list[State], options: Options) -> tuple:
        return (
            column(states, "square_avg"),
            column(states, "grad_avg") if options["centered"] else [],
            column(states, "momentum_buffer") if options["momentum"] > 0 else [],
            options["lr"],
            options["alpha"],
            options["eps"],
            options["weight_decay"],
            options["momentum"],
            options["centered"],
            options["maximize"],
        )

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        lr, alpha = options["lr"], options["alpha"]
        grad = decay_gradient(param, grad, options["weight_decay"])
        accumulate_square(state["square_avg"], grad, alpha)
        spread = state["square_avg"]
        if options["centered"]:
            mean = state["grad_avg"].lerp_(grad, 1 - alpha)
            mean = mean.clone() if options["differentiable"] else mean
            spread = spread.addcmul(mean, mean, value=-1)
        root = spread.sqrt().add(options["eps"])
        if options["momentum"] > 0:
            buffer = state["momentum_buffer"].mul_(options["momentum"]).addcdiv_(grad, root)
            add_scaled(param, buffer, -lr)
        else:
            add_quotient(param, grad, root, -lr)
