"""Operators that put several tensors together."""

from rushlight import _C

from .dimensions import tensors_from, wrap_dim
from .registry import op
from .shape import atleast_1d, atleast_2d, atleast_3d


@op(method=False, out=True)
def stack(tensors, dim=0):
    """Join tensors of equal shape along a new dimension ``dim``."""
    if len(tensors) == 0:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = tensors[0]
    dim = wrap_dim(dim, first.dim() + 1)
    for i, tensor in enumerate(tensors):
        if tensor.shape != first.shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first.shape)} at entry 0 "
                f"and {list(tensor.shape)} at entry {i}"
            )
    return _C._label(_C.cat([tensor.unsqueeze(dim) for tensor in tensors], dim), "StackBackward0")


@op(method=False, out=True)
def hstack(tensors):
    """Join along the second dimension, or the only one of vectors."""
    tensors = atleast_1d(*tensors_or_error("hstack", tensors))
    tensors = (tensors,) if isinstance(tensors, _C.Tensor) else tensors
    return _C.cat(tensors, 0 if tensors[0].dim() == 1 else 1)


@op(method=False, out=True, aliases=("row_stack",))
def vstack(tensors):
    """Join along the first dimension; vectors become rows."""
    return _C.cat([atleast_2d(tensor) for tensor in tensors_or_error("vstack", tensors)], 0)


@op(method=False, out=True)
def dstack(tensors):
    """Join along the third dimension."""
    return _C.cat([atleast_3d(tensor) for tensor in tensors_or_error("dstack", tensors)], 2)


@op(method=False, out=True)
def column_stack(tensors):
    """Join along the second dimension; vectors become columns."""
    tensors = tensors_or_error("column_stack", tensors)
    return _C.cat([x.reshape(x.numel(), 1) if x.dim() <= 1 else x for x in tensors], 1)


def tensors_or_error(name, tensors):
    """Return the tensors; ``RuntimeError`` when there are none."""
    if len(tensors) == 0:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    return tensors


@op(method=False)
def meshgrid(*tensors, indexing="ij"):
    """Return the coordinates of the grid spanned by vectors, ``indexing="xy"`` with the first two axes swapped."""
    tensors = tensors_from(tensors)
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    if any(tensor.dim() > 1 for tensor in tensors):
        raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {tensors}")
    swap = indexing == "xy" and len(tensors) > 1
    ordered = (tensors[1], tensors[0], *tensors[2:]) if swap else tensors
    shape = [tensor.numel() for tensor in ordered]
    grids = [
        tensor.reshape([-1 if i == axis else 1 for i in range(len(shape))]).expand(shape)
        for axis, tensor in enumerate(ordered)
    ]
    return (grids[1], grids[0], *grids[2:]) if swap else tuple(grids)


@op(method=False)
def cartesian_prod(*tensors):
    """Return all tuples of one element from each vector, one per row."""
    tensors = tensors_from(tensors)
    if any(tensor.dim() != 1 for tensor in tensors):
        raise RuntimeError("Expect a 1D vector")
    if len(tensors) == 1:
        return tensors[0]
    return stack([grid.flatten() for grid in meshgrid(*tensors)], 1)


@op(method=False)
def combinations(input, r=2, with_replacement=False):
    """Return all choices of ``r`` elements of a vector, one per row, in lexicographic order of position."""
    if input.dim() != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty((0,))
    return _C.take(input, positions(input.numel(), r, with_replacement, input.device))


def positions(n, r, repeated, device):
    """Return the choices of ``r`` of ``n`` positions as rows, each of them grown from the rows one shorter."""
    rows = _C.arange(n if repeated else max(n - r + 1, 0), device=device).reshape(-1, 1)
    for column in range(1, r):
        first = rows[:, -1] + (0 if repeated else 1)
        counts = (n if repeated else n - r + column + 1) - first
        longer = rows.repeat_interleave(counts, 0)
        starts = (first + counts - counts.cumsum(0)).repeat_interleave(counts)
        added = starts + _C.arange(len(starts), device=device)
        rows = _C.cat([longer, added.unsqueeze(1)], 1)
    return rows


@op(method=False)
def block_diag(*tensors):
    """Return the matrix with the given matrices along its diagonal and zeros elsewhere."""
    if any(tensor.dim() > 2 for tensor in tensors):
        raise RuntimeError("torch.block_diag: Input tensors must have 2 or fewer dimensions")
    blocks = [tensor.reshape(1, -1) if tensor.dim() < 2 else tensor for tensor in tensors] or [_C.empty((1, 0))]
    width, left, rows = sum(block.size(1) for block in blocks), 0, []
    for block in blocks:
        right = width - left - block.size(1)
        rows.append(_C.constant_pad(block, (left, right), 0))
        left += block.size(1)
    return _C.cat(rows, 0)
