"""The Dirichlet distribution, and the beta distribution, its case of two categories."""

import rushlight as rl

from . import constraints
from .exp_family import ExponentialFamily
from .parameters import broadcast_all, scalar_shape

__all__ = ["Beta", "Dirichlet"]


class Dirichlet(ExponentialFamily):
    """p(x) = Γ(Σaᵢ) Π xᵢ^(aᵢ-1) / Γ(aᵢ) for vectors of probabilities x, with a = concentration.

    Samples are gamma numbers over their sum, and gradients go through these (Figurnov et al., 2018).
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration, validate_args=None):
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args)

    @property
    def mean(self):
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self):
        shifted = (self.concentration - 1).clamp(min=0.0)
        mode = shifted / shifted.sum(-1, True)
        below = (self.concentration < 1).all(dim=-1)
        largest = rl.nn.functional.one_hot(mode.nan_to_num().argmax(dim=-1), self.concentration.shape[-1]).to(mode)
        return rl.where(below.unsqueeze(-1), largest, mode)

    @property
    def variance(self):
        total = self.concentration.sum(-1, True)
        return self.concentration * (total - self.concentration) / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape=()):
        concentration = self.concentration.expand(self._extended_shape(sample_shape))
        gammas = rl._standard_gamma(concentration.double())
        draw = (gammas / gammas.sum(-1, keepdim=True)).to(concentration.dtype)
        finfo = rl.finfo(draw.dtype)
        draw.detach().clamp_(finfo.tiny, 1 - finfo.eps / 2)
        return draw

    def log_prob(self, value):
        self._validate_sample(value)
        a = self.concentration
        return rl.xlogy(a - 1.0, value).sum(-1) + rl.lgamma(a.sum(-1)) - rl.lgamma(a).sum(-1)

    def entropy(self):
        a, k = self.concentration, self.concentration.size(-1)
        total = a.sum(-1)
        spread = (k - total) * rl.digamma(total) + ((a - 1.0) * rl.digamma(a)).sum(-1)
        return rl.lgamma(a).sum(-1) - rl.lgamma(total) - spread

    @property
    def _natural_params(self):
        return (self.concentration,)

    def _log_normalizer(self, x):
        return x.lgamma().sum(-1) - x.sum(-1).lgamma()


class Beta(ExponentialFamily):
    """p(x) = x^(a-1) (1-x)^(b-1) / B(a, b) for 0 <= x <= 1, with a = concentration1 and b = concentration0."""

    arg_constraints = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1, concentration0, validate_args=None):
        pair = broadcast_all(concentration1, concentration0)
        if scalar_shape(concentration1, concentration0):
            pair = rl.tensor([float(concentration1), float(concentration0)])
        else:
            pair = rl.stack(pair, -1)
        self._dirichlet = Dirichlet(pair, validate_args=validate_args)
        super().__init__(self._dirichlet.batch_shape, validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = type(self).__new__(type(self)) if _instance is None else _instance
        new._dirichlet = self._dirichlet.expand(batch_shape)
        new._batch_shape, new._event_shape = rl.Size(batch_shape), rl.Size()
        new._validate_args = self._validate_args
        return new

    @property
    def concentration1(self):
        """The exponent of x, plus one."""
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self):
        """The exponent of 1 - x, plus one."""
        return self._dirichlet.concentration[..., 1]

    @property
    def mean(self):
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self):
        return self._dirichlet.mode[..., 0]

    @property
    def variance(self):
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape=()):
        return self._dirichlet.rsample(sample_shape).select(-1, 0)

    def log_prob(self, value):
        self._validate_sample(value)
        return self._dirichlet.log_prob(rl.stack([value, 1.0 - value], -1))

    def entropy(self):
        return self._dirichlet.entropy()

    @property
    def _natural_params(self):
        return self.concentration1, self.concentration0

    def _log_normalizer(self, x, y):
        return x.lgamma() + y.lgamma() - (x + y).lgamma()
