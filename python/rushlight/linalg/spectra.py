"""Singular values, eigenvalues and their vectors."""

from rushlight import _C
from rushlight._ops import return_types
from rushlight._ops.autocasting import in_full_precision
from rushlight._ops.registry import accept_keywords

from .operands import require_inexact, require_matrix, require_square


def refuse_driver(driver):
    """Raise for the keyword that chooses among the routines of another device."""
    if driver is not None:
        raise RuntimeError(
            "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
        )


def decompose(A, full_matrices, vectors):
    """Return U, S, Vh; U and Vh are empty without ``vectors``."""
    require_matrix("linalg.svd", A)
    require_inexact("linalg.svd", A)
    return _C._linalg_svd(A, full_matrices, vectors)


def is_recorded(A):
    """Return whether gradients of what comes next will be wanted: they need the vectors."""
    return A.requires_grad and _C.is_grad_enabled()


@in_full_precision
@accept_keywords(out="exact")
def svd(A, full_matrices=True, *, driver=None):
    """Return U, S (descending) and Vh with ``A = U diag(S) Vh``.

    U is (*, m, m) and Vh (*, n, n), or with ``full_matrices=False`` (*, m, k) and (*, k, n), k = min(m, n).

    >>> rl.linalg.svd(rl.tensor([[0.0, 2.0], [3.0, 0.0]])).S.tolist()
    [3.0, 2.0]
    """
    refuse_driver(driver)
    return return_types.linalg_svd(decompose(A, full_matrices, True))


@in_full_precision
@accept_keywords(out="exact")
def svdvals(A, *, driver=None):
    """Return the singular values, descending: (*, min(m, n))."""
    refuse_driver(driver)
    return decompose(A, False, is_recorded(A))[1]


def decompose_hermitian(A, UPLO, vectors):
    """Return eigenvalues and eigenvectors; the latter are empty without ``vectors``."""
    require_square("linalg.eigh", A)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    require_inexact("linalg.eigh", A)
    return _C._linalg_eigh(A, UPLO.upper(), vectors)


@in_full_precision
@accept_keywords(out="exact")
def eigh(A, UPLO="L"):
    """Return the eigenvalues (ascending) and orthonormal eigenvectors of Hermitian matrices, of which one half is read.

    >>> rl.linalg.eigh(rl.tensor([[0.0, 1.0], [1.0, 0.0]])).eigenvalues.round(decimals=4).tolist()
    [-1.0, 1.0]
    """
    return return_types.linalg_eigh(decompose_hermitian(A, UPLO, True))


@in_full_precision
@accept_keywords(out="exact")
def eigvalsh(A, UPLO="L"):
    """Return the eigenvalues, ascending, of Hermitian matrices, of which one half is read."""
    return decompose_hermitian(A, UPLO, is_recorded(A))[0]


@in_full_precision
@accept_keywords
def eig(A):
    """Return the complex eigenvalues (in no order) and eigenvectors of length 1 of square matrices."""
    require_square("linalg.eig", A)
    require_inexact("linalg.eig", A)
    return return_types.linalg_eig(_C.linalg_eig(A))


@in_full_precision
@accept_keywords
def eigvals(A):
    """Return the complex eigenvalues, in no order, of square matrices."""
    require_square("linalg.eigvals", A)
    require_inexact("linalg.eigvals", A)
    return _C.linalg_eig(A)[0] if is_recorded(A) else _C._linalg_eigvals(A)
