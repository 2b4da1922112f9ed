"""Adadelta."""

import rushlight as rl
from rushlight.optim._gradient import (
    GradientOptimizer,
    Options,
    State,
    accumulate_square,
    add_scaled,
    check_non_negative,
    column,
    decay_gradient,
    scalar,
    zeros_like,
)
from rushlight.optim.optimizer import ParamsT

__all__ = ["Adadelta"]


class Adadelta(GradientOptimizer):
    """Scales the gradient by the running size of past updates over that of past gradients.

    ``v <- rho * v + (1 - rho) * g ** 2``;  ``d = g * sqrt(u + eps) / sqrt(v + eps)``;
    ``u <- rho * u + (1 - rho) * d ** 2``;  ``p <- p - lr * d``.

    Raises ``ValueError`` for negative options and for ``rho`` outside [0, 1].
    Source: Zeiler 2012, https://arxiv.org/abs/1212.5701.
    """

    kernel = "_fused_adadelta"

    def __init__(
        self,
        params: ParamsT,
        lr: "float | rl.Tensor" = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_non_negative("epsilon value", eps)
        check_non_negative("weight_decay value", weight_decay)
        defaults = dict(
            lr=lr,
            rho=rho,
            eps=eps,
            weight_decay=weight_decay,
            maximize=maximize,
            capturable=capturable,
            foreach=foreach,
            differentiable=differentiable,
        )
        super().__init__(params, defaults)

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        return {"step": scalar(0), "square_avg": zeros_like(param), "acc_delta": zeros_like(param)}

    def kernel_arguments(self, states: list[State], options: Options) -> tuple:
        return (
            column(states, "square_avg"),
            column(states, "acc_delta"),
            options["lr"],
            options["rho"],
            options["eps"],
            options["weight_decay"],
            options["maximize"],
        )

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        rho, eps = options["rho"], options["eps"]
        grad = decay_gradient(param, grad, options["weight_decay"])
        accumulate_square(state["square_avg"], grad, rho)
        root = state["square_avg"].add(eps).sqrt()
        delta = state["acc_delta"].add(eps).sqrt() / root * grad
        accumulate_square(state["acc_delta"], delta, rho)
        add_scaled(param, delta, -options["lr"])
