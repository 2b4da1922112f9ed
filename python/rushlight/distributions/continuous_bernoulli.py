"""The continuous Bernoulli distribution on the unit interval."""

import math

import rushlight as rl
from rushlight.nn.functional import binary_cross_entropy_with_logits

from . import constraints
from .exp_family import ExponentialFamily
from .parameters import broadcast_all, clamp_probs, lazy_property, logits_to_probs, shape_of
from .trials import Trials

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(Trials, ExponentialFamily):
    """p(x) = C(λ) λ^x (1 - λ)^(1 - x) for 0 <= x <= 1, with λ = ``probs``, or log(λ / (1 - λ)) = ``logits``.

    Between ``lims``, where C(λ) = log(λ / (1 - λ)) / (2λ - 1) is 0 / 0 or nearly, Taylor expansions are used.
    Source: Loaiza-Ganem and Cunningham, "The continuous Bernoulli", 2019.

    >>> ContinuousBernoulli(rl.tensor(0.5)).log_prob(rl.tensor(0.3))
    tensor(0.)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, probs=None, logits=None, lims=(0.499, 0.501), validate_args=None):
        given, _ = self._given(probs, logits)
        if probs is not None:
            if validate_args and not constraints.unit_interval.check(self.probs).all():
                raise ValueError("The parameter probs has invalid values")
            self.probs = clamp_probs(self.probs)
        self._lims = lims
        super().__init__(shape_of(self._param, given), validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new._lims = self._lims
        return new

    @lazy_property
    def probs(self):
        """λ, which is not the mean."""
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def _stable(self):
        """Where the closed forms are used."""
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _cut_probs(self):
        """λ, replaced where the closed forms are not used."""
        return rl.where(self._stable(), self.probs, self._lims[0])

    def _log_norm(self):
        cut = self._cut_probs()
        log_norm = (rl.log1p(-cut) - cut.log()).abs().log() - (1 - 2 * cut).abs().log()
        x = (self.probs - 0.5) ** 2
        return rl.where(self._stable(), log_norm, math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x)

    @property
    def mean(self):
        cut, x = self._cut_probs(), self.probs - 0.5
        mean = cut / (2.0 * cut - 1.0) + 1.0 / (rl.log1p(-cut) - cut.log())
        return rl.where(self._stable(), mean, 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x**2) * x)

    @property
    def variance(self):
        cut, x = self._cut_probs(), (self.probs - 0.5) ** 2
        variance = cut * (cut - 1.0) / (1.0 - 2.0 * cut) ** 2 + 1.0 / (rl.log1p(-cut) - cut.log()) ** 2
        return rl.where(self._stable(), variance, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    def rsample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        return self.icdf(rl.rand(shape, dtype=self.probs.dtype, device=self.probs.device))

    def log_prob(self, value):
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return self._log_norm() - binary_cross_entropy_with_logits(logits, value, reduction="none")

    def cdf(self, value):
        self._validate_sample(value)
        cut = self._cut_probs()
        cdf = (cut**value * (1.0 - cut) ** (1.0 - value) + cut - 1.0) / (2.0 * cut - 1.0)
        inside = rl.where(self._stable(), cdf, value)
        return rl.where(value <= 0.0, 0.0, rl.where(value >= 1.0, 1.0, inside))

    def icdf(self, value):
        cut = self._cut_probs()
        low, high = rl.log1p(-cut), cut.log()
        closed = (rl.log1p(-cut + value * (2.0 * cut - 1.0)) - low) / (high - low)
        return rl.where(self._stable(), closed, value)

    def entropy(self):
        ones, zeros = self.probs.log(), rl.log1p(-self.probs)
        return self.mean * (zeros - ones) - self._log_norm() - zeros

    @property
    def _natural_params(self):
        return (self.logits,)

    def _log_normalizer(self, x):
        stable = (x <= self._lims[0] - 0.5) | (x > self._lims[1] - 0.5)
        cut = rl.where(stable, x, self._lims[0] - 0.5)
        taylor = 0.5 * x + x**2 / 24.0 - x**4 / 2880.0
        return rl.where(stable, rl.expm1(cut).abs().log() - cut.abs().log(), taylor)
