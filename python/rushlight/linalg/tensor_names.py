"""Linear algebra under its older names: functions of the package and Tensor methods."""

from rushlight import _C
from rushlight._ops import return_types
from rushlight._ops.autocasting import in_full_precision
from rushlight._ops.creation import eye
from rushlight._ops.registry import accept_keywords
from rushlight._ops.type_names import type_name

from . import determinants, factorizations, matrix_functions, pseudoinverse, spectra, systems
from .operands import broadcast_batches, require_square

det = determinants.det
matrix_exp = matrix_functions.matrix_exp
matrix_power = matrix_functions.matrix_power


@accept_keywords(out="exact")
def slogdet(input):
    """Return sign and logarithm of the determinant, as :func:`rushlight.linalg.slogdet`."""
    return return_types.slogdet(determinants.slogdet(input))


@accept_keywords
def inverse(input):
    """Return the inverse, as :func:`rushlight.linalg.inv`."""
    return systems.inv(input)


@accept_keywords(out="exact")
def qr(input, some=True):
    """Return Q and R as :func:`rushlight.linalg.qr`, Q whole unless ``some``."""
    return return_types.qr(factorizations.qr(input, "reduced" if some else "complete"))


@accept_keywords
def logdet(input):
    """Return ``log det A``: NaN where the determinant of a real matrix is negative, -inf where it is 0."""
    sign, logabsdet = determinants.slogdet(input)
    if input.is_complex():
        return sign.log() + logabsdet
    return _C.where(sign < 0, float("nan"), logabsdet)


@in_full_precision
@accept_keywords
def pinverse(input, rcond=1e-15):
    """Return the pseudoinverse, singular values up to ``rcond`` times the largest counting as zero."""
    return pseudoinverse.pinv(input, rtol=rcond)


@accept_keywords(out="exact")
def cholesky(input, upper=False):
    """Return the lower Cholesky factor, or the upper one, as :func:`rushlight.linalg.cholesky`."""
    return factorizations.cholesky(input, upper=upper)


@in_full_precision
@accept_keywords
def cholesky_solve(input, L, upper=False):
    """Return X with ``A X = input``, A given by its Cholesky factor L."""
    require_square("cholesky_solve", L)
    L = L.mH if upper else L
    half = systems.solve_triangular(L, input, upper=False)
    return systems.solve_triangular(L.mH, half, upper=True)


@in_full_precision
@accept_keywords
def cholesky_inverse(L, upper=False):
    """Return the inverse of the matrix whose Cholesky factor is L."""
    require_square("cholesky_inverse", L)
    identity = eye(L.size(-1), dtype=L.dtype, device=L.device)
    return cholesky_solve(identity.expand(L.shape), L, upper)


@in_full_precision
@accept_keywords(out="exact")
def svd(input, some=True, compute_uv=True):
    """Return U, S and V (not its adjoint) with ``input = U diag(S) V^H``; zeros for U and V without ``compute_uv``."""
    if not compute_uv:
        rows, cols = input.shape[-2:]
        zeros = (input.new_zeros((*input.shape[:-2], n, n)) for n in (rows, cols))
        return return_types.svd((next(zeros), spectra.svdvals(input), next(zeros)))
    U, S, Vh = spectra.svd(input, full_matrices=not some)
    return return_types.svd((U, S, Vh.mH))


@accept_keywords(out="exact")
def lu(A, pivot=True, get_infos=False):
    """Return the packed LU factors and the pivots, with ``get_infos`` the infos too."""
    LU, pivots, info = factorizations.lu_factor_ex(A, pivot=pivot)
    return (LU, pivots, info) if get_infos else (LU, pivots)


@accept_keywords(out="exact")
def lu_solve(b, LU_data, LU_pivots):
    """Return X with ``A X = b`` from A's packed factors."""
    return systems.lu_solve(LU_data, LU_pivots, b)


@accept_keywords(out="exact")
def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True):
    """Return P, L and U of packed factors; what is not asked for is empty."""
    return return_types.lu_unpack(factorizations.unpack_lu(LU_data, LU_pivots, unpack_data, unpack_pivots))


@in_full_precision
@accept_keywords
def geqrf(input):
    """Return LAPACK's packed QR factorization: R with the reflectors below its diagonal, and tau."""
    return return_types.geqrf(_C.geqrf(input))


@in_full_precision
@accept_keywords
def orgqr(input, input2):
    """Return the product of reflectors, as :func:`rushlight.linalg.householder_product`."""
    return factorizations.householder_product(input, input2)


@in_full_precision
@accept_keywords(out="exact")
def ormqr(input, tau, other, left=True, transpose=False):
    """Return ``Q other`` or ``other Q`` for the whole Q of packed reflectors; ``transpose`` takes ``Q^H``."""
    check_reflectors(input, tau, other, left)
    rows, cols = input.shape[-2:]
    padded = _C.constant_pad(input, (0, rows - cols), 0) if cols < rows else input[..., :rows]
    Q = factorizations.householder_product(padded, tau[..., :rows])
    Q = Q.mH if transpose else Q
    return Q @ other if left else other @ Q


def check_reflectors(input, tau, other, left):
    """Raise unless ``other`` fits the reflectors in ``input``, one factor of ``tau`` each."""
    for name, matrix in (("input", input), ("other", other)):
        if matrix.dim() < 2:
            raise RuntimeError(f"torch.ormqr: {name} must have at least 2 dimensions.")
    side = -2 if left else -1
    if other.size(side) != input.size(-2):
        raise RuntimeError(f"torch.ormqr: other.shape[{side}] must be equal to input.shape[-2]")
    if tau.dim() != input.dim() - 1:
        raise RuntimeError(
            "torch.ormqr: Expected tau to have one dimension less than input, but got tau.ndim equal to "
            f"{tau.dim()} and input.ndim is equal to {input.dim()}"
        )
    if tau.size(-1) != min(other.size(side), input.size(-1)):
        raise RuntimeError(f"torch.ormqr: tau.shape[-1] must be equal to min(other.shape[{side}], input.shape[-1])")
    for name, batch in (("tau", tau.shape[:-1]), ("other", other.shape[:-2])):
        if batch != input.shape[:-2]:
            raise RuntimeError(
                f"torch.ormqr: Expected batch dimensions of {name} to be equal to input.shape[:-2], but got {list(batch)}"
            )
    for name, matrix in (("tau", tau), ("other", other)):
        if matrix.dtype != input.dtype:
            raise RuntimeError(
                f"torch.ormqr: Expected input and {name} to have the same dtype, but input has dtype "
                f"{type_name(input.dtype)} and {name} has dtype {type_name(matrix.dtype)}"
            )


@accept_keywords(out="exact")
def triangular_solve(b, A, upper=True, transpose=False, unitriangular=False):
    """Return X with ``A X = b`` (``A^T X = b``) for a triangular A, and a copy of A."""
    A, b = broadcast_batches(A, b)
    matrix, upper_side = (A.mT, not upper) if transpose else (A, upper)
    solution = systems.solve_triangular(matrix, b, upper=upper_side, unitriangular=unitriangular)
    return return_types.triangular_solve((solution, A.clone()))
