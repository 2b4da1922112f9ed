"""LDL factorizations of symmetric and Hermitian matrices that need not be positive definite, and systems solved with them."""

from rushlight import _C
from rushlight._ops import return_types
from rushlight._ops.registry import accept_keywords

from .operands import (
    broadcast_batches,
    raise_for_info,
    require_compatible,
    require_inexact,
    require_square,
    type_name,
)


@accept_keywords
def ldl_factor(A, *, hermitian=False):
    """Return the packed factors and the pivots of ``A = L D L^T``, or ``L D L^H`` if ``hermitian``, for :func:`ldl_solve`.

    A is (*, n, n), float or complex; its lower triangle is read. D has blocks of one or two rows, and no gradient is
    defined. A zero block raises ``LinAlgError``. Bunch and Kaufman, "Some stable methods for calculating inertia and
    solving symmetric linear systems", 1977.

    >>> rl.linalg.ldl_factor(rl.tensor([[2.0, 0.0], [1.0, -1.0]])).LD.tolist()
    [[2.0, 0.0], [0.5, -1.5]]
    """
    LD, pivots, info = factor("torch.linalg.ldl_factor", A, hermitian)
    raise_for_zero_block("torch.linalg.ldl_factor", info)
    return return_types.linalg_ldl_factor((LD, pivots))


@accept_keywords
def ldl_factor_ex(A, *, hermitian=False, check_errors=False):
    """Return what :func:`ldl_factor` does and, per matrix, the position of the first zero block of D or 0."""
    LD, pivots, info = factor("torch.linalg.ldl_factor_ex", A, hermitian)
    if check_errors:
        raise_for_zero_block("torch.linalg.ldl_factor_ex", info)
    return return_types.linalg_ldl_factor_ex((LD, pivots, info))


def factor(name, A, hermitian):
    """Return the factors, the pivots and the info of each matrix."""
    require_square(name, A)
    require_inexact(name, A)
    return _C.linalg_ldl_factor_ex(A, hermitian=hermitian)


def raise_for_zero_block(name, info):
    """Raise ``LinAlgError`` for the first matrix whose D has a zero block."""
    raise_for_info(name, info, "The factorization could not be completed because D[{0},{0}] is zero.")


@accept_keywords(out="exact")
def ldl_solve(LD, pivots, B, *, hermitian=False):
    """Return X with ``A X = B``, A given by what :func:`ldl_factor` returned; B is (*, n, k).

    >>> factors = rl.linalg.ldl_factor(rl.tensor([[0.0, 1.0], [1.0, 0.0]]))
    >>> rl.linalg.ldl_solve(*factors, rl.tensor([[3.0], [5.0]])).tolist()
    [[5.0], [3.0]]
    """
    name = "torch.linalg.ldl_solve"
    require_square(name, LD)
    require_inexact(name, LD)
    if B.dim() < 2:
        raise RuntimeError(f"{name}: Expected B to have at least 2 dimensions, but it has {B.dim()} dimensions instead")
    require_compatible(name, LD, B, True)
    if pivots.shape != LD.shape[:-1]:
        raise RuntimeError(
            f"{name}: Expected LD.shape[:-1] and pivots.shape to be the same, "
            f"but got pivots with shape {list(pivots.shape)} instead"
        )
    if pivots.is_floating_point() or pivots.is_complex() or pivots.dtype == _C.bool:
        raise RuntimeError(f"{name}: Expected pivots to be integers. Got {type_name(pivots.dtype)}")
    if LD.dtype != B.dtype:
        raise RuntimeError(f"{name}: LD dtype{type_name(LD.dtype)} does not match b dtype {type_name(B.dtype)}")
    LD, B = broadcast_batches(LD, B)
    return _C.linalg_ldl_solve(LD, pivots.expand(*LD.shape[:-1]).to(_C.int32), B, hermitian=hermitian)
