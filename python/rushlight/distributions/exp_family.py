"""The base of the exponential families."""

import rushlight as rl

from .distribution import Distribution
from .parameters import sum_rightmost

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """p(x) = exp(<t(x), θ> - F(θ) + k(x)), given by its natural parameters θ and its log normalizer F.

    A family defines ``_natural_params``, ``_log_normalizer`` and, for the entropy, the mean of k, ``_mean_carrier_measure``.
    """

    @property
    def _natural_params(self):
        raise NotImplementedError(f"{type(self).__name__} does not define _natural_params")

    def _log_normalizer(self, *natural_params):
        raise NotImplementedError(f"{type(self).__name__} does not define _log_normalizer")

    @property
    def _mean_carrier_measure(self):
        raise NotImplementedError(f"{type(self).__name__} does not define _mean_carrier_measure")

    def _differentiated(self):
        """The natural parameters, F there, and its gradient: the mean of t(x)."""
        with rl.enable_grad():
            natural = [p.detach().requires_grad_() for p in self._natural_params]
            normalizer = self._log_normalizer(*natural)
            return natural, normalizer, rl.autograd.grad(normalizer.sum(), natural, create_graph=True)

    def entropy(self):
        """F(θ) - <θ, ∇F(θ)> - E[k(x)]."""
        natural, entropy, gradients = self._differentiated()
        entropy = entropy - self._mean_carrier_measure
        for parameter, gradient in zip(natural, gradients, strict=True):
            entropy = entropy - (parameter * gradient).reshape(*self._batch_shape, -1).sum(-1)
        return entropy


def bregman(p, q):
    """KL(p || q) of one family: F(θ_q) - F(θ_p) - <θ_q - θ_p, ∇F(θ_p)>."""
    natural, normalizer, gradients = p._differentiated()
    divergence = q._log_normalizer(*q._natural_params) - normalizer
    for ours, theirs, gradient in zip(natural, q._natural_params, gradients, strict=True):
        divergence = divergence - sum_rightmost((theirs - ours) * gradient, len(q.event_shape))
    return divergence
