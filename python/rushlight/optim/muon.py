"""Muon: momentum orthogonalised by Newton-Schulz iteration."""

import math

import rushlight as rl
from rushlight.optim._gradient import (
    GradientOptimizer,
    Options,
    State,
    check_learning_rate,
    decay_parameter,
    zeros_like,
)
from rushlight.optim.optimizer import ParamsT

__all__ = ["Muon"]

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


class Muon(GradientOptimizer):
    """Steps along the nearest semi-orthogonal matrix to the momentum of a weight matrix.

    ``b <- momentum * b + (1 - momentum) * g``;  ``u = orthogonalised(b)``, or of
    ``(1 - momentum) * g + momentum * b`` with ``nesterov``;  ``p <- (1 - lr * weight_decay) * p - lr * s * u``.

    The factor ``s`` depends on the shape ``[A, B]`` by ``adjust_lr_fn``: ``"original"`` (default)
    ``sqrt(max(1, A / B))``, ``"match_rms_adamw"`` ``0.2 * sqrt(max(A, B))``, ``"spectral_unclamped"`` ``sqrt(A / B)``.
    Raises ``ValueError`` for parameters that are not matrices and for negative options.
    Source: https://kellerjordan.github.io/posts/muon/, https://arxiv.org/abs/2502.16982.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = COEFFICIENTS,
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_learning_rate(lr)
        for label, value in (("momentum", momentum), ("weight decay", weight_decay)):
            if not 0.0 <= value:
                raise ValueError(f"{label} should be >= 0 but is: {value}")
        if adjust_lr_fn not in (None, *_ADJUSTMENTS):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = dict(
            lr=lr,
            weight_decay=weight_decay,
            momentum=momentum,
            nesterov=nesterov,
            ns_coefficients=ns_coefficients,
            eps=eps,
            ns_steps=ns_steps,
            adjust_lr_fn=adjust_lr_fn,
        )
        super().__init__(params, defaults)
        for p in (p for group in self.param_groups for p in group["params"]):
            if p.ndim != 2:
                raise ValueError(f"Muon only supports 2D parameters whereas we found a parameter with size: {p.size()}")

    def _check_gradient(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> None:
        if param.is_complex():
            raise RuntimeError("Muon does not support complex parameters")
        super()._check_gradient(param, grad, options)

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        return {"momentum_buffer": zeros_like(grad)}

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        momentum = options["momentum"]
        buffer = state["momentum_buffer"].lerp_(grad, 1 - momentum)
        update = grad.lerp(buffer, momentum) if options["nesterov"] else buffer
        update = orthogonalized(update, options["ns_coefficients"], options["ns_steps"], options["eps"])
        decay_parameter(param, options["lr"], options["weight_decay"])
        adjust = _ADJUSTMENTS[options["adjust_lr_fn"] or "original"]
        param.add_(update, alpha=-options["lr"] * adjust(*param.shape))


_ADJUSTMENTS = {
    "original": lambda rows, columns: math.sqrt(max(1, rows / columns)),
    "match_rms_adamw": lambda rows, columns: 0.2 * math.sqrt(max(rows, columns)),
    "spectral_unclamped": lambda rows, columns: math.sqrt(rows / columns),
}


def orthogonalized(matrix: "rl.Tensor", coefficients: tuple, steps: int, eps: float) -> "rl.Tensor":
    """Push the singular values of ``matrix`` towards one, in bfloat16, by ``x <- a x + (b x x' + c (x x')^2) x``."""
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    tall = matrix.size(0) > matrix.size(1)
    x = matrix.to(dtype=rl.bfloat16, copy=True)
    x = x.T if tall else x
    x.div_(x.norm().clamp(min=eps))
    for _ in range(steps):
        gram = x @ x.T
        x = rl.addmm(x, rl.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x
