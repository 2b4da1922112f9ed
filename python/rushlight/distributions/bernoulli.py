"""The Bernoulli distribution."""

import rushlight as rl
from rushlight.nn.functional import binary_cross_entropy_with_logits

from . import constraints
from .exp_family import ExponentialFamily
from .parameters import broadcast_all, shape_of
from .trials import Trials

__all__ = ["Bernoulli"]


class Bernoulli(Trials, ExponentialFamily):
    """1 with probability ``probs``, else 0; ``logits`` are the log odds.

    >>> Bernoulli(probs=rl.tensor(0.25)).log_prob(rl.tensor(1.0))
    tensor(-1.3863)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean
    has_enumerate_support = True

    def __init__(self, probs=None, logits=None, validate_args=None):
        given, _ = self._given(probs, logits)
        super().__init__(shape_of(self._param, given), validate_args=validate_args)

    @property
    def mean(self):
        return self.probs

    @property
    def mode(self):
        return (self.probs >= 0.5).to(self.probs).masked_fill(self.probs == 0.5, float("nan"))

    @property
    def variance(self):
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape=()):
        with rl.no_grad():
            return rl.bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value):
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self):
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand=True):
        return self._enumerated(rl.arange(2, dtype=self._param.dtype, device=self._param.device), expand)

    _mean_carrier_measure = 0

    @property
    def _natural_params(self):
        return (self.logits,)

    def _log_normalizer(self, x):
        return rl.log1p(rl.exp(x))
