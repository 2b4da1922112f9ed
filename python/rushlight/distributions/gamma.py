"""The gamma distribution and its special case, the chi-squared distribution."""

import rushlight as rl

from . import constraints
from .exp_family import ExponentialFamily
from .parameters import broadcast_all, shape_of

__all__ = ["Chi2", "Gamma"]


class Gamma(ExponentialFamily):
    """p(x) = rate^a x^(a-1) exp(-rate x) / Γ(a), with a = concentration.

    Samples are differentiable by implicit reparametrisation (Figurnov et al., 2018).
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, concentration, rate, validate_args=None):
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(shape_of(self.rate, concentration, rate), validate_args=validate_args)

    @property
    def mean(self):
        return self.concentration / self.rate

    @property
    def mode(self):
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self):
        return self.concentration / self.rate.pow(2)

    def rsample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        draw = rl._standard_gamma(self.concentration.expand(shape)) / self.rate.expand(shape)
        draw.detach().clamp_(min=rl.finfo(draw.dtype).tiny)
        return draw

    def log_prob(self, value):
        value = rl.as_tensor(value, dtype=self.rate.dtype, device=self.rate.device)
        self._validate_sample(value)
        return (
            rl.xlogy(self.concentration, self.rate)
            + rl.xlogy(self.concentration - 1, value)
            - self.rate * value
            - rl.lgamma(self.concentration)
        )

    def cdf(self, value):
        self._validate_sample(value)
        return rl.special.gammainc(self.concentration, self.rate * value)

    def entropy(self):
        a = self.concentration
        return a - rl.log(self.rate) + rl.lgamma(a) + (1.0 - a) * rl.digamma(a)

    _mean_carrier_measure = 0

    @property
    def _natural_params(self):
        return self.concentration - 1, -self.rate

    def _log_normalizer(self, x, y):
        return rl.lgamma(x + 1) - (x + 1) * rl.log(-y)


class Chi2(Gamma):
    """The sum of the squares of ``df`` standard normal numbers: Gamma(df / 2, 1 / 2)."""

    arg_constraints = {"df": constraints.positive}

    def __init__(self, df, validate_args=None):
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        return Chi2(self.df.expand(batch_shape), validate_args=False)

    @property
    def df(self):
        """The degrees of freedom."""
        return self.concentration * 2
