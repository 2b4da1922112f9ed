"""The generalized Pareto distribution, of tails."""

import math

import rushlight as rl

from . import constraints
from .distribution import Distribution
from .parameters import broadcast_all, shape_of

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    """p(x) = (1 + c z)^(-1/c - 1) / scale for z = (x - loc) / scale >= 0, with c = ``concentration``.

    c = 0 is the exponential distribution; for c < 0 the support ends at loc - scale / c.
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real}
    has_rsample = True

    def __init__(self, loc, scale, concentration, validate_args=None):
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(shape_of(self.loc, loc, scale, concentration), validate_args=validate_args)

    @constraints.dependent_property
    def support(self):
        end = self.loc - self.scale / self.concentration
        return constraints.interval(self.loc, rl.where(self.concentration < 0, end, math.inf))

    def _split(self):
        """Where c is zero, and c with one in these places."""
        zero = rl.isclose(self.concentration, rl.zeros_like(self.concentration))
        return zero, rl.where(zero, 1.0, self.concentration)

    @property
    def mean(self):
        mean = self.loc + self.scale / (1 - self.concentration)
        return rl.where(self.concentration < 1, mean, math.nan)

    @property
    def mode(self):
        return self.loc

    @property
    def variance(self):
        c = self.concentration
        return rl.where(c < 0.5, self.scale**2 / ((1 - c) ** 2 * (1 - 2 * c)), math.nan)

    def rsample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        return self.icdf(rl.rand(shape, dtype=self.loc.dtype, device=self.loc.device))

    def log_prob(self, value):
        self._validate_sample(value)
        zero, c = self._split()
        z = (value - self.loc) / self.scale
        power = (1 / c + 1).expand_as(z)
        tail = rl.where(power == 0, 0.0, power * rl.log1p(c * z))
        return -self.scale.log() - rl.where(zero, z, tail)

    def log_survival_function(self, value):
        """Return the logarithm of the probability of what is greater than ``value``."""
        self._validate_sample(value)
        zero, c = self._split()
        z = (value - self.loc) / self.scale
        return rl.where(zero, -z, -rl.log1p(c * z) / c)

    def log_cdf(self, value):
        """Return the logarithm of `cdf`."""
        return rl.log1p(-self.log_survival_function(value).exp())

    def cdf(self, value):
        return self.log_cdf(value).exp()

    def icdf(self, value):
        zero, c = self._split()
        log_left = rl.log1p(-value)
        tail = self.loc + self.scale / c * rl.expm1(-c * log_left)
        return rl.where(zero, self.loc - self.scale * log_left, tail)

    def entropy(self):
        return self.scale.log() + self.concentration + 1
