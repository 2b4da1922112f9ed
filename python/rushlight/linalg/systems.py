"""Inverses and linear systems."""

import math

from rushlight import _C
from rushlight._ops import return_types
from rushlight._ops.autocasting import in_full_precision
from rushlight._ops.dimensions import wrap_dim
from rushlight._ops.registry import accept_keywords

from .operands import (
    broadcast_batches,
    first_failure,
    raise_if_singular,
    require_compatible,
    require_inexact,
    require_matrix,
    require_same_dtype,
    require_square,
)


@in_full_precision
@accept_keywords(out="exact")
def inv(A):
    """Return the inverses of square matrices; a singular one raises ``LinAlgError``.

    >>> rl.linalg.inv(rl.tensor([[2.0, 0.0], [0.0, 4.0]])).tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    inverse, info = invert("linalg.inv", A)
    raise_if_singular("linalg.inv", info)
    return inverse


@in_full_precision
@accept_keywords
def inv_ex(A, *, check_errors=False):
    """Return the inverses and, per matrix, the position of the zero that made it singular or 0."""
    inverse, info = invert("linalg.inv_ex" if check_errors else "linalg.inv", A)
    if check_errors:
        raise_if_singular("linalg.inv_ex", info)
    return return_types.linalg_inv_ex((inverse, info))


def invert(name, A):
    """Return the inverse and the info of each matrix."""
    require_square(name, A)
    require_inexact(name, A)
    return _C.linalg_inv_ex(A)


@in_full_precision
@accept_keywords(out="exact")
def solve(A, B, *, left=True):
    """Return X with ``A X = B``, or ``X A = B`` if not ``left``; B is (*, n, k), or (*, n) for one right-hand side.

    >>> rl.linalg.solve(rl.tensor([[2.0, 0.0], [0.0, 4.0]]), rl.tensor([2.0, 2.0])).tolist()
    [1.0, 0.5]
    """
    X, info = solved("linalg.solve", A, B, left)
    raise_if_unsolvable("torch.linalg.solve", info)
    return X


@accept_keywords
def solve_ex(A, B, *, left=True, check_errors=False):
    """Return the solution and, per matrix, the position of the zero that made it singular or 0."""
    X, info = solved("linalg.solve", A, B, left)
    if check_errors:
        raise_if_unsolvable("torch.linalg.solve_ex", info)
    return return_types.linalg_solve_ex((X, info))


def raise_if_unsolvable(name, info):
    """Raise ``LinAlgError`` for the first singular matrix."""
    failure = first_failure(info)
    if failure is not None:
        where = f"(Batch element {failure[0]}): " if info.dim() else ""
        raise _C.LinAlgError(f"{name}: {where}The solver failed because the input matrix is singular.")


def solved(name, A, B, left):
    """Return the solution and the info of each system."""
    require_square(name, A)
    require_inexact(name, A)
    require_same_dtype(name, A, B)
    is_vector = B.dim() == 1 or (A.dim() - 1 == B.dim() and B.shape == A.shape[:-1])
    if is_vector:
        B = B.unsqueeze(-1)
        if not left:
            raise RuntimeError(
                f"{name}: Vector broadcasting of the left hand side is not supported for left=False. "
                "In this case linalg.solve is equivalent to B / A.squeeze(-1)"
            )
    require_matrix(name, B, "B")
    require_compatible(name, A, B, left)
    info_of = A.shape[:-2]
    A, B = broadcast_batches(A, B)
    X, info = _C.linalg_solve_ex(A, B, left=left)
    # A batch of right-hand sides for one matrix tells of that matrix once.
    while info.dim() > len(info_of):
        info = info[0] if info.size(0) else info.new_zeros(info.shape[1:])
    return (X.squeeze(-1) if is_vector else X), info


@accept_keywords(out="exact")
def solve_triangular(A, B, *, upper, left=True, unitriangular=False):
    """Return X with ``A X = B``, or ``X A = B`` if not ``left``, reading only one triangle of A.

    With ``unitriangular`` the diagonal counts as 1.

    >>> rl.linalg.solve_triangular(rl.tensor([[2.0, 9.0], [1.0, 4.0]]), rl.tensor([[2.0], [9.0]]), upper=False).tolist()
    [[1.0], [2.0]]
    """
    name = "linalg.solve_triangular"
    require_square(name, A)
    require_matrix(name, B, "B")
    require_compatible(name, A, B, left)
    require_inexact(name, A)
    require_same_dtype(name, A, B)
    A, B = broadcast_batches(A, B)
    return _C.linalg_solve_triangular(A, B, upper=upper, left=left, unitriangular=unitriangular)


@accept_keywords(out="exact")
def lu_solve(LU, pivots, B, *, left=True, adjoint=False):
    """Return X with ``A X = B`` (``X A = B`` if not ``left``), from A's factors; ``adjoint`` takes ``A^H``."""
    name = "linalg.lu_solve"
    require_square(name, LU, "LU")
    require_inexact(name, LU)
    require_same_dtype(name, LU, B)
    if pivots.dtype != _C.int32:
        raise RuntimeError(f"{name}: pivots should be a Tensor of scalar type torch.int32")
    if pivots.size(-1) != LU.size(-1):
        raise RuntimeError(f"{name}: Number of pivots per batch should be same as the dimension of the matrix")
    require_matrix(name, B, "B")
    require_compatible(name, LU, B, left)
    LU, B = broadcast_batches(LU, B)
    pivots = pivots.expand(*LU.shape[:-1])
    if left:
        return _C.linalg_lu_solve(LU, pivots, B, adjoint=adjoint)
    # X A = B is A^H X^H = B^H.
    return _C.linalg_lu_solve(LU, pivots, B.mH, adjoint=not adjoint).mH


@in_full_precision
@accept_keywords
def tensorinv(A, ind=2):
    """Return the tensor X with ``tensordot(X, A, ind)`` the identity; A's first ``ind`` dimensions are its rows."""
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    first, last = A.shape[:ind], A.shape[ind:]
    rows, cols = math.prod(first), math.prod(last)
    if rows != cols:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), "
            f"but got {cols} != {rows}"
        )
    inverse, info = _C.linalg_inv_ex(A.reshape(rows, cols))
    if first_failure(info) is not None:
        raise RuntimeError("Failed to invert the input tensor, because it is singular.")
    return inverse.reshape(*last, *first)


@in_full_precision
@accept_keywords
def tensorsolve(A, B, dims=None):
    """Return X with ``tensordot(A, X, X.ndim) = B``; the dimensions ``dims`` of A move to its end first."""
    if dims is not None:
        moved = [wrap_dim(d, A.dim()) for d in dims]
        A = A.permute([d for d in range(A.dim()) if d not in moved] + moved)
    shape = A.shape[B.dim() :]
    rows, cols = B.numel(), math.prod(shape)
    if rows != cols:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            f"prod(self.shape[:other.ndim]), but got {cols} != {rows}"
        )
    return solve(A.reshape(rows, cols), B.reshape(-1)).reshape(shape)
