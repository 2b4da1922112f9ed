"""Stochastic gradient descent."""

from typing import Any

import rushlight as rl
from rushlight.optim._gradient import (
    GradientOptimizer,
    Options,
    State,
    add_scaled,
    check_learning_rate,
    check_non_negative,
    decay_gradient,
)
from rushlight.optim.optimizer import ParamsT

__all__ = ["SGD"]


class SGD(GradientOptimizer):
    """Stochastic gradient descent with momentum.

    ``g <- g + weight_decay * p``;  ``b <- momentum * b + (1 - dampening) * g`` (``b <- g`` at first);
    ``p <- p - lr * b``, or ``p <- p - lr * (g + momentum * b)`` with ``nesterov``.

    Raises ``ValueError`` for negative options, and for ``nesterov`` without momentum or with dampening.

    >>> p = rl.ones(2, requires_grad=True)
    >>> optimizer = rl.optim.SGD([p], lr=0.5)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.tolist()
    [0.0, 0.0]

    Source: Sutskever et al. 2013, On the importance of initialization and momentum in deep learning.
    """

    kernel = "_fused_sgd"
    complex_as_real = False

    def __init__(
        self,
        params: ParamsT,
        lr: "float | rl.Tensor" = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: "float | rl.Tensor" = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_learning_rate(lr)
        check_non_negative("momentum value", momentum)
        check_non_negative("weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = dict(
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
            foreach=foreach,
            differentiable=differentiable,
            fused=fused,
        )
        super().__init__(params, defaults)

    def _state_of(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        self._check_gradient(param, grad, options)
        return self.state[param] if options["momentum"] != 0 else {}

    def _check_gradient(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> None:
        if not grad.is_sparse or options["fused"]:
            super()._check_gradient(param, grad, options)

    def _run_kernel(self, params: list, grads: list, states: list[State], options: Options) -> bool:
        if options["momentum"] == 0 or all("momentum_buffer" in state for state in states):
            return super()._run_kernel(params, grads, states, options)
        if any("momentum_buffer" in state for state in states):
            return False  # some parameters get their first gradient only now
        fresh = [{"momentum_buffer": rl.empty_like(p)} for p in params]
        ran = super()._run_kernel(params, grads, fresh, {**options, "first": True})
        if ran:
            for state, buffer in zip(states, fresh, strict=True):
                state.update(buffer)
        return ran

    def kernel_arguments(self, states: list[State], options: Options) -> tuple:
        return (
            [state["momentum_buffer"] for state in states] if options["momentum"] != 0 else None,
            options["lr"],
            options["momentum"],
            options["dampening"],
            options["nesterov"],
            options["weight_decay"],
            options["maximize"],
            options.get("first", False),
        )

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        grad = decay_gradient(param, grad, options["weight_decay"])
        if options["momentum"] != 0:
            grad = _with_momentum(grad, state, options)
        add_scaled(param, grad, -options["lr"])


def _with_momentum(grad: "rl.Tensor", state: dict[str, Any], options: Options) -> "rl.Tensor":
    buffer = state.get("momentum_buffer")
    if buffer is None:
        buffer = state["momentum_buffer"] = grad.detach().clone()
    else:
        buffer.mul_(options["momentum"]).add_(grad, alpha=1 - options["dampening"])
    return grad.add(buffer, alpha=options["momentum"]) if options["nesterov"] else buffer
