"""Student's t distribution."""

import math

import rushlight as rl

from . import constraints
from .distribution import Distribution
from .gamma import Chi2
from .parameters import broadcast_all, shape_of, standard_normal

__all__ = ["StudentT"]


class StudentT(Distribution):
    """The normal distribution whose variance was estimated from ``df`` + 1 samples, moved and scaled."""

    arg_constraints = {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, df, loc=0.0, scale=1.0, validate_args=None):
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(self.df)
        super().__init__(shape_of(self.df, df, loc, scale), validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new._chi2 = self._chi2.expand(batch_shape)
        return new

    @property
    def mean(self):
        return self.loc.masked_fill(self.df <= 1, math.nan)

    @property
    def mode(self):
        return self.loc

    @property
    def variance(self):
        finite = self.scale.pow(2) * self.df / (self.df - 2)
        return finite.masked_fill(self.df <= 2, math.inf).masked_fill(self.df <= 1, math.nan)

    def rsample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        normal = standard_normal(shape, self.df)
        return self.loc + self.scale * normal * rl.rsqrt(self._chi2.rsample(sample_shape) / self.df)

    def log_prob(self, value):
        self._validate_sample(value)
        y = (value - self.loc) / self.scale
        half = 0.5 * self.df
        norm = self.scale.log() + 0.5 * (self.df.log() + math.log(math.pi)) + rl.lgamma(half) - rl.lgamma(half + 0.5)
        return -0.5 * (self.df + 1.0) * rl.log1p(y**2.0 / self.df) - norm

    def entropy(self):
        half = 0.5 * self.df
        beta = rl.lgamma(half) + math.lgamma(0.5) - rl.lgamma(half + 0.5)
        return (
            self.scale.log() + (half + 0.5) * (rl.digamma(half + 0.5) - rl.digamma(half)) + 0.5 * self.df.log() + beta
        )
