"""Randomized singular value decompositions of rank q.

Source: Halko, Martinsson and Tropp, "Finding structure with randomness", 2011, algorithms 4.4 and 5.1.
"""

from rushlight import _C

from .factorizations import qr
from .spectra import svd

__all__ = ["pca_lowrank", "svd_lowrank"]


def orthonormal_range(A, q, niter, M):
    """Return Q (*, m, q) with orthonormal columns such that ``Q Q^H (A - M)`` is near ``A - M``."""

    def apply(x, adjoint=False):
        product = _C.matmul(A.mH if adjoint else A, x)
        return product if M is None else product - _C.matmul(M.mH if adjoint else M, x)

    Q = qr(apply(_C.randn(A.size(-1), q, dtype=A.dtype, device=A.device))).Q
    for _ in range(niter):
        Q = qr(apply(qr(apply(Q, adjoint=True)).Q)).Q
    return Q


def svd_lowrank(A, q=6, niter=2, M=None):
    """Return U (*, m, q), S (*, q) and V (*, n, q) such that ``U diag(S) V^H`` is near A (*, m, n), or ``A - M``.

    ``niter`` iterations bring the basis, which starts at random, near that of the q largest singular values.

    >>> A = rl.tensor([[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]])
    >>> [round(size, 3) for size in rl.svd_lowrank(A, q=2)[1].tolist()]
    [4.0, 3.0]
    """
    q, niter = 6 if q is None else q, 2 if niter is None else niter
    M = None if M is None else M.expand(A.shape)
    wide = A.size(-2) < A.size(-1)
    if wide:
        A, M = A.mH, None if M is None else M.mH
    Q = orthonormal_range(A, q, niter, M)
    B = _C.matmul(Q.mH, A)
    U, S, Vh = svd(B if M is None else B - _C.matmul(Q.mH, M), full_matrices=False)
    U, V = _C.matmul(Q, U), Vh.mH
    return (V, S, U) if wide else (U, S, V)


def pca_lowrank(A, q=None, center=True, niter=2):
    """Return U (*, m, q), S (*, q) and V (*, n, q) of the rows of A (*, m, n), their mean subtracted if ``center``.

    The columns of V are the principal directions, ``S^2 / (m - 1)`` the variances along them.

    >>> points = rl.tensor([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    >>> [round(size, 3) for size in rl.pca_lowrank(points, q=1)[1].tolist()]
    [3.162]
    """
    m, n = A.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not 0 <= q <= min(m, n):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(dim=-2, keepdim=True) if center else A, q, niter)
