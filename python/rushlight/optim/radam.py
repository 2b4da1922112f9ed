"""Rectified Adam."""

import rushlight as rl
from rushlight.optim._gradient import (
    GradientOptimizer,
    Options,
    State,
    accumulate_square,
    add_scaled,
    check_betas,
    check_non_negative,
    column,
    decay_gradient,
    decay_parameter,
    numbers,
    scalar,
    zeros_like,
)
from rushlight.optim.optimizer import ParamsT

__all__ = ["RAdam"]


class RAdam(GradientOptimizer):
    """Adam that trusts its second moment only once enough gradients were seen.

    ``rho_inf = 2 / (1 - beta2) - 1``, ``rho_t = rho_inf - 2 * t * beta2 ** t / (1 - beta2 ** t)``. While
    ``rho_t <= 5`` the step is ``lr * m / (1 - beta1 ** t)``; afterwards it is that of Adam times
    ``sqrt((rho_t - 4) * (rho_t - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho_t))``.

    Raises ``ValueError`` for negative options and for betas outside [0, 1).
    Source: Liu et al. 2019, https://arxiv.org/abs/1908.03265.
    """

    kernel = "_fused_radam"

    def __init__(
        self,
        params: ParamsT,
        lr: "float | rl.Tensor" = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_non_negative("epsilon value", eps)
        check_betas(betas)
        check_non_negative("weight_decay value", weight_decay)
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            maximize=maximize,
            foreach=foreach,
            capturable=capturable,
            decoupled_weight_decay=decoupled_weight_decay,
            differentiable=differentiable,
        )
        super().__init__(params, defaults)

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        return {"step": scalar(0), "exp_avg": zeros_like(param), "exp_avg_sq": zeros_like(param)}

    def kernel_arguments(self, states: list[State], options: Options) -> tuple:
        return (
            column(states, "exp_avg"),
            column(states, "exp_avg_sq"),
            numbers(states, "step"),
            options["lr"],
            *options["betas"],
            options["eps"],
            options["weight_decay"],
            options["maximize"],
            options["decoupled_weight_decay"],
        )

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        lr, (beta1, beta2), step = options["lr"], options["betas"], state["step"].item()
        if options["decoupled_weight_decay"]:
            decay_parameter(param, lr, options["weight_decay"])
        else:
            grad = decay_gradient(param, grad, options["weight_decay"])
        state["exp_avg"].lerp_(grad, 1 - beta1)
        accumulate_square(state["exp_avg_sq"], grad, beta2)
        update = state["exp_avg"] / (1 - beta1**step) * lr
        correction2 = 1 - beta2**step
        rho_inf = 2 / (1 - beta2) - 1
        rho = rho_inf - 2 * step * beta2**step / correction2
        if rho > 5:
            denominator = state["exp_avg_sq"].sqrt().add(options["eps"])
            update = update * (correction2**0.5 / denominator) * _rectification(rho, rho_inf)
        add_scaled(param, update, -1)


def _rectification(rho: float, rho_inf: float) -> float:
    return ((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)) ** 0.5
