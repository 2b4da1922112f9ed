"""Linear algebra under its older names: functions of the package and Tensor methods."""

from rushlight import _C
from rushlight._ops import return_types
from rushlight._ops.creation import eye
from rushlight._ops.registry import op

from . import determinants, factorizations, matrix_functions, pseudoinverse, spectra, systems
from .operands import broadcast_batches, require_square

det = op(determinants.det)
slogdet = op(lambda input: return_types.slogdet(determinants.slogdet(input)), name="slogdet", out=True)
inverse = op(lambda input: systems.inv(input), name="inverse", out=True)
matrix_exp = op(matrix_functions.matrix_exp)
matrix_power = op(matrix_functions.matrix_power)


@op
def logdet(input):
    """Return ``log det A``: NaN where the determinant of a real matrix is negative, -inf where it is 0."""
    sign, logabsdet = determinants.slogdet(input)
    if input.is_complex():
        return sign.log() + logabsdet
    return _C.where(sign < 0, float("nan"), logabsdet)


@op
def pinverse(input, rcond=1e-15):
    """Return the pseudoinverse, singular values up to ``rcond`` times the largest counting as zero."""
    return pseudoinverse.pinv(input, rtol=rcond)


@op(out=True)
def cholesky(input, upper=False):
    """Return the lower Cholesky factor, or the upper one, as :func:`rushlight.linalg.cholesky`."""
    return factorizations.cholesky(input, upper=upper)


@op(out=True)
def cholesky_solve(input, L, upper=False):
    """Return X with ``A X = input``, A given by its Cholesky factor L."""
    require_square("cholesky_solve", L)
    L = L.mH if upper else L
    half = systems.solve_triangular(L, input, upper=False)
    return systems.solve_triangular(L.mH, half, upper=True)


@op(out=True)
def cholesky_inverse(L, upper=False):
    """Return the inverse of the matrix whose Cholesky factor is L."""
    require_square("cholesky_inverse", L)
    identity = eye(L.size(-1), dtype=L.dtype, device=L.device)
    return cholesky_solve(identity.expand(L.shape), L, upper)


@op(out=True)
def svd(input, some=True, compute_uv=True):
    """Return U, S and V (not its adjoint) with ``input = U diag(S) V^H``; zeros for U and V without ``compute_uv``."""
    if not compute_uv:
        rows, cols = input.shape[-2:]
        zeros = (input.new_zeros((*input.shape[:-2], n, n)) for n in (rows, cols))
        return return_types.svd((next(zeros), spectra.svdvals(input), next(zeros)))
    U, S, Vh = spectra.svd(input, full_matrices=not some)
    return return_types.svd((U, S, Vh.mH))


@op(method=False, name="lu")
def lu_function(A, pivot=True, get_infos=False, out=None):
    """Return the packed LU factors and the pivots, with ``get_infos`` the infos too."""
    LU, pivots, info = factorizations.lu_factor_ex(A, pivot=pivot)
    result = (LU, pivots, info) if get_infos else (LU, pivots)
    if out is None:
        return result
    return tuple(target.resize_(part.shape).copy_(part) for part, target in zip(result, out, strict=True))


@op(function=False, name="lu")
def lu_method(self, pivot=True, get_infos=False):
    """Return the packed LU factors and the pivots, with ``get_infos`` the infos too."""
    return lu_function(self, pivot, get_infos)


@op(out=True)
def lu_solve(b, LU_data, LU_pivots):
    """Return X with ``A X = b`` from A's packed factors."""
    return systems.lu_solve(LU_data, LU_pivots, b)


@op(method=False, out=True)
def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True):
    """Return P, L and U of packed factors; what is not asked for is empty."""
    return return_types.lu_unpack(factorizations.unpack_lu(LU_data, LU_pivots, unpack_data, unpack_pivots))


@op(out=True)
def geqrf(input):
    """Return LAPACK's packed QR factorization: R with the reflectors below its diagonal, and tau."""
    return return_types.geqrf(_C.geqrf(input))


@op(out=True)
def orgqr(input, input2):
    """Return the product of reflectors, as :func:`rushlight.linalg.householder_product`."""
    return factorizations.householder_product(input, input2)


@op(out=True)
def ormqr(input, tau, other, left=True, transpose=False):
    """Return ``Q other`` or ``other Q`` for the whole Q of packed reflectors; ``transpose`` takes ``Q^H``."""
    rows, cols = input.shape[-2:]
    padded = _C.constant_pad(input, (0, rows - cols), 0) if cols < rows else input[..., :rows]
    Q = factorizations.householder_product(padded, tau[..., :rows])
    Q = Q.mH if transpose else Q
    return Q @ other if left else other @ Q


@op(out=True)
def triangular_solve(b, A, upper=True, transpose=False, unitriangular=False):
    """Return X with ``A X = b`` (``A^T X = b``) for a triangular A, and a copy of A."""
    A, b = broadcast_batches(A, b)
    matrix, upper_side = (A.mT, not upper) if transpose else (A, upper)
    solution = systems.solve_triangular(matrix, b, upper=upper_side, unitriangular=unitriangular)
    return return_types.triangular_solve((solution, A.clone()))
