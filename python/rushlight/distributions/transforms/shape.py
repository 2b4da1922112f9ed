"""Transforms that rearrange an event, or map it through the distribution function of another distribution."""

import rushlight as rl

from .. import constraints
from .transform import Transform

__all__ = ["CumulativeDistributionTransform", "ReshapeTransform"]


class ReshapeTransform(Transform):
    """Events of ``in_shape`` reshaped to ``out_shape``, which has as many elements.

    >>> ReshapeTransform((4,), (2, 2))(rl.arange(4))
    tensor([[0, 1],
            [2, 3]])
    """

    def __init__(self, in_shape, out_shape, cache_size=0):
        self.in_shape, self.out_shape = rl.Size(in_shape), rl.Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError("in_shape, out_shape have different numbers of elements")
        super().__init__(cache_size)

    domain = property(lambda self: constraints.independent(constraints.real, len(self.in_shape)))
    codomain = property(lambda self: constraints.independent(constraints.real, len(self.out_shape)))

    def with_cache(self, cache_size=1):
        return self if self._cache_size == cache_size else ReshapeTransform(self.in_shape, self.out_shape, cache_size)

    def _call(self, x):
        return x.reshape(x.shape[: x.dim() - len(self.in_shape)] + self.out_shape)

    def _inverse(self, y):
        return y.reshape(y.shape[: y.dim() - len(self.out_shape)] + self.in_shape)

    def log_abs_det_jacobian(self, x, y):
        return x.new_zeros(x.shape[: x.dim() - len(self.in_shape)])

    def forward_shape(self, shape):
        return _replaced(rl.Size(shape), self.in_shape, self.out_shape)

    def inverse_shape(self, shape):
        return _replaced(rl.Size(shape), self.out_shape, self.in_shape)

    def _key(self):
        return (self.in_shape, self.out_shape)


def _replaced(shape, old, new):
    """``shape`` with ``new`` in place of its end, ``old``."""
    if len(shape) < len(old):
        raise ValueError("Too few dimensions on input")
    cut = len(shape) - len(old)
    if shape[cut:] != old:
        raise ValueError(f"Shape mismatch: expected {shape[cut:]} but got {old}")
    return shape[:cut] + new


class CumulativeDistributionTransform(Transform):
    """y = ``distribution.cdf(x)``, the probability of what is not greater than x; its inverse is ``icdf``."""

    codomain = constraints.unit_interval
    sign = 1

    def __init__(self, distribution, cache_size=0):
        super().__init__(cache_size)
        self.distribution = distribution

    domain = property(lambda self: self.distribution.support)

    def with_cache(self, cache_size=1):
        if self._cache_size == cache_size:
            return self
        return CumulativeDistributionTransform(self.distribution, cache_size)

    def _call(self, x):
        return self.distribution.cdf(x)

    def _inverse(self, y):
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x, y):
        return self.distribution.log_prob(x)

    def _key(self):
        return (self.distribution,)
