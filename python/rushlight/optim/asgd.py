"""Averaged stochastic gradient descent."""

import rushlight as rl
from rushlight.optim._gradient import (
    GradientOptimizer,
    Options,
    State,
    add_scaled,
    check_non_negative,
    column,
    decay_gradient,
    numbers,
    scalar,
    zeros_like,
)
from rushlight.optim.optimizer import ParamsT

__all__ = ["ASGD"]


class ASGD(GradientOptimizer):
    """Stochastic gradient descent that keeps the mean of its parameters in ``state[p]["ax"]``.

    ``p <- (1 - lambd * eta) * p - eta * g`` with ``eta = lr / (1 + lambd * lr * t) ** alpha``;
    ``ax <- ax + mu * (p - ax)`` with ``mu = 1 / max(1, t - t0)``.

    Raises ``ValueError`` for negative options.
    Source: Polyak and Juditsky 1992, https://doi.org/10.1137/0330046.
    """

    kernel = "_fused_asgd"

    def __init__(
        self,
        params: ParamsT,
        lr: "float | rl.Tensor" = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_non_negative("lambd value", lambd)
        check_non_negative("alpha value", alpha)
        check_non_negative("weight_decay value", weight_decay)
        defaults = dict(
            lr=lr,
            lambd=lambd,
            alpha=alpha,
            t0=t0,
            weight_decay=weight_decay,
            foreach=foreach,
            maximize=maximize,
            differentiable=differentiable,
            capturable=capturable,
        )
        super().__init__(params, defaults)

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        return {"step": scalar(0), "eta": scalar(options["lr"]), "mu": scalar(1), "ax": zeros_like(param)}

    def _run_kernel(self, params: list, grads: list, states: list[State], options: Options) -> bool:
        ran = super()._run_kernel(params, grads, states, options)
        if ran:
            for state in states:
                _advance_schedule(state, options)
        return ran

    def kernel_arguments(self, states: list[State], options: Options) -> tuple:
        return (
            column(states, "ax"),
            numbers(states, "eta"),
            numbers(states, "mu"),
            options["lambd"],
            options["weight_decay"],
            options["maximize"],
        )

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        eta, mu = state["eta"].item(), state["mu"].item()
        grad = decay_gradient(param, grad, options["weight_decay"])
        param.mul_(1 - options["lambd"] * eta)
        add_scaled(param, grad, -eta)
        if mu == 1:
            state["ax"].copy_(param)
        else:
            state["ax"].add_(param.sub(state["ax"]).mul(mu))
        _advance_schedule(state, options)


def _advance_schedule(state: State, options: Options) -> None:
    lr, lambd, step = options["lr"], options["lambd"], state["step"].item()
    state["eta"].copy_(rl.as_tensor(lr / (1 + lambd * lr * step) ** options["alpha"]))
    state["mu"].copy_(rl.as_tensor(1 / max(1, step - options["t0"])))
