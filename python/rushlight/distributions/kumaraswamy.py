"""The Kumaraswamy distribution, which is like the beta distribution but has a closed distribution function."""

import math

import rushlight as rl

from . import constraints
from .parameters import broadcast_all
from .transformed_distribution import EULER_GAMMA, TransformedDistribution
from .transforms import AffineTransform, PowerTransform
from .uniform import Uniform

__all__ = ["Kumaraswamy"]


class Kumaraswamy(TransformedDistribution):
    """p(x) = a b x^(a-1) (1 - x^a)^(b-1) for 0 <= x <= 1, with a = concentration1 and b = concentration0."""

    arg_constraints = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1, concentration0, validate_args=None):
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        ones = rl.ones_like(self.concentration0)
        base = Uniform(rl.zeros_like(ones), ones, validate_args=validate_args)
        roots = [PowerTransform(c.reciprocal()) for c in (self.concentration0, self.concentration1)]
        super().__init__(base, [roots[0], AffineTransform(1.0, -1.0), roots[1]], validate_args)

    def expand(self, batch_shape, _instance=None):
        pair = (self.concentration1.expand(batch_shape), self.concentration0.expand(batch_shape))
        return Kumaraswamy(*pair, validate_args=self._validate_args)

    def _moment(self, n):
        b, order = self.concentration0, 1 + n / self.concentration1
        return b * rl.exp(rl.lgamma(order) + rl.lgamma(b) - rl.lgamma(order + b))

    @property
    def mean(self):
        return self._moment(1)

    @property
    def mode(self):
        a, b = self.concentration1, self.concentration0
        mode = ((a - 1) / (a * b - 1)) ** a.reciprocal()
        return mode.masked_fill((b < 1) | (a < 1), math.nan)

    @property
    def variance(self):
        return self._moment(2) - self.mean.pow(2)

    def entropy(self):
        a, b = self.concentration1, self.concentration0
        harmonic = rl.digamma(b + 1) + EULER_GAMMA
        return 1 - b.reciprocal() + (1 - a.reciprocal()) * harmonic - a.log() - b.log()
