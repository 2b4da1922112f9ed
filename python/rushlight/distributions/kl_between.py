"""Kullback-Leibler divergences between two families: KL(p || q) = -H(p) - E_p[log q(x)]."""

import math

import rushlight as rl

from .bernoulli import Bernoulli
from .continuous_bernoulli import ContinuousBernoulli
from .counts import Binomial, Poisson
from .dirichlet import Beta
from .exponential import Exponential
from .gamma import Gamma
from .kl import register_kl
from .laplace import Laplace
from .normal import Normal
from .transformed_distribution import EULER_GAMMA, Gumbel, Pareto
from .uniform import Uniform

_WHOLE_LINE = (Gumbel, Laplace, Normal)
_HALF_LINE = (Exponential, Gamma)
_UNIT = (Beta, ContinuousBernoulli)


def _pairs(ps, qs):
    """Register a divergence for every pair of ``ps`` and ``qs``."""

    def register(function):
        for p in ps:
            for q in qs:
                register_kl(p, q)(function)
        return function

    return register


@_pairs(_WHOLE_LINE, (*_UNIT, *_HALF_LINE, Pareto, Uniform))
@_pairs(_HALF_LINE, (*_UNIT, Pareto, Uniform))
@_pairs((Pareto,), (*_UNIT, Uniform))
@_pairs(_UNIT, (Pareto,))
def _beyond_support(p, q):
    """Some values of p are impossible for q."""
    return rl.full_like(p.mean, math.inf)


@_pairs((Poisson,), (Bernoulli, Binomial))
def _counts_beyond_support(p, q):
    return rl.full_like(p.rate, math.inf)


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p, q):
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@_pairs((*_UNIT, *_HALF_LINE, Gumbel, Laplace, Pareto, Uniform), (Normal,))
def _to_normal(p, q):
    variance = q.scale.pow(2)
    return 0.5 * ((2 * math.pi * variance).log() + (p.variance + (p.mean - q.loc).pow(2)) / variance) - p.entropy()


@_pairs((*_UNIT, Gamma, Pareto, Uniform), (Exponential,))
def _to_exponential(p, q):
    return _outside(p, 0.0, q.rate * p.mean - q.rate.log() - p.entropy())


@_pairs((Beta, Exponential, Pareto, Uniform), (Gamma,))
def _to_gamma(p, q):
    a = q.concentration
    kl = q.rate * p.mean - (a - 1) * _mean_log(p) - a * q.rate.log() + rl.lgamma(a) - p.entropy()
    return _outside(p, 0.0, kl)


@_pairs((Exponential, Gamma, Normal, Uniform), (Gumbel,))
def _to_gumbel(p, q):
    return q.scale.log() + (p.mean - q.loc) / q.scale + _mean_exp(p, q) - p.entropy()


@register_kl(Normal, Laplace)
def _normal_laplace(p, q):
    z = (p.loc - q.loc) / p.scale
    distance = math.sqrt(2 / math.pi) * rl.exp(-0.5 * z.pow(2)) + z * rl.erf(math.sqrt(0.5) * z)
    return (2 * q.scale).log() + p.scale * distance / q.scale - p.entropy()


@register_kl(Beta, Uniform)
def _beta_uniform(p, q):
    kl = (q.high - q.low).log() - p.entropy()
    return kl.masked_fill((q.low > 0) | (q.high < 1), math.inf)


@register_kl(ContinuousBernoulli, Uniform)
def _continuous_bernoulli_uniform(p, q):
    return _beta_uniform(p, q)


@register_kl(Beta, ContinuousBernoulli)
def _beta_continuous_bernoulli(p, q):
    return -p.entropy() - p.mean * q.logits - rl.log1p(-q.probs) - q._log_norm()


@register_kl(Uniform, ContinuousBernoulli)
def _uniform_continuous_bernoulli(p, q):
    return _outside(p, 0.0, _beta_continuous_bernoulli(p, q), high=1.0)


@register_kl(Uniform, Beta)
def _uniform_beta(p, q):
    a, b = q.concentration1, q.concentration0
    log_left = _mean_log_between(1 - p.high, 1 - p.low)
    log_beta = a.lgamma() + b.lgamma() - (a + b).lgamma()
    kl = log_beta - (a - 1) * _mean_log(p) - (b - 1) * log_left - p.entropy()
    return _outside(p, 0.0, kl, high=1.0)


@register_kl(Uniform, Pareto)
def _uniform_pareto(p, q):
    kl = (q.alpha + 1) * _mean_log(p) - (q.alpha * q.scale.pow(q.alpha)).log() - p.entropy()
    return _outside(p, q.scale, kl)


def _outside(p, low, kl, high=math.inf):
    """Infinity where a uniform ``p`` reaches out of the support of q."""
    return kl.masked_fill((p.low < low) | (p.high > high), math.inf) if isinstance(p, Uniform) else kl


def _mean_log(p):
    """E[log x]."""
    if isinstance(p, Beta):
        return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    if isinstance(p, Exponential):
        return -EULER_GAMMA - p.rate.log()
    return p.scale.log() + p.alpha.reciprocal() if isinstance(p, Pareto) else _mean_log_between(p.low, p.high)


def _mean_log_between(low, high):
    """E[log x] for x uniform."""
    return (rl.xlogy(high, high) - rl.xlogy(low, low)) / (high - low) - 1


def _mean_exp(p, q):
    """E[exp(-z)] for z = (x - q.loc) / q.scale."""
    if isinstance(p, Normal):
        return rl.exp((q.loc - p.mean) / q.scale + 0.5 * (p.scale / q.scale).pow(2))
    if isinstance(p, Uniform):
        low, high = ((bound - q.loc) / q.scale for bound in (p.low, p.high))
        return (rl.exp(-low) - rl.exp(-high)) / (high - low)
    shape = p.concentration if isinstance(p, Gamma) else 1.0
    return rl.exp(q.loc / q.scale) * (1 + (p.rate * q.scale).reciprocal()) ** -shape
