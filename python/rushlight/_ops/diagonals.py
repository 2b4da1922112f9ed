"""Operators on diagonals and triangles of matrices."""

from rushlight import _C

from .autocasting import in_full_precision
from .dimensions import wrap_dim
from .registry import op


@op
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Return matrices, in the dimensions ``dim1`` and ``dim2``, whose diagonals are the last dimension of ``input``."""
    ndim = input.dim() + 1
    first, second = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    if first > second:
        first, second, offset = second, first, -offset
    length = input.size(-1) + abs(offset)
    above, left = max(-offset, 0), max(offset, 0)
    # A matrix with n + |offset| rows is n rows of length + 1 elements laid end to end, its diagonal their first column.
    strided = _C.constant_pad(input.unsqueeze(-1), (0, length), 0).flatten(-2)
    flat = _C.constant_pad(strided, (above * length + left, 0), 0)
    missing = length * length - flat.size(-1)
    flat = _C.constant_pad(flat, (0, missing), 0) if missing >= 0 else flat.narrow(-1, 0, length * length)
    matrices = flat.reshape(*input.shape[:-1], length, length)
    order = list(range(ndim - 2))
    order.insert(first, ndim - 2)
    order.insert(second, ndim - 1)
    return matrices.permute(order)


@op(out="exact")
def diag(input, diagonal=0):
    """Return the diagonal of a matrix, or the matrix with a vector on its diagonal."""
    if input.dim() == 1:
        return diag_embed(input, diagonal)
    if input.dim() == 2:
        return input.diagonal(diagonal).clone()
    raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.dim()}D")


@op
def diagflat(input, offset=0):
    """Return the matrix with all elements of ``input`` on its diagonal."""
    return diag_embed(input.flatten(), offset)


@op(out=True)
@in_full_precision
def trace(input):
    """Return the sum of the diagonal of a matrix."""
    if input.dim() != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.dim()}")
    return _C._label(input.diagonal().sum(), "TraceBackward0")


@op(function=False)
def fill_diagonal_(self, fill_value, wrap=False):
    """Write ``fill_value`` on the main diagonal; ``wrap`` starts anew below a tall matrix."""
    if self.dim() < 2:
        raise RuntimeError("dimensions must larger than 1")
    if self.dim() > 2 and len(set(self.shape)) != 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    size, step = min(self.shape), sum(self.stride())
    self.as_strided((size,), (step,), self.storage_offset()).fill_(fill_value)
    if wrap and self.dim() == 2 and self.size(0) > self.size(1) + 1:
        rows = range(self.size(1) + 1, self.size(0), self.size(1) + 1)
        for row in rows:
            self[row:].fill_diagonal_(fill_value)
    return self


def triangle_indices(keep, row, col, offset, dtype, device):
    """Return the positions of a ``row`` by ``col`` matrix that ``keep`` leaves, as two rows of indices."""
    if row < 0 or col < 0:
        raise RuntimeError(f"{'row' if row < 0 else 'col'} must be non-negative, got {row if row < 0 else col}")
    full = _C.full((row, col), True, dtype=_C.bool)
    found = _C.nonzero(keep(full, offset)).t()
    return found.to(device="cpu" if device is None else device, dtype=_C.int64 if dtype is None else dtype).contiguous()


@op(method=False)
def tril_indices(row, col, offset=0, *, dtype=None, device="cpu", layout=None):
    """Return the indices of the lower triangle, row by row: shape (2, n)."""
    return triangle_indices(_C.tril, row, col, offset, dtype, device)


@op(method=False)
def triu_indices(row, col, offset=0, *, dtype=None, device="cpu", layout=None):
    """Return the indices of the upper triangle, row by row: shape (2, n)."""
    return triangle_indices(_C.triu, row, col, offset, dtype, device)


@op(method=False)
def vander(x, N=None, increasing=False):
    """Return the matrix whose columns are powers of the vector ``x``, highest first unless ``increasing``."""
    if x.dim() != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    count = x.numel() if N is None else N
    if count < 0:
        raise RuntimeError("N must be non-negative.")
    exponents = _C.arange(count, device=x.device)
    powers = x.unsqueeze(-1).pow(exponents if increasing else exponents.flip((0,)))
    return powers.to(_C.int64) if x.dtype in (_C.bool, _C.uint8, _C.int8, _C.int16, _C.int32) else powers
