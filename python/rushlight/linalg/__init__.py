"""The functions of ``torch.linalg``: every argument ``A`` is a matrix or a batch ``(*, m, n)`` of them.

The decompositions are native rows; the rest is composed of them and differentiates through them.
"""

from rushlight._C import LinAlgError

from .determinants import det, slogdet
from .factorizations import (
    cholesky,
    cholesky_ex,
    householder_product,
    lu,
    lu_factor,
    lu_factor_ex,
    qr,
)
from .indefinite import ldl_factor, ldl_factor_ex, ldl_solve
from .least_squares import lstsq
from .matrix_functions import matrix_exp, matrix_power, matrix_sqrth, polar
from .norms import cond, matrix_norm, matrix_rank, norm, vector_norm
from .products import cross, diagonal, matmul, multi_dot, vander, vecdot
from .pseudoinverse import pinv
from .spectra import eig, eigh, eigvals, eigvalsh, svd, svdvals
from .systems import inv, inv_ex, lu_solve, solve, solve_ex, solve_triangular, tensorinv, tensorsolve

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_sqrth",
    "multi_dot",
    "norm",
    "pinv",
    "polar",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
