"""Reductions over dimensions: shapes as of the reductions without a mask."""

import math

from rushlight import _C
from rushlight._ops import reduce as plain

from .masking import filled, full_mask, highest, log_zero, lowest, one, reduced_dims, zero

SMALL = (_C.bool, _C.uint8, _C.int8, _C.int16, _C.int32)


def wide_dtype(input, dtype):
    """Return the dtype of a sum or product: int64 for integers unless another is asked for."""
    if dtype is not None:
        return dtype
    return _C.int64 if input.dtype in SMALL else input.dtype


def sum(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """Return the sum over ``dim`` of the elements where the mask is True; 0 where there is none.

    >>> rl.masked.sum(rl.tensor([1.0, 2.0, 4.0]), mask=rl.tensor([True, False, True]))
    tensor(5.)
    """
    dtype = wide_dtype(input, dtype)
    return filled(input, mask, zero).sum(reduced_dims(dim, input.dim()), bool(keepdim), dtype=dtype)


def prod(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """Return the product over ``dim`` of the elements where the mask is True; 1 where there is none.

    >>> rl.masked.prod(rl.tensor([3.0, 2.0, 4.0]), mask=rl.tensor([True, False, True]))
    tensor(12.)
    """
    result = filled(input, mask, one).to(wide_dtype(input, dtype))
    for d in reversed(reduced_dims(dim, input.dim())):
        result = result.prod(dim=d, keepdim=bool(keepdim))
    return result


def amax(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """Return the largest element over ``dim`` where the mask is True.

    >>> rl.masked.amax(rl.tensor([3.0, 9.0, 4.0]), mask=rl.tensor([True, False, True]))
    tensor(4.)
    """
    largest = _C.amax(filled(input, mask, lowest), reduced_dims(dim, input.dim()), bool(keepdim))
    return largest.to(input.dtype if dtype is None else dtype)


def amin(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """Return the smallest element over ``dim`` where the mask is True.

    >>> rl.masked.amin(rl.tensor([3.0, 1.0, 4.0]), mask=rl.tensor([True, False, True]))
    tensor(3.)
    """
    smallest = _C.amin(filled(input, mask, highest), reduced_dims(dim, input.dim()), bool(keepdim))
    return smallest.to(input.dtype if dtype is None else dtype)


def argmax(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """Return the position of the largest element where the mask is True, in the dtype of the input.

    >>> rl.masked.argmax(rl.tensor([3, 9, 4]), mask=rl.tensor([True, False, True]))
    tensor(2)
    """
    found = _C.argmax(filled(input, mask, lowest), dim, bool(keepdim))
    return found.to(input.dtype if dtype is None else dtype)


def argmin(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """Return the position of the smallest element where the mask is True, in the dtype of the input.

    >>> rl.masked.argmin(rl.tensor([3, 1, 4]), mask=rl.tensor([True, False, True]))
    tensor(0)
    """
    found = _C.argmin(filled(input, mask, highest), dim, bool(keepdim))
    return found.to(input.dtype if dtype is None else dtype)


def counts(input, dim, keepdim, mask):
    """Return how many elements take part."""
    mask = _C.full(input.shape, True, dtype=_C.bool, device=input.device) if mask is None else full_mask(input, mask)
    return mask.sum(reduced_dims(dim, input.dim()), keepdim)


def mean(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """Return the mean over ``dim`` of the elements where the mask is True; NaN where there is none.

    >>> rl.masked.mean(rl.tensor([1.0, 2.0, 4.0]), mask=rl.tensor([True, False, True]))
    tensor(2.5000)
    """
    wanted = input.dtype if dtype is None else dtype
    if not (wanted.is_floating_point or wanted.is_complex):
        raise ValueError(
            f"mean(): Could not infer output dtype. {'Input' if dtype is None else 'Optional'} dtype must be either "
            f"a floating point or complex dtype. Got: {wanted}"
        )
    return sum(input, dim, keepdim=keepdim, dtype=wanted, mask=mask) / counts(input, dim, bool(keepdim), mask)


def median(input, dim=-1, *, keepdim=False, dtype=None, mask=None):
    """Return the lower median along ``dim`` of the elements where the mask is True; NaN where there is none.

    >>> rl.masked.median(rl.tensor([3.0, 1.0, 4.0]), mask=rl.tensor([True, False, True]))
    tensor(3.)
    """
    (dim,) = reduced_dims(dim, input.dim())[:1] or [0]
    real = input if input.is_floating_point() else input.to(_C.float32)
    result = plain.nanmedian(filled(real, mask, lambda x: math.nan), dim, keepdim).values
    if real is input:
        return result
    if bool(_C.isnan(result).any()):
        raise ValueError("masked median expects no fully masked out rows if dtype is not floating point")
    return result.to(input.dtype if dtype is None else dtype)


def logsumexp(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """Return ``log(sum(exp(x)))`` over ``dim`` of the elements where the mask is True.

    >>> rl.masked.logsumexp(rl.tensor([0.0, 9.0, 0.0]), mask=rl.tensor([True, False, True]))
    tensor(0.6931)
    """
    total = plain.logsumexp(filled(input, mask, log_zero), reduced_dims(dim, input.dim()), keepdim)
    return total.to(input.dtype if dtype is None else dtype)


def norm(input, ord=2.0, dim=None, *, keepdim=False, dtype=None, mask=None):
    """Return the norm of order ``ord`` over ``dim`` of the elements where the mask is True.

    >>> rl.masked.norm(rl.tensor([3.0, 9.0, 4.0]), mask=rl.tensor([True, False, True]))
    tensor(5.)
    """
    kept = filled(input, mask, highest if ord == -math.inf else zero)
    dtype = input.dtype if dtype is None else dtype
    return plain.vector_norm(kept, ord, reduced_dims(dim, input.dim()), bool(keepdim), dtype=dtype)


def var(input, dim=None, unbiased=None, *, correction=None, keepdim=False, dtype=None, mask=None):
    """Return ``sum(|x - mean|^2) / max(n - correction, 0)`` over ``dim`` of the elements where the mask is True.

    >>> rl.masked.var(rl.tensor([1.0, 9.0, 3.0]), mask=rl.tensor([True, False, True]))
    tensor(2.)
    """
    if unbiased is not None and correction is not None:
        raise AssertionError("Only one of unbiased and correction may be given")
    if correction is None:
        correction = 1 if unbiased is None or unbiased else 0
    if dtype is None:
        dtype = input.dtype if input.is_floating_point() or input.is_complex() else _C.float32
    count = counts(input, dim, True, mask)
    centred = input - sum(input, dim, keepdim=True, dtype=dtype, mask=mask) / count
    working = dtype if dtype.is_floating_point or dtype.is_complex else _C.float32
    total = sum(centred * centred.conj(), dim, keepdim=keepdim, dtype=working, mask=mask)
    count = count.reshape(total.shape)
    if correction:
        count = (count.to(total.real.dtype if total.is_complex() else working) - correction).clamp(min=0)
    return (total / count).to(dtype)


def std(input, dim=None, unbiased=None, *, correction=None, keepdim=False, dtype=None, mask=None):
    """Return the square root of the variance over ``dim`` of the elements where the mask is True.

    >>> rl.masked.std(rl.tensor([1.0, 9.0, 3.0]), mask=rl.tensor([True, False, True]))
    tensor(1.4142)
    """
    return var(input, dim, unbiased, correction=correction, keepdim=keepdim, dtype=dtype, mask=mask).sqrt()
