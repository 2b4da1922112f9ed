"""Checks and normal forms of the ``dim`` arguments and the shapes that operators take."""


def wrap_dim(dim, ndim):
    """Return ``dim`` counted from the front; ``IndexError`` when it is outside ``[-ndim, ndim)``."""
    limit = max(ndim, 1)
    if not -limit <= dim < limit:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], but got {dim})")
    return dim % limit


def require_ints(name, given):
    """Raise ``TypeError`` for a tensor where integers are expected: it would be walked element by element."""
    if hasattr(given, "is_meta"):
        raise TypeError(f"argument '{name}' must be tuple of ints, not Tensor")


def wrap_dims(dim, ndim):
    """Return a list of distinct dims counted from the front; ``None`` and the empty list mean all of them."""
    if dim is None:
        return list(range(ndim))
    if isinstance(dim, int):
        return [wrap_dim(dim, ndim)]
    require_ints("dim", dim)
    dims = [wrap_dim(d, ndim) for d in dim]
    for d in dims:
        if dims.count(d) > 1:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return dims or list(range(ndim))


def size_from(sizes):
    """Return the shape given as ``f(2, 3)`` or ``f((2, 3))`` as a tuple."""
    if len(sizes) == 1 and not isinstance(sizes[0], int) and hasattr(sizes[0], "__len__"):
        return tuple(sizes[0])
    return tuple(sizes)


def tensors_from(tensors):
    """Return the tensors given as ``f(a, b)`` or ``f([a, b])`` as a tuple."""
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        return tuple(tensors[0])
    return tuple(tensors)
