"""Reading and writing elements by index or mask."""

import math

from rushlight import _C

from .dimensions import wrap_dim
from .registry import op
from .type_names import type_name


@op(overload=True, method=False)
def where(condition, input=None, other=None, *, out=None):
    """Return elements of ``input`` where the condition holds, else of ``other``; alone, the indices where it holds."""
    if input is None:
        return nonzero(condition, as_tuple=True)
    result = _C.where(condition, input, other)
    return result if out is None else out.resize_(result.shape).copy_(result)


@op(name="where", function=False, overload=True)
def where_method(self, condition, other):
    """Return the elements of this tensor where the condition holds, else those of ``other``."""
    return _C.where(condition, self, other)


@op(overload=True, out="exact")
def nonzero(input, *, as_tuple=False):
    """Return the indices of elements that are not zero, one per row, or as one vector per dimension."""
    if not as_tuple:
        return _C.nonzero(input)
    return tuple(_C.nonzero(input.reshape(1) if input.dim() == 0 else input).unbind(1))


@op
def argwhere(input):
    """Return the indices of elements that are not zero, one per row."""
    return _C.nonzero(input)


@op(out=True)
def nonzero_static(input, *, size, fill_value=-1):
    """Return the first ``size`` rows of ``nonzero``, filled up with ``fill_value``."""
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    if input.is_meta:
        return _C.empty((size, input.dim()), dtype=_C.int64, device=input.device)
    found = _C.nonzero(input)[:size]
    return _C.constant_pad(found, (0, 0, 0, size - found.size(0)), fill_value)


@op(inplace=True, out=True)
def masked_fill(input, mask, value):
    """Return ``input`` with ``value`` where the mask is True."""
    if mask.dtype != _C.bool:
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype}")
    if isinstance(value, _C.Tensor):
        if value.dim():
            raise RuntimeError(
                "masked_fill_ only supports a 0-dimensional value tensor, "
                f"but got tensor with {value.dim()} dimension(s)."
            )
    check_fits(value, input.dtype)
    value = (
        value.to(input.dtype)
        if isinstance(value, _C.Tensor)
        else _C.full((), value, dtype=input.dtype, device=input.device)
    )
    return _C.where(mask, value, input)


def check_fits(value, dtype):
    """Raise unless a value can be stored in ``dtype`` without losing its kind."""
    kind = complex if isinstance(value, complex) else float if isinstance(value, float) else int
    source = value.dtype if isinstance(value, _C.Tensor) else None
    imaginary = source.is_complex if source else kind is complex
    fraction = source.is_floating_point if source else kind is float
    if imaginary and not dtype.is_complex:
        raise RuntimeError("value cannot be converted to type without overflow: complex to real")
    if fraction and not (dtype.is_complex or dtype.is_floating_point) and not math.isfinite(float(value)):
        raise RuntimeError(f"value cannot be converted to type {dtype} without overflow")


@op(out="exact")
def take_along_dim(input, indices, dim=None):
    """Return the elements at ``indices`` along ``dim``, other dimensions broadcast; of the flat tensor without dim."""
    if indices.dtype != _C.int64:
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {type_name(indices.dtype)}"
        )
    if dim is None:
        input, indices, dim = input.reshape(-1), indices.reshape(-1), 0
    if input.dim() != indices.dim():
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {input.dim()} dimensions for input, and {indices.dim()} dimensions for indices"
        )
    dim = wrap_dim(dim, input.dim())
    indices = _C.where(indices < 0, indices + input.size(dim), indices)
    shape = [b if a == 1 else a for a, b in zip(input.shape, indices.shape)]

    def with_size(tensor):
        return [tensor.size(dim) if i == dim else size for i, size in enumerate(shape)]

    return _C.gather(input.expand(with_size(input)), dim, indices.expand(with_size(indices)))


@op(overload=True, inplace=True, out="exact")
def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """Return ``input`` with ``src`` (a tensor or a number) written at ``index`` along ``dim``, or reduced into it."""
    src = value if src is None else src
    if reduce is None:
        return _C.scatter(input, dim, index, src)
    if reduce not in ("add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    if not isinstance(src, _C.Tensor):
        src = _C.full(index.shape, src, dtype=input.dtype, device=input.device)
    return _C.scatter_reduce(input, dim, index, src, "sum" if reduce == "add" else "prod", include_self=True)


@op(inplace=True, out="exact")
def index_reduce(input, dim, index, source, reduce, *, include_self=True):
    """Return ``input`` with slices of ``source`` reduced into those that ``index`` names: prod, mean, amax or amin."""
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    if index.dtype not in (_C.int32, _C.int64):
        raise RuntimeError(f"index_reduce_(): Expected dtype int32/int64 for index but got: {type_name(index.dtype)}")
    dim = wrap_dim(dim, input.dim())
    if input.dim() == 0:
        return index_reduce(
            input.reshape(1), 0, index.reshape(-1), source.reshape(-1), reduce, include_self=include_self
        ).reshape(())
    spread = index.reshape([-1 if i == dim else 1 for i in range(source.dim())]).expand(source.shape)
    return _C.scatter_reduce(input, dim, spread.to(_C.int64), source, reduce, include_self=include_self)


@op(method=False)
def unravel_index(indices, shape):
    """Return the coordinates, in a tensor of ``shape``, of positions in its flattened order."""
    if indices.is_floating_point() or indices.is_complex() or indices.dtype == _C.bool:
        raise ValueError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    indices = indices.to(_C.int64)
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if any(size < 0 for size in shape):
        raise ValueError(f"'shape' cannot have negative values, but got {shape}")
    coordinates = []
    for size in reversed(shape):
        coordinates.append(_C.remainder(indices, size))
        indices = _C.floor_divide(indices, size)
    return tuple(reversed(coordinates))
