"""Masks in the shape of their input, and inputs whose masked-out elements change nothing."""

import math

from rushlight import _C


def full_mask(input, mask):
    """Return a mask as booleans in the shape of the input; None stays None."""
    if mask is None:
        return None
    if mask.dim() > input.dim():
        raise IndexError(
            f"the mask must broadcast to the input, but has {mask.dim()} dimensions where the input has {input.dim()}"
        )
    return mask.expand(input.shape).to(_C.bool)


def filled(input, mask, identity):
    """Return the input with ``identity(input)`` where the mask is False."""
    if mask is None:
        return input
    value = _C.full((), identity(input), dtype=input.dtype, device=input.device)
    return _C.where(full_mask(input, mask), input, value)


def zero(input):
    """The identity of sums."""
    return 0


def one(input):
    """The identity of products."""
    return 1


def lowest(input):
    """The identity of maxima."""
    return -math.inf if input.is_floating_point() else integers(input, "largest element").min


def highest(input):
    """The identity of minima."""
    return math.inf if input.is_floating_point() else integers(input, "smallest element").max


def log_zero(input):
    """The identity of sums of exponentials."""
    return complex(-math.inf, 0) if input.is_complex() else lowest(input)


def integers(input, noun):
    """Return the limits of the input's dtype."""
    if input.is_complex() or not (input.is_signed() or input.dtype == _C.uint8):
        raise NotImplementedError(f"the {noun} of masked {input.dtype} has no identity: convert it to another dtype")
    return _C.iinfo(input.dtype)


def reduced_dims(dim, ndim):
    """Return the dims of a reduction in order, all of them for None or an empty tuple."""
    if dim is None or dim == ():
        return list(range(ndim))
    dims = [dim] if isinstance(dim, int) else list(dim)
    size = max(ndim, 1)
    for i, d in enumerate(dims):
        if d in dims[:i]:
            raise RuntimeError(f"dim={d} appears multiple times in the list of dims")
        if not -size <= d < size:
            raise IndexError(f"Dimension out of range (expected to be in range of [{-size}, {size - 1}], but got {d})")
    return sorted(d % size for d in dims)
