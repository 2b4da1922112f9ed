"""Products of vectors and matrices, and matrices made of a vector."""

from rushlight import _C
from rushlight._ops.autocasting import in_low_precision
from rushlight._ops.products import linalg_cross
from rushlight._ops.registry import accept_keywords
from rushlight._ops.type_names import type_name

cross = accept_keywords(linalg_cross)
cross.__name__ = cross.__qualname__ = "cross"


@accept_keywords
def matmul(input, other):
    """Return the matrix product, as ``input @ other``."""
    return _C.matmul(input, other)


def diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """Return the diagonals of the matrices in ``dim1`` and ``dim2`` as a view; the new dimension is the last."""
    return A.diagonal(offset, dim1, dim2)


@accept_keywords(out="exact")
@in_low_precision
def vecdot(x, y, *, dim=-1):
    """Return ``sum conj(x) y`` along ``dim``.

    >>> rl.linalg.vecdot(rl.tensor([1.0, 2.0]), rl.tensor([3.0, 4.0])).item()
    11.0
    """
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"linalg.vecdot: Expected x and y to have the same dtype, but found x of type {type_name(x.dtype)} "
            f"and y of type {type_name(y.dtype)} instead"
        )
    return (x.conj() * y).sum(dim)


def vander(x, N=None):
    """Return the matrix of powers ``x^0, ..., x^(N - 1)`` as columns: (*, n) to (*, n, N), N = n by default.

    >>> rl.linalg.vander(rl.tensor([2, 3]), 3).tolist()
    [[1, 2, 4], [1, 3, 9]]
    """
    x = x if x.dim() else x.unsqueeze(0)
    count = x.size(-1) if N is None else N
    if count <= 1:
        raise RuntimeError("N must be greater than 1.")
    repeated = x.unsqueeze(-1).expand(*x.shape, count - 1)
    powers = repeated.cumprod(-1)
    return _C.cat([_C.full_like(powers[..., :1], 1), powers], -1)


@accept_keywords(out="exact")
def multi_dot(tensors):
    """Return the product of two or more matrices, in the order that needs the fewest multiplications.

    The first and the last may be vectors.

    >>> rl.linalg.multi_dot([rl.ones(2, 3), rl.ones(3, 4), rl.ones(4)]).tolist()
    [12.0, 12.0]
    """
    tensors = list(tensors)
    check_chain(tensors)
    is_row, is_column = tensors[0].dim() == 1, tensors[-1].dim() == 1
    tensors[0] = tensors[0].unsqueeze(0) if is_row else tensors[0]
    tensors[-1] = tensors[-1].unsqueeze(-1) if is_column else tensors[-1]
    for i in range(len(tensors) - 1):
        first, second = list(tensors[i].shape), list(tensors[i + 1].shape)
        if first[1] != second[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {i} and {i + 1} with shapes {first} and {second} cannot be multiplied"
            )
    split = cheapest_splits([t.size(0) for t in tensors] + [tensors[-1].size(1)])
    result = multiply_chain(tensors, split, 0, len(tensors) - 1)
    result = result.squeeze(0) if is_row else result
    return result.squeeze(-1) if is_column else result


def check_chain(tensors):
    """Raise unless the ends are vectors or matrices, what is between matrices, and all of one dtype."""
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    for position, label in ((0, "first"), (-1, "last")):
        if tensors[position].dim() not in (1, 2):
            raise RuntimeError(f"multi_dot(): the {label} tensor must be 1D or 2D but got {tensors[position].dim()}D")
    for i, tensor in enumerate(tensors[1:-1], 1):
        if tensor.dim() != 2:
            raise RuntimeError(f"multi_dot(): tensor {i} must be 2D but got {tensor.dim()}D")
    for i, tensor in enumerate(tensors):
        if tensor.dtype != tensors[0].dtype:
            first, other = type_name(tensors[0].dtype).lower(), type_name(tensor.dtype).lower()
            raise RuntimeError(
                f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {first} and tensor {i} {other}"
            )


def cheapest_splits(sizes):
    """Return where to split each run ``i..j`` of matrices (Cormen et al., "Introduction to Algorithms", 15.2)."""
    count = len(sizes) - 1
    cost, split = {(i, i): 0 for i in range(count)}, {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            cost[i, j], split[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )
    return split


def multiply_chain(tensors, split, i, j):
    """Return the product of the run ``i..j`` in the order that ``split`` gives."""
    if i == j:
        return tensors[i]
    return multiply_chain(tensors, split, i, split[i, j]) @ multiply_chain(tensors, split, split[i, j] + 1, j)
