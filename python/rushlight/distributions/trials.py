"""What distributions of trials have in common: the probability of success."""

from .distribution import Distribution
from .parameters import broadcast_all, lazy_property, logits_to_probs, one_of, probs_to_logits

__all__ = ["Trials"]


class Trials(Distribution):
    """A distribution with a probability of success, given as such (``probs``) or as log odds (``logits``)."""

    def _given(self, probs, logits, *others):
        """Keep the one that is given, broadcast with ``others``; return it as it was given, and the others."""
        self._kind = one_of(type(self).__name__, probs=probs, logits=logits)
        given = logits if probs is None else probs
        value, *others = broadcast_all(given, *others)
        setattr(self, self._kind, value)
        return given, [other.type_as(value) for other in others]

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new._kind = self._kind
        return new

    @lazy_property
    def logits(self):
        """The log odds of success."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self):
        """The probability of success."""
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def _param(self):
        return getattr(self, self._kind)

    @property
    def param_shape(self):
        """The shape of the parameter given."""
        return self._param.size()
