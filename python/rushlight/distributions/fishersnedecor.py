"""The F distribution, of ratios of variances."""

import math

import rushlight as rl

from . import constraints
from .distribution import Distribution
from .gamma import Gamma
from .parameters import broadcast_all, shape_of

__all__ = ["FisherSnedecor"]


class FisherSnedecor(Distribution):
    """(a / df1) / (b / df2) for a and b chi-squared with ``df1`` and ``df2`` degrees of freedom."""

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, df1, df2, validate_args=None):
        self.df1, self.df2 = broadcast_all(df1, df2)
        self._above, self._below = Gamma(self.df1 * 0.5, self.df1), Gamma(self.df2 * 0.5, self.df2)
        super().__init__(shape_of(self.df1, df1, df2), validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new._above, new._below = self._above.expand(batch_shape), self._below.expand(batch_shape)
        return new

    @property
    def mean(self):
        return (self.df2 / (self.df2 - 2)).masked_fill(self.df2 <= 2, math.nan)

    @property
    def mode(self):
        mode = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return mode.masked_fill(self.df1 <= 2, math.nan)

    @property
    def variance(self):
        a, b = self.df1, self.df2
        variance = 2 * b.pow(2) * (a + b - 2) / (a * (b - 2).pow(2) * (b - 4))
        return variance.masked_fill(b <= 4, math.nan)

    def rsample(self, sample_shape=()):
        tiny = rl.finfo(self.df2.dtype).tiny
        above = self._above.rsample(sample_shape)
        return (above / self._below.rsample(sample_shape).clamp(min=tiny)).clamp(min=tiny)

    def log_prob(self, value):
        self._validate_sample(value)
        a, b, ratio = self.df1 * 0.5, self.df2 * 0.5, self.df1 / self.df2
        norm = rl.lgamma(a + b) - rl.lgamma(a) - rl.lgamma(b)
        return norm + a * ratio.log() + (a - 1) * value.log() - (a + b) * rl.log1p(ratio * value)
