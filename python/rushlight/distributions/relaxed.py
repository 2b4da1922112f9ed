"""Continuous stand-ins of discrete distributions, with reparametrised samples.

Sources: Maddison et al., "The Concrete Distribution", 2017; Jang et al., "Categorical Reparameterization with
Gumbel-Softmax", 2017.
"""

import rushlight as rl

from . import constraints
from .bernoulli import Bernoulli
from .categorical import Categorical
from .distribution import Distribution
from .parameters import broadcast_all, clamp_probs
from .transformed_distribution import TransformedDistribution
from .transforms import ExpTransform, SigmoidTransform

__all__ = ["ExpRelaxedCategorical", "LogitRelaxedBernoulli", "RelaxedBernoulli", "RelaxedOneHotCategorical"]


class _Relaxed(Distribution):
    """What a relaxed distribution takes from the discrete one it stands for."""

    has_rsample = True
    logits = property(lambda self: self._discrete.logits)
    probs = property(lambda self: self._discrete.probs)
    param_shape = property(lambda self: self._discrete.param_shape)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new.temperature, new._discrete = self.temperature, self._discrete.expand(batch_shape)
        return new

    def _uniform(self, shape):
        return clamp_probs(rl.rand(shape, dtype=self.logits.dtype, device=self.logits.device))


class LogitRelaxedBernoulli(_Relaxed):
    """The log odds of a `RelaxedBernoulli`."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        self.temperature = temperature
        self._discrete = Bernoulli(probs, logits, validate_args=validate_args)
        super().__init__(self._discrete.batch_shape, validate_args=validate_args)

    def rsample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        probs, u = clamp_probs(self.probs.expand(shape)), self._uniform(shape)
        return (u.log() - (-u).log1p() + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value):
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        diff = logits - value * self.temperature
        return rl.as_tensor(self.temperature, dtype=diff.dtype).log() + diff - 2 * diff.exp().log1p()


class ExpRelaxedCategorical(_Relaxed):
    """The logarithms of a `RelaxedOneHotCategorical`."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.real_vector

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        self.temperature = temperature
        self._discrete = Categorical(probs, logits)
        super().__init__(self._discrete.batch_shape, self._discrete.param_shape[-1:], validate_args)

    def rsample(self, sample_shape=()):
        gumbels = -((-(self._uniform(self._extended_shape(sample_shape)).log())).log())
        scores = (self.logits + gumbels) / self.temperature
        return scores - scores.logsumexp(dim=-1, keepdim=True)

    def log_prob(self, value):
        self._validate_sample(value)
        k = self._event_shape[0]
        logits, value = broadcast_all(self.logits, value)
        temperature = rl.as_tensor(self.temperature, dtype=logits.dtype)
        scale = rl.full_like(temperature, float(k)).lgamma() - temperature.log().mul(-(k - 1))
        score = logits - value.mul(temperature)
        return (score - score.logsumexp(dim=-1, keepdim=True)).sum(-1) + scale


class _RelaxedShape(TransformedDistribution):
    """The transformed base of log odds or logarithms, with its parameters."""

    has_rsample = True
    temperature = property(lambda self: self.base_dist.temperature)
    logits = property(lambda self: self.base_dist.logits)
    probs = property(lambda self: self.base_dist.probs)


class RelaxedBernoulli(_RelaxedShape):
    """Numbers between 0 and 1, nearer to the ends the lower the ``temperature``."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        super().__init__(LogitRelaxedBernoulli(temperature, probs, logits), SigmoidTransform(), validate_args)


class RelaxedOneHotCategorical(_RelaxedShape):
    """Vectors of probabilities, nearer to one-hot the lower the ``temperature``."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args)
