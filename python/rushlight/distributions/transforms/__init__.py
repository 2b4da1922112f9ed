"""Invertible functions with the logarithm of their derivative, to build distributions from others."""

from . import composed, elementwise, joined, matrix, shape, simplex, transform
from .composed import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .joined import *  # noqa: F403
from .matrix import *  # noqa: F403
from .shape import *  # noqa: F403
from .simplex import *  # noqa: F403
from .transform import *  # noqa: F403
from .transform import _InverseTransform  # noqa: F401

__all__ = [name for part in (transform, composed, elementwise, simplex, matrix, shape, joined) for name in part.__all__]
