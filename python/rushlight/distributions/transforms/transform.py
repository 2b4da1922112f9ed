"""The base of all transforms, and their inverses."""

from .. import constraints

__all__ = ["Transform"]


class Transform:
    """y = t(x), inverted by ``t.inv``; ``cache_size=1`` remembers the last pair, so that its inverse is exact.

    >>> t = rl.distributions.ExpTransform()
    >>> t(rl.tensor(0.0)), t.inv(rl.tensor(1.0))
    (tensor(1.), tensor(0.))
    """

    domain = constraints.real
    codomain = constraints.real
    bijective = True

    def __init__(self, cache_size=0):
        if cache_size not in (0, 1):
            raise ValueError("cache_size must be 0 or 1")
        self._cache_size, self._cached = cache_size, (None, None)

    @property
    def event_dim(self):
        """The number of rightmost dimensions that are transformed together."""
        if self.domain.event_dim != self.codomain.event_dim:
            raise ValueError("Please use either .domain.event_dim or .codomain.event_dim")
        return self.domain.event_dim

    @property
    def inv(self):
        """The inverse transform."""
        return _InverseTransform(self)

    @property
    def sign(self):
        """1 where the function grows, -1 where it falls."""
        raise NotImplementedError(f"{type(self).__name__} has no sign")

    def with_cache(self, cache_size=1):
        """Return the transform with another cache size."""
        if self._cache_size == cache_size:
            return self
        raise NotImplementedError(f"{type(self)}.with_cache is not implemented")

    def __call__(self, x):
        old, result = self._cached
        if self._cache_size and x is old:
            return result
        y = self._call(x)
        self._cached = (x, y) if self._cache_size else self._cached
        return y

    def _inv_call(self, y):
        result, old = self._cached
        if self._cache_size and y is old:
            return result
        x = self._inverse(y)
        self._cached = (x, y) if self._cache_size else self._cached
        return x

    def _call(self, x):
        raise NotImplementedError(f"{type(self).__name__} cannot be applied")

    def _inverse(self, y):
        raise NotImplementedError(f"{type(self).__name__} has no inverse")

    def log_abs_det_jacobian(self, x, y):
        """Return log |dy/dx|."""
        raise NotImplementedError(f"{type(self).__name__} has no log_abs_det_jacobian")

    def forward_shape(self, shape):
        """Return the shape of t(x) for x of ``shape``."""
        return shape

    def inverse_shape(self, shape):
        """Return the shape of x for t(x) of ``shape``."""
        return shape

    def __eq__(self, other):
        return type(self) is type(other) and self._key() == other._key()

    def _key(self):
        return ()

    __hash__ = object.__hash__

    def __repr__(self):
        return f"{type(self).__name__}()"


class _InverseTransform(Transform):
    """Another transform, backwards."""

    def __init__(self, transform):
        super().__init__(transform._cache_size)
        self._inv = transform

    domain = property(lambda self: self._inv.codomain)
    codomain = property(lambda self: self._inv.domain)
    bijective = property(lambda self: self._inv.bijective)
    sign = property(lambda self: self._inv.sign)
    inv = property(lambda self: self._inv)

    def with_cache(self, cache_size=1):
        return self._inv.with_cache(cache_size).inv

    def __call__(self, x):
        return self._inv._inv_call(x)

    def _inv_call(self, y):
        return self._inv(y)

    def log_abs_det_jacobian(self, x, y):
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape):
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape):
        return self._inv.forward_shape(shape)

    def _key(self):
        return (self._inv,)

    def __repr__(self):
        return f"_InverseTransform({self._inv!r})"
