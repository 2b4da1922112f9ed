"""Transforms of the parts of a tensor, each its own."""

import rushlight as rl

from .. import constraints
from ..parameters import sum_rightmost
from .transform import Transform

__all__ = ["CatTransform", "StackTransform"]


class _Joined(Transform):
    """What is the same for parts that are concatenated and parts that are stacked."""

    def __init__(self, tseq, dim=0, cache_size=0):
        if not all(isinstance(t, Transform) for t in tseq):
            raise AssertionError("All elements of tseq must be Transform instances")
        super().__init__(cache_size)
        self.transforms = [t.with_cache(cache_size) for t in tseq] if cache_size else list(tseq)
        self.dim = dim

    bijective = property(lambda self: all(t.bijective for t in self.transforms))

    def _call(self, x):
        return self._join([t(part) for t, part in zip(self.transforms, self._split(x), strict=True)])

    def _inverse(self, y):
        return self._join([t.inv(part) for t, part in zip(self.transforms, self._split(y), strict=True)])

    def _jacobians(self, x, y):
        parts = zip(self.transforms, self._split(x), self._split(y), strict=True)
        return [t.log_abs_det_jacobian(x_part, y_part) for t, x_part, y_part in parts]

    def _check(self, x, length):
        """Raise AssertionError unless ``x`` has ``length`` along ``dim``."""
        if not -x.dim() <= self.dim < x.dim():
            raise AssertionError(f"dim {self.dim} out of range for tensor with {x.dim()} dimensions")
        if x.size(self.dim) != length:
            raise AssertionError(f"x.size({self.dim}) = {x.size(self.dim)} must equal length {length}")


class CatTransform(_Joined):
    """``tseq[i]`` for the i-th of parts of ``lengths`` along ``dim`` (one element each by default), like ``cat``.

    >>> from rushlight.distributions import ExpTransform, identity_transform
    >>> CatTransform([ExpTransform(), identity_transform], lengths=[2, 1])(rl.zeros(3))
    tensor([1., 1., 0.])
    """

    def __init__(self, tseq, dim=0, lengths=None, cache_size=0):
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(f"lengths ({len(self.lengths)}) must match transforms ({len(self.transforms)})")

    event_dim = property(lambda self: max(t.event_dim for t in self.transforms))
    length = property(lambda self: sum(self.lengths))
    domain = property(lambda self: constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths))
    codomain = property(lambda self: constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths))

    def with_cache(self, cache_size=1):
        if self._cache_size == cache_size:
            return self
        return CatTransform(self.transforms, self.dim, self.lengths, cache_size)

    def _split(self, x):
        self._check(x, self.length)
        return x.split(self.lengths, self.dim)

    def _join(self, parts):
        return rl.cat(parts, self.dim)

    def log_abs_det_jacobian(self, x, y):
        depths = [self.event_dim - t.event_dim for t in self.transforms]
        terms = [sum_rightmost(term, depth) for term, depth in zip(self._jacobians(x, y), depths, strict=True)]
        dim = (self.dim - x.dim() if self.dim >= 0 else self.dim) + self.event_dim
        return rl.cat(terms, dim) if dim < 0 else sum(terms)

    def _key(self):
        return (self.transforms, self.dim, self.lengths)


class StackTransform(_Joined):
    """``tseq[i]`` for the i-th element along ``dim``, like ``stack``."""

    domain = property(lambda self: constraints.stack([t.domain for t in self.transforms], self.dim))
    codomain = property(lambda self: constraints.stack([t.codomain for t in self.transforms], self.dim))

    def with_cache(self, cache_size=1):
        return self if self._cache_size == cache_size else StackTransform(self.transforms, self.dim, cache_size)

    def _split(self, x):
        self._check(x, len(self.transforms))
        return x.unbind(self.dim)

    def _join(self, parts):
        return rl.stack(parts, self.dim)

    def log_abs_det_jacobian(self, x, y):
        return self._join(self._jacobians(x, y))

    def _key(self):
        return (self.transforms, self.dim)
