"""Transforms of vectors to probabilities that add up to one."""

import rushlight as rl
from rushlight.nn.functional import logsigmoid

from .. import constraints
from .elementwise import ParameterFree, SigmoidTransform

__all__ = ["SoftmaxTransform", "StickBreakingTransform"]


class SoftmaxTransform(ParameterFree):
    """Probabilities proportional to exp(x): not invertible, but with log as a right inverse."""

    domain, codomain = constraints.real_vector, constraints.simplex
    bijective = False

    def _call(self, x):
        probs = (x - x.max(-1, True)[0]).exp()
        return probs / probs.sum(-1, True)

    def _inverse(self, y):
        return y.log()


class StickBreakingTransform(ParameterFree):
    """Vectors of n numbers to n + 1 probabilities: each takes a part of what is left of a stick."""

    domain, codomain = constraints.real_vector, constraints.simplex

    def _offset(self, n, like):
        return rl.arange(n, 0, -1, dtype=like.dtype, device=like.device)

    def _call(self, x):
        z = SigmoidTransform()(x - self._offset(x.shape[-1], x).log())
        left = (1 - z).cumprod(-1)
        pad = rl.nn.functional.pad
        return pad(z, [0, 1], value=1) * pad(left, [1, 0], value=1)

    def _inverse(self, y):
        cropped = y[..., :-1]
        left = (1 - cropped.cumsum(-1)).clamp(min=rl.finfo(y.dtype).tiny)
        return cropped.log() - left.log() + self._offset(cropped.shape[-1], y).log()

    def log_abs_det_jacobian(self, x, y):
        x = x - self._offset(x.shape[-1], x).log()
        return (-x + logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape):
        return (*shape[:-1], shape[-1] + 1)

    def inverse_shape(self, shape):
        return (*shape[:-1], shape[-1] - 1)
