"""Operators that cut a tensor into parts. All parts are views."""

import itertools

from rushlight import _C

from .dimensions import wrap_dim
from .registry import op


def cut(input, dim, points, node="SplitBackward0"):
    """Return the parts of ``input`` between consecutive ``points`` along ``dim``, made by nodes of a name."""
    return tuple(_C._label(input.narrow(dim, a, b - a), node) for a, b in zip(points, points[1:]))


def equal_sizes(tensor, size, dim):
    """Return the sizes of the parts of ``size`` slices along ``dim``; the last may be smaller."""
    if tensor.dim() == 0:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    length = tensor.size(dim)
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if size == 0 and length:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {length}")
    return [min(size, length - start) for start in range(0, length, size)] if length else [0]


def chunk_sizes(input, chunks, dim):
    """Return the sizes of at most ``chunks`` equal parts along ``dim``; the last may be smaller."""
    if input.dim() == 0:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    length = input.size(dim)
    return equal_sizes(input, -(-length // chunks), dim) if length else [0] * chunks


def unsafe_parts(input, sizes, dim, node="UnsafeSplitBackward0"):
    """Return parts that may be changed in place, made by nodes of a name."""
    return cut(input, dim, [0, *itertools.accumulate(sizes)], node)


@op
def split(tensor, split_size_or_sections=None, dim=0, *, split_size=None):
    """Cut along ``dim`` into parts of one size (the last may be smaller) or of the listed sizes."""
    size = split_size if split_size_or_sections is None else split_size_or_sections
    if isinstance(size, int):
        return _C._split(tensor, equal_sizes(tensor, size, dim), dim)
    return _C.split_with_sizes(tensor, size, dim)


@op
def chunk(input, chunks, dim=0):
    """Cut along ``dim`` into at most ``chunks`` parts of equal size; the last may be smaller."""
    return _C._split(input, chunk_sizes(input, chunks, dim), dim)


@op
def unsafe_split(tensor, split_size, dim=0):
    """As ``split`` into parts of one size, which may be changed in place if ``tensor`` is not used any more."""
    return unsafe_parts(tensor, equal_sizes(tensor, split_size, dim), dim)


@op
def unsafe_chunk(input, chunks, dim=0):
    """As ``chunk``; the parts may be changed in place if ``input`` is not used any more."""
    return unsafe_parts(input, chunk_sizes(input, chunks, dim), dim)


@op
def unsafe_split_with_sizes(input, split_sizes, dim=0):
    """As ``split_with_sizes``; the parts may be changed in place if ``input`` is not used any more."""
    sizes = [part.size(dim) for part in _C.split_with_sizes(input, split_sizes, dim)]
    return unsafe_parts(input, sizes, dim, "UnsafeSplitWithSizesBackward0")


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
