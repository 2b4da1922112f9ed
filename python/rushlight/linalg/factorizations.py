"""LU, Cholesky and QR factorizations."""

from rushlight import _C
from rushlight._ops import return_types
from rushlight._ops.autocasting import in_full_precision
from rushlight._ops.creation import eye
from rushlight._ops.registry import accept_keywords
from rushlight._ops.type_names import type_name

from .operands import first_failure, raise_for_info, require_inexact, require_matrix, require_square

NOT_POSITIVE_DEFINITE = (
    "The factorization could not be completed because the input is not positive-definite "
    "(the leading minor of order {} is not positive-definite)."
)


def factor_lu(name, A, pivot):
    """Return LU, pivots and the position (from 1) of the first zero on the diagonal of U, or 0."""
    if A.dim() < 2:
        raise RuntimeError(
            f"torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} instead"
        )
    if not (A.is_floating_point() or A.is_complex()) or A.dtype in (_C.float16, _C.bfloat16):
        raise NotImplementedError(f"\"lu_cpu\" not implemented for '{type_name(A.dtype)}'")
    if not pivot:
        raise RuntimeError(f"{name}: LU without pivoting is not implemented on the CPU")
    LU, pivots = _C.linalg_lu_factor(A)
    return LU, pivots, first_zero(LU.detach().diagonal(dim1=-2, dim2=-1))


def first_zero(diagonal):
    """Return the position, counted from 1, of the first zero along the last dim, or 0: int32."""
    zero = diagonal == 0
    if diagonal.size(-1) == 0:
        return zero.any(-1).to(_C.int32)
    return _C.where(zero.any(-1), zero.to(_C.int32).argmax(-1) + 1, 0).to(_C.int32)


@accept_keywords
def lu_factor(A, *, pivot=True):
    """Return the packed factors and the pivots of ``A = P L U``, for :func:`lu_solve`; singular matrices raise.

    >>> rl.linalg.lu_factor(rl.tensor([[0.0, 1.0], [2.0, 3.0]])).pivots.tolist()
    [2, 2]
    """
    LU, pivots, info = factor_lu("linalg.lu_factor", A, pivot)
    raise_for_zero_pivot("torch.linalg.lu_factor", info)
    return return_types.linalg_lu_factor((LU, pivots))


@accept_keywords
def lu_factor_ex(A, *, pivot=True, check_errors=False):
    """Return what :func:`lu_factor` does and, per matrix, the position of the first zero on U's diagonal or 0."""
    LU, pivots, info = factor_lu("linalg.lu_factor_ex", A, pivot)
    if check_errors:
        raise_for_zero_pivot("torch.linalg.lu_factor_ex", info)
    return return_types.linalg_lu_factor_ex((LU, pivots, info))


def raise_for_zero_pivot(name, info):
    """Raise for the first matrix whose U has a zero on the diagonal."""
    failure = first_failure(info)
    if failure is not None:
        batch, position = failure
        where = f"(Batch element {batch}): " if info.dim() else ""
        raise RuntimeError(
            f"{name}: {where}U[{position},{position}] is zero and using it on lu_solve would result in a division by "
            "zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or "
            "linalg.lu_factor_ex(A, pivot)"
        )


@accept_keywords(out="exact")
def lu(A, *, pivot=True):
    """Return the permutation P, unit lower triangular L and upper triangular U with ``A = P L U``.

    >>> P, L, U = rl.linalg.lu(rl.tensor([[0.0, 1.0], [2.0, 3.0]]))
    >>> (P @ L @ U).tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """
    LU, pivots, _ = factor_lu("linalg.lu_factor", A, pivot)
    return return_types.linalg_lu(unpack_lu(LU, pivots))


def unpack_lu(LU, pivots, unpack_data=True, unpack_pivots=True):
    """Return P, L and U as tensors; what is not asked for is empty."""
    rows, cols = LU.shape[-2:]
    inner = min(rows, cols)
    L = U = _C.empty((0,), dtype=LU.dtype, device=LU.device)
    P = L
    if unpack_data:
        identity = eye(rows, inner, dtype=LU.dtype, device=LU.device)
        L = LU[..., :, :inner].tril(-1) + identity
        U = LU[..., :inner, :].triu()
    if unpack_pivots:
        # Column i of P is the unit vector of the row that the exchanges brought to place i.
        order = permutation(pivots, rows)
        P = (order.unsqueeze(-2) == _C.arange(rows, device=LU.device).unsqueeze(-1)).to(LU.dtype)
    return P, L, U


def permutation(pivots, rows):
    """Return the order of the rows after the exchanges ``i <-> pivots[i] - 1``: (*, k) to (*, rows)."""
    order = _C.arange(rows, device=pivots.device).expand(*pivots.shape[:-1], rows).clone()
    for i in range(pivots.size(-1)):
        other = pivots[..., i : i + 1].to(_C.int64) - 1
        moved = order.gather(-1, other)
        order = order.scatter(-1, other, order[..., i : i + 1])
        order = _C.cat([order[..., :i], moved, order[..., i + 1 :]], -1)
    return order


@in_full_precision
@accept_keywords(out="exact")
def cholesky(A, *, upper=False):
    """Return the lower triangular L with ``A = L L^H``, or ``L^H`` if ``upper``; A must be positive definite.

    >>> rl.linalg.cholesky(rl.tensor([[4.0, 2.0], [2.0, 5.0]])).tolist()
    [[2.0, 0.0], [1.0, 2.0]]
    """
    L, info = factor_cholesky("linalg.cholesky", A, upper)
    raise_for_info("linalg.cholesky", info, NOT_POSITIVE_DEFINITE)
    return L


@in_full_precision
@accept_keywords
def cholesky_ex(A, *, upper=False, check_errors=False):
    """Return the Cholesky factor and, per matrix, the order of the first minor that is not positive definite or 0."""
    L, info = factor_cholesky("linalg.cholesky_ex", A, upper)
    if check_errors:
        raise_for_info("linalg.cholesky_ex", info, NOT_POSITIVE_DEFINITE)
    return return_types.linalg_cholesky_ex((L, info))


def factor_cholesky(name, A, upper):
    """Return the factor and the info of each matrix."""
    require_square(name, A)
    require_inexact(name, A)
    return _C.linalg_cholesky_ex(A, upper=upper)


@in_full_precision
@accept_keywords(out="exact")
def qr(A, mode="reduced"):
    """Return Q with orthonormal columns and upper triangular R with ``A = Q R``.

    ``mode="reduced"``: Q (*, m, k), R (*, k, n), k = min(m, n); ``"complete"``: Q (*, m, m), R (*, m, n);
    ``"r"``: Q is empty, and neither has a gradient.

    >>> Q, R = rl.linalg.qr(rl.tensor([[3.0], [4.0]]))
    >>> R.item()
    -5.0
    """
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    require_matrix("linalg.qr", A)
    require_inexact("linalg.qr", A)
    return return_types.linalg_qr(_C.linalg_qr(A, mode))


@in_full_precision
@accept_keywords
def householder_product(input, tau):
    """Return the first n columns of the product of reflectors ``I - tau_k v_k v_k^H``.

    ``v_k`` is column k of ``input`` (*, m, n) below its diagonal, with 1 on it; ``tau`` is (*, k), k <= n <= m.
    """
    name = "torch.linalg.householder_product"
    if input.dim() < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if input.size(-2) < input.size(-1):
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if tau.dim() != input.dim() - 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.dim()} "
            f"and input.ndim is equal to {input.dim()}"
        )
    if input.size(-1) < tau.size(-1):
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if tau.dtype != input.dtype:
        raise RuntimeError(
            f"{name}: tau dtype {type_name(tau.dtype)} does not match input dtype {type_name(input.dtype)}"
        )
    return _C.linalg_householder_product(input, tau)
