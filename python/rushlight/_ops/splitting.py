"""Operators that cut a tensor into parts. All parts are views."""

from rushlight import _C

from .dimensions import require_ints, wrap_dim
from .registry import op


def cut(input, dim, points, node="SplitBackward0"):
    """Return the parts of ``input`` between consecutive ``points`` along ``dim``, made by nodes of a name."""
    return tuple(_C._label(input.narrow(dim, a, b - a), node) for a, b in zip(points, points[1:]))


@op
def unbind(input, dim=0):
    """Return the slices along ``dim``, which is removed."""
    if input.dim() == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    return tuple(input.select(dim, i) for i in range(input.size(dim)))


@op(name="split", aliases=("unsafe_split",))
def split(tensor, split_size_or_sections=None, dim=0, *, split_size=None):
    """Cut along ``dim`` into parts of one size (the last may be smaller) or of the listed sizes."""
    size = split_size if split_size_or_sections is None else split_size_or_sections
    if not isinstance(size, int):
        return split_with_sizes(tensor, size, dim)
    if tensor.dim() == 0:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    length = tensor.size(dim)
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if size == 0 and length:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {length}")
    starts = range(0, length, size) if length else (0,)
    return cut(tensor, dim, [*starts, length])


@op(aliases=("unsafe_split_with_sizes",))
def split_with_sizes(input, split_sizes, dim=0):
    """Cut along ``dim`` into parts of the listed sizes."""
    if input.dim() == 0:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    require_ints("split_sizes", split_sizes)
    sizes, length = list(split_sizes), input.size(dim)
    if sum(sizes) != length or min(sizes, default=0) < 0:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {length} (input tensor's size at dimension "
            f"{wrap_dim(dim, input.dim())}), but got split_sizes={sizes}"
        )
    points = [0]
    for size in sizes:
        points.append(points[-1] + size)
    return cut(input, dim, points, "SplitWithSizesBackward0")


@op(aliases=("unsafe_chunk",))
def chunk(input, chunks, dim=0):
    """Cut along ``dim`` into at most ``chunks`` parts of equal size; the last may be smaller."""
    if input.dim() == 0:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    length = input.size(dim)
    size = -(-length // chunks)
    return split(input, size, dim) if size else cut(input, dim, [0] * (chunks + 1))


MOST_EMPTY_SECTIONS = 2**20


@op
def tensor_split(input, indices_or_sections=None, dim=0, *, indices=None, sections=None):
    """Cut along ``dim`` into a number of nearly equal parts, or before each of the listed indices."""
    where = next((x for x in (indices_or_sections, indices, sections) if x is not None), None)
    if input.dim() == 0:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = wrap_dim(dim, input.dim())
    if isinstance(where, _C.Tensor):
        where = where.tolist()
    length = input.size(dim)
    if isinstance(where, int):
        if where <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {where}")
        if where > max(length, MOST_EMPTY_SECTIONS):
            raise RuntimeError(f"tensor_split: {where} sections of a dimension of size {length} are too many to list")
        small, larger = divmod(length, where)
        return cut(input, dim, [i * small + min(i, larger) for i in range(where + 1)])
    bounds = [0, *(min(max(i + length if i < 0 else i, 0), length) for i in where), length]
    return tuple(input.narrow(dim, a, max(b - a, 0)) for a, b in zip(bounds, bounds[1:]))


def split_along(name, input, where, dim, needed):
    """Cut along ``dim`` after the checks of the ``hsplit`` family."""
    if input.dim() < needed:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {needed} dimension{'s' * (needed > 1)}, "
            f"but got a tensor with {input.dim()} dimensions!"
        )
    if isinstance(where, int) and (where == 0 or input.size(dim) % where):
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension "
            f"{input.size(dim)} is not divisible by the split_size {where}!"
        )
    return tensor_split(input, where, dim)


def places(given, indices, sections):
    """Return the one argument of the ``hsplit`` family: a count, a list, or indices one by one."""
    given = [x for x in (*given, indices, sections) if x is not None]
    return given[0] if len(given) == 1 else given


@op
def hsplit(input, *indices_or_sections, indices=None, sections=None):
    """Cut along the second dimension, or the only one of a vector."""
    return split_along("hsplit", input, places(indices_or_sections, indices, sections), 0 if input.dim() == 1 else 1, 1)


@op
def vsplit(input, *indices_or_sections, indices=None, sections=None):
    """Cut along the first dimension."""
    return split_along("vsplit", input, places(indices_or_sections, indices, sections), 0, 2)


@op
def dsplit(input, *indices_or_sections, indices=None, sections=None):
    """Cut along the third dimension."""
    return split_along("dsplit", input, places(indices_or_sections, indices, sections), 2, 3)
