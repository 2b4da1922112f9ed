"""What distributions with a centre and a width have in common."""

from . import constraints
from .distribution import Distribution
from .parameters import broadcast_all, shape_of

__all__ = ["LocationScale"]


class LocationScale(Distribution):
    """A symmetric distribution around ``loc``, whose width is ``scale``."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc, scale, validate_args=None):
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(shape_of(self.loc, loc, scale), validate_args=validate_args)

    @property
    def mean(self):
        return self.loc

    @property
    def mode(self):
        return self.loc
