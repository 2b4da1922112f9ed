"""Adam with Nesterov momentum."""

import rushlight as rl
from rushlight.optim._gradient import (
    GradientOptimizer,
    Options,
    State,
    accumulate_square,
    add_quotient,
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

__all__ = ["NAdam"]


class NAdam(GradientOptimizer):
    """Adam with Nesterov momentum on a schedule.

    ``mu_t = beta1 * (1 - 0.96 ** (t * momentum_decay) / 2)``, and with the moments ``m``, ``v`` of Adam
    ``p <- p - lr * (mu_{t+1} * m / (1 - prod(mu_1..mu_{t+1})) + (1 - mu_t) * g / (1 - prod(mu_1..mu_t)))
    / (sqrt(v / (1 - beta2 ** t)) + eps)``.

    Raises ``ValueError`` for negative options and for betas outside [0, 1).
    Source: Dozat 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ.
    """

    kernel = "_fused_nadam"

    def __init__(
        self,
        params: ParamsT,
        lr: "float | rl.Tensor" = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
        check_non_negative("momentum_decay value", momentum_decay)
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay,
            maximize=maximize,
            foreach=foreach,
            capturable=capturable,
            differentiable=differentiable,
        )
        super().__init__(params, defaults)

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        return {
            "step": scalar(0),
            "mu_product": scalar(1),
            "exp_avg": zeros_like(param),
            "exp_avg_sq": zeros_like(param),
        }

    def _run_kernel(self, params: list, grads: list, states: list[State], options: Options) -> bool:
        for state in states:  # the product counts this step before either path
            state["mu_product"] *= _momenta(state["step"].item(), options)[0]
        return super()._run_kernel(params, grads, states, options)

    def kernel_arguments(self, states: list[State], options: Options) -> tuple:
        return (
            column(states, "exp_avg"),
            column(states, "exp_avg_sq"),
            numbers(states, "mu_product"),
            numbers(states, "step"),
            options["lr"],
            *options["betas"],
            options["eps"],
            options["weight_decay"],
            options["momentum_decay"],
            options["maximize"],
            options["decoupled_weight_decay"],
        )

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        lr, (beta1, beta2), step = options["lr"], options["betas"], state["step"].item()
        if options["decoupled_weight_decay"]:
            decay_parameter(param, lr, options["weight_decay"])
        else:
            grad = decay_gradient(param, grad, options["weight_decay"])
        mu, mu_next = _momenta(step, options)
        product = state["mu_product"].item()
        state["exp_avg"].lerp_(grad, 1 - beta1)
        accumulate_square(state["exp_avg_sq"], grad, beta2)
        denominator = state["exp_avg_sq"].div(1 - beta2**step).sqrt().add(options["eps"])
        add_quotient(param, grad, denominator, -lr * (1 - mu) / (1 - product))
        add_quotient(param, state["exp_avg"], denominator, -lr * mu_next / (1 - product * mu_next))


def _momenta(step: float, options: Options) -> tuple[float, float]:
    beta1, decay = options["betas"][0], options["momentum_decay"]
    return tuple(beta1 * (1 - 0.5 * 0.96 ** (t * decay)) for t in (step, step + 1))
