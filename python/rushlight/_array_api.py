"""The functions of the Python array API standard (https://data-apis.org/array-api/latest/), which `__array_namespace__` returns.

Names and arguments that PyTorch shares are the package's own; this module has those that differ: ``axis`` and
``keepdims``, and results that are one array where PyTorch returns two.

>>> from rushlight import _array_api as xp
>>> xp.max(xp.asarray([[1.0, 5.0], [7.0, 2.0]]), axis=1)
tensor([5., 7.])
"""

import builtins
from typing import NamedTuple

import rushlight as rl
from rushlight._array_dtypes import Info, can_cast, isdtype, result_type  # noqa: F401

__array_api_version__ = "2023.12"

SAME = (
    "abs acos acosh add arange asin asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor "
    "broadcast_to ceil copysign cos cosh e empty_like exp expm1 finfo floor floor_divide from_dlpack full_like hypot "
    "iinfo imag inf isfinite isinf isnan log log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor matmul maximum "
    "minimum moveaxis nan newaxis nextafter ones_like pi positive pow real reciprocal remainder round sign signbit sin sinh sqrt square "
    "tan tanh trunc where zeros_like linalg fft "
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128"
).split()  # fmt: skip
RENAMED = {
    "bitwise_invert": "bitwise_not", "conj": "conj_physical", "divide": "div", "equal": "eq", "greater": "gt", "greater_equal": "ge",
    "less": "lt", "less_equal": "le", "multiply": "mul", "negative": "neg", "not_equal": "ne", "subtract": "sub",
}  # fmt: skip


def __getattr__(name):
    if name in SAME or name in RENAMED:
        return getattr(rl, RENAMED.get(name, name))
    raise AttributeError(f"the array API standard has no {name!r}")


def asarray(obj, /, *, dtype=None, device=None, copy=None):
    """Return ``obj`` as an array."""
    return rl.asarray(obj, dtype=dtype, device=device, copy=copy)


def astype(x, dtype, /, *, copy=True, device=None):
    """Return ``x`` with another dtype, always in memory of its own if ``copy``."""
    return x.to(device=device, dtype=dtype, copy=copy)


def axes(x, axis):
    """Return the dimensions that ``axis`` names; all for None."""
    if axis is None:
        return tuple(range(x.ndim))
    return axis if isinstance(axis, tuple) else (axis,)


def reduction(name, call):
    """Return a function that reduces over axes one row of the engine handles together."""

    def reduce(x, /, *, axis=None, keepdims=False):
        over = axes(x, axis)
        return call(x, over, keepdims) if over else call(x.unsqueeze(0), (0,), False)

    reduce.__name__ = reduce.__qualname__ = name
    reduce.__doc__ = f"Return the {name} over ``axis``, over all axes for None."
    return reduce


max = reduction("max", rl.amax)
min = reduction("min", rl.amin)
mean = reduction("mean", rl.mean)
all = reduction("all", rl.all)
any = reduction("any", rl.any)


def sum(x, /, *, axis=None, dtype=None, keepdims=False):
    """Return the sum over ``axis``, over all axes for None."""
    return x.sum(axes(x, axis), keepdims, dtype=dtype) if x.ndim else x.sum(dtype=dtype)


def prod(x, /, *, axis=None, dtype=None, keepdims=False):
    """Return the product over ``axis``, over all axes for None."""
    for d in sorted((d % builtins.max(x.ndim, 1) for d in axes(x, axis)), reverse=True):
        x = x.prod(d, True, dtype=dtype)
    return x if keepdims else x.squeeze(axes(x, axis)) if x.ndim else x.prod(dtype=dtype)


def var(x, /, *, axis=None, correction=0.0, keepdims=False):
    """Return the variance over ``axis``, over all axes for None."""
    return rl.var(x, axes(x, axis), correction=correction, keepdim=keepdims)


def std(x, /, *, axis=None, correction=0.0, keepdims=False):
    """Return the standard deviation over ``axis``, over all axes for None."""
    return rl.std(x, axes(x, axis), correction=correction, keepdim=keepdims)


def count_nonzero(x, /, *, axis=None, keepdims=False):
    """Return how many elements are not zero."""
    return sum(x != 0, axis=axis, keepdims=keepdims)


def argmax(x, /, *, axis=None, keepdims=False):
    """Return the position of the largest element."""
    return rl.argmax(x, axis, keepdims)


def argmin(x, /, *, axis=None, keepdims=False):
    """Return the position of the smallest element."""
    return rl.argmin(x, axis, keepdims)


def sort(x, /, *, axis=-1, descending=False, stable=True):
    """Return the elements in order along ``axis``."""
    return rl.sort(x, dim=axis, descending=descending, stable=stable)[0]


def argsort(x, /, *, axis=-1, descending=False, stable=True):
    """Return the positions that put the elements in order along ``axis``."""
    return rl.sort(x, dim=axis, descending=descending, stable=stable)[1]


def searchsorted(x1, x2, /, *, side="left", sorter=None):
    """Return where the elements of ``x2`` belong in the sorted ``x1``."""
    return rl.searchsorted(x1, x2, side=side, sorter=sorter)


def cumulative(x, axis, dtype, include_initial, call, first):
    """Run along ``axis``, with the neutral element in front if that is asked for."""
    if axis is None and x.ndim != 1:
        raise ValueError(f"axis must be given for an array of {x.ndim} dimensions")
    axis = 0 if axis is None else axis
    out = call(x, axis, dtype=dtype)
    if not include_initial:
        return out
    return rl.cat([rl.full_like(out.narrow(axis, 0, 1), first), out], axis)


def cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False):
    """Return the sums so far along ``axis``."""
    return cumulative(x, axis, dtype, include_initial, rl.cumsum, 0)


def cumulative_prod(x, /, *, axis=None, dtype=None, include_initial=False):
    """Return the products so far along ``axis``."""
    return cumulative(x, axis, dtype, include_initial, rl.cumprod, 1)


def diff(x, /, *, axis=-1, n=1, prepend=None, append=None):
    """Return the differences of neighbours along ``axis``."""
    return rl.diff(x, n=n, dim=axis, prepend=prepend, append=append)


def clip(x, /, min=None, max=None):
    """Return ``x`` with its elements brought between ``min`` and ``max``."""
    return x.clone() if min is None and max is None else rl.clamp(x, min, max)


class UniqueAll(NamedTuple):
    """What `unique_all` returns."""

    values: rl.Tensor
    indices: rl.Tensor
    inverse_indices: rl.Tensor
    counts: rl.Tensor


class UniqueCounts(NamedTuple):
    """What `unique_counts` returns."""

    values: rl.Tensor
    counts: rl.Tensor


class UniqueInverse(NamedTuple):
    """What `unique_inverse` returns."""

    values: rl.Tensor
    inverse_indices: rl.Tensor


def unique_all(x, /):
    """Return the different elements, where each is first met, which one each element is, how often each occurs."""
    values, inverse, counts = rl.unique(x, return_inverse=True, return_counts=True)
    place = rl.arange(x.numel() - 1, -1, -1)
    first = rl.zeros(values.numel(), dtype=rl.int64).index_put((inverse.reshape(-1).flip(0),), place)
    return UniqueAll(values, first, inverse, counts)


def unique_counts(x, /):
    """Return the different elements and how often each occurs."""
    return UniqueCounts(*rl.unique(x, return_counts=True))


def unique_inverse(x, /):
    """Return the different elements and which one each element is."""
    return UniqueInverse(*rl.unique(x, return_inverse=True))


def unique_values(x, /):
    """Return the different elements."""
    return rl.unique(x)


def concat(arrays, /, *, axis=0):
    """Return the arrays one after another along ``axis``, flattened first for None."""
    return rl.cat([a.reshape(-1) for a in arrays] if axis is None else list(arrays), axis or 0)


def stack(arrays, /, *, axis=0):
    """Return the arrays along a new axis."""
    return rl.stack(list(arrays), axis)


def unstack(x, /, *, axis=0):
    """Return the slices along ``axis``."""
    return x.unbind(axis)


def broadcast_arrays(*arrays):
    """Return the arrays expanded to one shape."""
    return list(rl.broadcast_tensors(*arrays))


def expand_dims(x, /, *, axis=0):
    """Return ``x`` with a new axis of length one."""
    return x.unsqueeze(axis)


def squeeze(x, /, axis):
    """Return ``x`` without axes of length one; ValueError for a longer one."""
    for d in axes(x, axis):
        if x.shape[d] != 1:
            raise ValueError(f"squeeze: axis {d} of shape {tuple(x.shape)} has length {x.shape[d]}, not 1")
    return x.squeeze(axes(x, axis))


def flip(x, /, *, axis=None):
    """Return ``x`` with the order of elements along ``axis`` reversed, along all axes for None."""
    return rl.flip(x, axes(x, axis))


def roll(x, /, shift, *, axis=None):
    """Return ``x`` with its elements moved around along ``axis``."""
    return rl.roll(x, shift, axis)


def reshape(x, /, shape, *, copy=None):
    """Return ``x`` in another shape; ``copy=False`` refuses to copy."""
    if copy is False:
        return x.view(shape)
    return x.clone().reshape(shape) if copy else x.reshape(shape)


def permute_dims(x, /, axes):
    """Return ``x`` with its axes in another order."""
    return x.permute(axes)


def matrix_transpose(x, /):
    """Return ``x`` with its last two axes exchanged."""
    return x.mT


def repeat(x, repeats, /, *, axis=None):
    """Return ``x`` with each element repeated."""
    return rl.repeat_interleave(x, repeats, axis)


def tile(x, repetitions, /):
    """Return ``x`` repeated as a whole along its axes."""
    return rl.tile(x, repetitions)


def take(x, indices, /, *, axis=None):
    """Return the slices of the given positions along ``axis``."""
    if axis is None and x.ndim != 1:
        raise ValueError(f"take: axis must be given for an array of {x.ndim} dimensions")
    return rl.index_select(x, axis or 0, indices)


def take_along_axis(x, indices, /, *, axis=-1):
    """Return the elements of the given positions along ``axis``."""
    return rl.take_along_dim(x, indices, axis)


def tril(x, /, *, k=0):
    """Return the lower triangle."""
    return rl.tril(x, k)


def triu(x, /, *, k=0):
    """Return the upper triangle."""
    return rl.triu(x, k)


def vecdot(x1, x2, /, *, axis=-1):
    """Return the products of vectors along ``axis``, the first conjugated."""
    return rl.linalg.vecdot(x1, x2, dim=axis)


def tensordot(x1, x2, /, *, axes=2):
    """Return the product summed over several axes."""
    return rl.tensordot(x1, x2, axes)


def meshgrid(*arrays, indexing="xy"):
    """Return the coordinates of a grid."""
    return list(rl.meshgrid(*arrays, indexing=indexing))


def nonzero(x, /):
    """Return the positions of the elements that are not zero, one array per axis."""
    return rl.nonzero(x, as_tuple=True)


def empty(shape, *, dtype=None, device=None):
    """Return an array of any values."""
    return rl.empty(shape, dtype=dtype, device=device)


def zeros(shape, *, dtype=None, device=None):
    """Return an array of zeros."""
    return rl.zeros(shape, dtype=dtype, device=device)


def ones(shape, *, dtype=None, device=None):
    """Return an array of ones."""
    return rl.ones(shape, dtype=dtype, device=device)


def full(shape, fill_value, *, dtype=None, device=None):
    """Return an array of one value."""
    return rl.full((shape,) if isinstance(shape, int) else shape, fill_value, dtype=dtype, device=device)


def eye(n_rows, n_cols=None, /, *, k=0, dtype=None, device=None):
    """Return ones on the ``k``-th diagonal, zeros elsewhere."""
    columns = n_rows if n_cols is None else n_cols
    return rl.ones(n_rows, columns, dtype=dtype, device=device).tril(k).triu(k)


def linspace(start, stop, /, num, *, dtype=None, device=None, endpoint=True):
    """Return ``num`` numbers at equal distances, the last of them ``stop`` if ``endpoint``."""
    points = rl.linspace(start, stop, num if endpoint else num + 1, dtype=dtype, device=device)
    return points if endpoint else points[:num]


def __array_namespace_info__():
    """Return what this library can do."""
    return Info()
