"""Distributions of functions of random numbers, and those that are defined that way."""

import math

import rushlight as rl

from . import constraints
from .cauchy import Cauchy
from .distribution import Distribution
from .exponential import Exponential
from .independent import Independent
from .normal import Normal
from .parameters import broadcast_all, shape_of, sum_rightmost
from .transforms import AbsTransform, AffineTransform, ComposeTransform, ExpTransform, PowerTransform, Transform
from .uniform import Uniform

__all__ = ["Gumbel", "HalfCauchy", "HalfNormal", "LogNormal", "Pareto", "TransformedDistribution", "Weibull"]

EULER_GAMMA = 0.57721566490153286060


class TransformedDistribution(Distribution):
    """The distribution of t(x) for x of ``base_distribution``: log p(y) = log p(x) - log |dy/dx|.

    >>> from rushlight.distributions import Normal
    >>> TransformedDistribution(Normal(0.0, 1.0), ExpTransform()).log_prob(rl.tensor(1.0))
    tensor(-0.9189)
    """

    arg_constraints = {}

    def __init__(self, base_distribution, transforms, validate_args=None):
        self.transforms = [transforms] if isinstance(transforms, Transform) else list(transforms)
        for transform in self.transforms:
            if not isinstance(transform, Transform):
                raise ValueError(f"transforms must be a Transform or list, but was {transforms}")
        chain = ComposeTransform(self.transforms)
        domain, codomain = chain.domain.event_dim, chain.codomain.event_dim
        base_shape = base_distribution.batch_shape + base_distribution.event_shape
        if len(base_shape) < domain:
            raise ValueError(
                f"base_distribution needs to have shape with size at least {domain}, but got {base_shape}."
            )
        shape = rl.Size(chain.forward_shape(base_shape))
        base_event = len(base_distribution.event_shape)
        base_distribution = base_distribution.expand(chain.inverse_shape(shape)[: len(shape) - base_event])
        if domain > base_event:
            base_distribution = Independent(base_distribution, domain - base_event)
        self.base_dist = base_distribution
        event = codomain + max(base_event - domain, 0)
        super().__init__(shape[: len(shape) - event], shape[len(shape) - event :], validate_args)

    def expand(self, batch_shape, _instance=None):
        new = type(self).__new__(type(self)) if _instance is None else _instance
        new.transforms, new._validate_args = self.transforms, self._validate_args
        base = ComposeTransform(self.transforms).inverse_shape((*batch_shape, *self._event_shape))
        new.base_dist = self.base_dist.expand(base[: len(base) - len(self.base_dist.event_shape)])
        new._batch_shape, new._event_shape = rl.Size(batch_shape), self._event_shape
        return new

    @property
    def has_rsample(self):
        """Whether the base distribution has reparametrised samples."""
        return self.base_dist.has_rsample

    @constraints.dependent_property
    def support(self):
        if not self.transforms:
            return self.base_dist.support
        support = self.transforms[-1].codomain
        missing = len(self._event_shape) - support.event_dim
        return constraints.independent(support, missing) if missing > 0 else support

    def _forward(self, x):
        for transform in self.transforms:
            x = transform(x)
        return x

    def sample(self, sample_shape=()):
        with rl.no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape=()):
        return self._forward(self.base_dist.rsample(sample_shape))

    def log_prob(self, value):
        self._validate_sample(value)
        log_prob, y, event = 0.0, value, len(self._event_shape)
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            event += transform.domain.event_dim - transform.codomain.event_dim
            log_prob = log_prob - sum_rightmost(
                transform.log_abs_det_jacobian(x, y), event - transform.domain.event_dim
            )
            y = x
        return log_prob + sum_rightmost(self.base_dist.log_prob(y), event - len(self.base_dist.event_shape))

    def _flipped(self, value):
        """Mirror probabilities where the whole transform falls."""
        sign = math.prod(transform.sign for transform in self.transforms)
        return value if isinstance(sign, int) and sign == 1 else sign * (value - 0.5) + 0.5

    def cdf(self, value):
        self._validate_sample(value)
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        return self._flipped(self.base_dist.cdf(value))

    def icdf(self, value):
        return self._forward(self.base_dist.icdf(self._flipped(value)))


class LogNormal(TransformedDistribution):
    """exp(x) for x normal with ``loc`` and ``scale``."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.positive

    def __init__(self, loc, scale, validate_args=None):
        super().__init__(Normal(loc, scale, validate_args=validate_args), ExpTransform(), validate_args)

    loc = property(lambda self: self.base_dist.loc)
    scale = property(lambda self: self.base_dist.scale)

    @property
    def mean(self):
        return (self.loc + self.scale.pow(2) / 2).exp()

    @property
    def mode(self):
        return (self.loc - self.scale.square()).exp()

    @property
    def variance(self):
        return self.scale.pow(2).expm1() * (2 * self.loc + self.scale.pow(2)).exp()

    def entropy(self):
        return self.base_dist.entropy() + self.loc


class _Half(TransformedDistribution):
    """|x| for x of a distribution that is symmetric around zero."""

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative

    scale = property(lambda self: self.base_dist.scale)

    @property
    def mode(self):
        return rl.zeros_like(self.scale)

    def log_prob(self, value):
        self._validate_sample(value)
        log_prob = self.base_dist.log_prob(rl.as_tensor(value, dtype=self.scale.dtype)) + math.log(2)
        return rl.where(value >= 0, log_prob, -math.inf)

    def cdf(self, value):
        self._validate_sample(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, prob):
        return self.base_dist.icdf((prob + 1) / 2)

    def entropy(self):
        return self.base_dist.entropy() - math.log(2)


class HalfNormal(_Half):
    """|x| for x normal with deviation ``scale``."""

    def __init__(self, scale, validate_args=None):
        super().__init__(Normal(0, scale, validate_args=False), AbsTransform(), validate_args)

    @property
    def mean(self):
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self):
        return self.scale.pow(2) * (1 - 2 / math.pi)


class HalfCauchy(_Half):
    """|x| for x of a Cauchy distribution around zero."""

    def __init__(self, scale, validate_args=None):
        super().__init__(Cauchy(0, scale, validate_args=False), AbsTransform(), validate_args)

    @property
    def mean(self):
        return rl.full_like(self.scale, math.inf)

    @property
    def variance(self):
        return self.base_dist.variance


class Gumbel(TransformedDistribution):
    """The limit of the largest of many numbers: loc - scale log(-log u) for u uniform."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real

    def __init__(self, loc, scale, validate_args=None):
        self.loc, self.scale = broadcast_all(loc, scale)
        finfo = rl.finfo(self.loc.dtype)
        shape = shape_of(self.loc, loc, scale)
        low, high = (rl.full(shape, v, dtype=self.loc.dtype) for v in (finfo.tiny, 1 - finfo.eps))
        inner = [ExpTransform().inv, AffineTransform(0, -rl.ones_like(self.scale))]
        outer = [ExpTransform().inv, AffineTransform(self.loc, -self.scale)]
        super().__init__(Uniform(low, high, validate_args=validate_args), inner + outer, validate_args)

    def expand(self, batch_shape, _instance=None):
        return Gumbel(self.loc.expand(batch_shape), self.scale.expand(batch_shape), validate_args=self._validate_args)

    def log_prob(self, value):
        self._validate_sample(value)
        y = (self.loc - value) / self.scale
        return (y - y.exp()) - self.scale.log()

    @property
    def mean(self):
        return self.loc + self.scale * EULER_GAMMA

    @property
    def mode(self):
        return self.loc

    @property
    def stddev(self):
        return (math.pi / math.sqrt(6)) * self.scale

    @property
    def variance(self):
        return self.stddev.pow(2)

    def entropy(self):
        return self.scale.log() + (1 + EULER_GAMMA)


class Pareto(TransformedDistribution):
    """p(x) = alpha scale^alpha / x^(alpha + 1) for x >= scale."""

    arg_constraints = {"alpha": constraints.positive, "scale": constraints.positive}

    def __init__(self, scale, alpha, validate_args=None):
        self.scale, self.alpha = broadcast_all(scale, alpha)
        base = Exponential(self.alpha, validate_args=validate_args)
        super().__init__(base, [ExpTransform(), AffineTransform(loc=0, scale=self.scale)], validate_args)

    def expand(self, batch_shape, _instance=None):
        return Pareto(self.scale.expand(batch_shape), self.alpha.expand(batch_shape), validate_args=self._validate_args)

    @constraints.dependent_property
    def support(self):
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self):
        a = self.alpha.clamp(min=1)
        return a * self.scale / (a - 1)

    @property
    def mode(self):
        return self.scale

    @property
    def variance(self):
        a = self.alpha.clamp(min=2)
        return self.scale.pow(2) * a / ((a - 1).pow(2) * (a - 2))

    def entropy(self):
        return (self.scale / self.alpha).log() + (1 + self.alpha.reciprocal())


class Weibull(TransformedDistribution):
    """scale x^(1/concentration) for x exponential with rate 1."""

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive

    def __init__(self, scale, concentration, validate_args=None):
        self.scale, self.concentration = broadcast_all(scale, concentration)
        power = PowerTransform(exponent=self.concentration.reciprocal())
        base = Exponential(rl.ones_like(self.scale), validate_args=validate_args)
        super().__init__(base, [power, AffineTransform(loc=0, scale=self.scale)], validate_args)

    def expand(self, batch_shape, _instance=None):
        pair = (self.scale.expand(batch_shape), self.concentration.expand(batch_shape))
        return Weibull(*pair, validate_args=self._validate_args)

    @property
    def mean(self):
        return self.scale * rl.exp(rl.lgamma(1 + self.concentration.reciprocal()))

    @property
    def mode(self):
        return self.scale * ((self.concentration - 1) / self.concentration) ** self.concentration.reciprocal()

    @property
    def variance(self):
        inverse = self.concentration.reciprocal()
        return self.scale.pow(2) * (rl.exp(rl.lgamma(1 + 2 * inverse)) - rl.exp(2 * rl.lgamma(1 + inverse)))

    def entropy(self):
        inverse = self.concentration.reciprocal()
        return EULER_GAMMA * (1 - inverse) + rl.log(self.scale * inverse) + 1
