"""Adafactor: Adam with a factored second moment."""

import rushlight as rl
from rushlight.optim._gradient import (
    GradientOptimizer,
    Options,
    State,
    check_learning_rate,
    decay_parameter,
    scalar,
    zeros_like,
)
from rushlight.optim.optimizer import ParamsT

__all__ = ["Adafactor"]


class Adafactor(GradientOptimizer):
    """Keeps, of a matrix's mean squared gradients, only the row means ``R`` and column means ``C``.

    ``R <- R + w * (mean(g ** 2, -1) - R)``, ``C`` likewise over ``-2``, with ``w = t ** beta2_decay``;
    ``v = R @ C / mean(R)``;  ``u = g / sqrt(v)``;
    ``p <- p - max(eps[1], rms(p)) * min(lr, 1 / sqrt(t)) * u / max(1, rms(u) / d)``.

    ``eps[0]`` bounds ``sqrt(v)`` from below, by default the spacing of the dtype at 1. Vectors keep a full ``v``.
    Raises ``ValueError`` for options out of range, ``RuntimeError`` for complex parameters.
    Source: Shazeer and Stern 2018, https://arxiv.org/abs/1804.04235.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: "float | rl.Tensor" = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_learning_rate(lr)
        if beta2_decay > 0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        for name, value in (("epsilon1", eps[0]), ("epsilon2", eps[1]), ("weight_decay", weight_decay)):
            if value is not None and not 0.0 <= value:
                raise ValueError(f"{name} should be >= 0 but is: {value}")
        if not 1.0 <= d:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        defaults = dict(
            lr=lr, beta2_decay=beta2_decay, eps=eps, d=d, weight_decay=weight_decay, foreach=foreach, maximize=maximize
        )
        super().__init__(params, defaults)

    def _check_gradient(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> None:
        if param.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters")
        super()._check_gradient(param, grad, options)

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        if grad.dim() < 2:
            return {"step": scalar(0), "variance": zeros_like(grad)}
        *batch, rows, columns = grad.shape
        return {
            "step": scalar(0),
            "row_var": grad.new_zeros((*batch, rows, 1)),
            "col_var": grad.new_zeros((*batch, 1, columns)),
        }

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        lr, (eps1, eps2), step = options["lr"], options["eps"], state["step"].item()
        eps1 = rl.finfo(param.dtype).eps if eps1 is None else eps1
        scale = max(eps2, _root_mean_square(param)) * min(lr, 1 / step**0.5)
        decay_parameter(param, lr, options["weight_decay"])
        variance = _variance(grad, state, step ** options["beta2_decay"], eps1)
        update = variance.clamp_(min=eps1 * eps1).rsqrt_().mul_(grad)
        param.add_(update, alpha=-scale / max(1.0, _root_mean_square(update) / options["d"]))


def _variance(grad: "rl.Tensor", state: State, weight: float, eps: float) -> "rl.Tensor":
    if grad.dim() < 2:
        return state["variance"].lerp_(grad * grad, weight).clone()
    for name, dim in (("row_var", -1), ("col_var", -2)):
        norm = rl.linalg.vector_norm(grad, dim=dim, keepdim=True)
        state[name].lerp_(norm.square_().div_(grad.size(dim)), weight)
    rows, columns = state["row_var"], state["col_var"]
    return (rows @ columns).div_(rows.mean(dim=-2, keepdim=True).clamp_(min=eps))


def _root_mean_square(x: "rl.Tensor") -> float:
    return x.norm(2).item() / x.numel() ** 0.5
