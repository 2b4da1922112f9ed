"""Mixtures of distributions of one kind."""

import rushlight as rl

from . import constraints
from .categorical import Categorical
from .distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """p(x) = Σₖ mixture[k] component[k](x), the components being the last batch dimension."""

    arg_constraints = {}

    def __init__(self, mixture_distribution, component_distribution, validate_args=None):
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(" The Mixture distribution needs to be an  instance of torch.distributions.Categorical")
        if not isinstance(component_distribution, Distribution):
            raise ValueError("The Component distribution need to be an instance of torch.distributions.Distribution")
        mixed, parts = mixture_distribution.batch_shape, component_distribution.batch_shape
        if any(m != 1 and p != 1 and m != p for m, p in zip(reversed(mixed), reversed(parts[:-1]), strict=False)):
            raise ValueError(
                f"`mixture_distribution.batch_shape` ({mixed}) is not compatible with "
                f"`component_distribution.batch_shape`({parts[:-1]})"
            )
        if mixture_distribution.logits.shape[-1] != parts[-1]:
            raise ValueError(
                f"`mixture_distribution component` ({mixture_distribution.logits.shape[-1]}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({parts[-1]})"
            )
        self._mixture_distribution, self._component_distribution = mixture_distribution, component_distribution
        self._event_ndims = len(component_distribution.event_shape)
        super().__init__(parts[:-1], component_distribution.event_shape, validate_args)

    def expand(self, batch_shape, _instance=None):
        parts = self._component_distribution.expand((*batch_shape, self._mixture_distribution.logits.shape[-1]))
        return MixtureSameFamily(self._mixture_distribution.expand(batch_shape), parts, self._validate_args)

    @constraints.dependent_property
    def support(self):
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mixture_distribution(self):
        """The distribution over components."""
        return self._mixture_distribution

    @property
    def component_distribution(self):
        """The components."""
        return self._component_distribution

    def _weights(self):
        probs = self._mixture_distribution.probs
        return probs.reshape(probs.shape + (1,) * self._event_ndims)

    @property
    def mean(self):
        return (self._weights() * self._component_distribution.mean).sum(-1 - self._event_ndims)

    @property
    def variance(self):
        weights, parts, dim = self._weights(), self._component_distribution, -1 - self._event_ndims
        spread = (weights * parts.variance).sum(dim)
        return spread + (weights * (parts.mean - self.mean.unsqueeze(dim)).pow(2.0)).sum(dim)

    def sample(self, sample_shape=()):
        with rl.no_grad():
            dim = len(sample_shape) + len(self._batch_shape)
            chosen = self._mixture_distribution.sample(sample_shape)
            samples = self._component_distribution.sample(sample_shape)
            index = chosen.reshape(chosen.shape + (1,) * (self._event_ndims + 1))
            index = index.expand(*chosen.shape, 1, *self._event_shape)
            return samples.gather(dim, index).squeeze(dim)

    def log_prob(self, value):
        self._validate_sample(value)
        value = value.unsqueeze(-1 - self._event_ndims)
        log_weights = self._mixture_distribution.logits.log_softmax(-1)
        return rl.logsumexp(self._component_distribution.log_prob(value) + log_weights, dim=-1)

    def cdf(self, value):
        self._validate_sample(value)
        value = value.unsqueeze(-1 - self._event_ndims)
        return (self._component_distribution.cdf(value) * self._mixture_distribution.probs).sum(-1)

    def __repr__(self):
        return f"MixtureSameFamily(\n  {self._mixture_distribution},\n  {self._component_distribution})"
