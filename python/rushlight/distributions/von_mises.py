"""The von Mises distribution, the normal distribution of angles."""

import math

import rushlight as rl

from . import constraints
from .distribution import Distribution
from .parameters import broadcast_all

__all__ = ["VonMises"]


class VonMises(Distribution):
    """p(x) = exp(k cos(x - loc)) / (2π I₀(k)) for angles x in radians, with k = ``concentration``; x counts modulo 2π.

    Samples lie in [-π, π) and carry no gradients; ``mean`` and ``variance`` are the circular ones, loc and
    1 - I₁(k) / I₀(k).

    >>> VonMises(rl.tensor(0.0), rl.tensor(1.0)).log_prob(rl.tensor(0.0))
    tensor(-1.0738)
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc, concentration, validate_args=None):
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self):
        return self.loc

    @property
    def mode(self):
        return self.loc

    @property
    def variance(self):
        return 1 - rl.special.i1e(self.concentration) / rl.special.i0e(self.concentration)

    def log_prob(self, value):
        self._validate_sample(value)
        log_bessel = rl.special.i0e(self.concentration).log() + self.concentration
        return self.concentration * rl.cos(value - self.loc) - math.log(2 * math.pi) - log_bessel

    @rl.no_grad()
    def sample(self, sample_shape=()):
        """Draw by rejection from a wrapped Cauchy distribution (Best and Fisher, 1979), in double precision."""
        shape = self._extended_shape(sample_shape)
        k, loc = self.concentration.double(), self.loc.double()
        r, x, done = _proposal(k), loc.new_zeros(shape), rl.zeros(shape, dtype=rl.bool)
        while not done.all():
            u1, u2, u3 = rl.rand(3, *shape, dtype=rl.double)
            z = rl.cos(math.pi * u1)
            f = (1 + r * z) / (r + z)
            c = k * (r - f)
            accepted = (c * (2 - c) > u2) | ((c / u2).log() + 1 - c >= 0)
            x = rl.where(accepted, (u3 - 0.5).sign() * f.acos(), x)
            done = done | accepted
        return ((x + math.pi + loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)


def _proposal(k):
    """The parameter of the wrapped Cauchy distribution; where ``k`` is near zero, its Taylor expansion."""
    tau = 1 + (1 + 4 * k**2).sqrt()
    rho = (tau - (2 * tau).sqrt()) / (2 * k)
    return rl.where(k < 1e-5, 1 / k + k, (1 + rho**2) / (2 * rho))
