"""Powers, the exponential, the square root and the polar form of matrices."""

import math

from rushlight import _C
from rushlight._ops.autocasting import in_full_precision
from rushlight._ops.creation import eye
from rushlight._ops.registry import accept_keywords
from rushlight._ops.return_types import named_result

from .operands import require_inexact, require_square
from .spectra import eigh, svd
from .systems import inv, solve

polar_result = named_result("linalg_polar", "U", "H")

# Norms up to which the diagonal Pade approximant of this degree is accurate (Higham, "The scaling and squaring method
# for the matrix exponential revisited", 2005, table 2.3).
PADE_LIMIT = {"single": (7, 3.925724783138660), "double": (13, 5.371920351148152)}


@accept_keywords
def matrix_power(A, n):
    """Return ``A^n`` by repeated squaring; negative powers are those of the inverse, the power 0 is the identity.

    >>> rl.linalg.matrix_power(rl.tensor([[1, 1], [1, 0]]), 10)[0, 1].item()
    55
    """
    require_square("linalg.matrix_power", A)
    if not isinstance(n, int):
        raise TypeError(f"linalg.matrix_power(): argument 'n' (position 2) must be int, not {type(n).__name__}")
    if n == 0:
        return A.clone().copy_(eye(A.size(-1), dtype=A.dtype, device=A.device).expand(A.shape))
    A, n = (A, n) if n > 0 else (inv(A), -n)
    result = None
    while True:
        if n % 2:
            result = A if result is None else result @ A
        n //= 2
        if n == 0:
            return result.clone() if result is A else result
        A = A @ A


@accept_keywords
def matrix_exp(A):
    """Return the exponentials of square matrices, ``I + A + A^2 / 2! + ...``.

    >>> rl.linalg.matrix_exp(rl.zeros(2, 2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    require_inexact("linalg.matrix_exp", A, low_precision=True)
    require_square("linalg.matrix_exp", A)
    if A.numel() == 0:
        return A.clone()
    if A.dtype in (_C.float16, _C.bfloat16):
        return matrix_exp(A.to(_C.float32)).to(A.dtype)
    degree, limit = PADE_LIMIT["double" if A.dtype in (_C.float64, _C.complex128) else "single"]
    halvings = halvings_below(A.detach(), limit)
    result = pade(A * (0.5**halvings).to(A.dtype), degree)
    for step in range(int(halvings.max()) if A.device.type != "meta" else 0):
        result = _C.where(halvings > step, result @ result, result)
    return _C._label(result, "LinalgMatrixExpBackward0")


def halvings_below(A, limit):
    """Return how often each matrix must be halved for its 1-norm to fall under ``limit``: (*, 1, 1)."""
    norms = _C.amax(A.abs().sum(-2), [-1], False)
    finite = _C.where(_C.isfinite(norms), norms, 0.0)
    return (finite / limit).clamp(min=1).log2().ceil()[..., None, None]


def pade(A, degree):
    """Return ``(V - U)^-1 (V + U)``, with U and V the odd and even parts of the numerator's polynomial."""
    weights = [
        math.factorial(2 * degree - k)
        * math.factorial(degree)
        / (math.factorial(2 * degree) * math.factorial(k) * math.factorial(degree - k))
        for k in range(degree + 1)
    ]
    identity = eye(A.size(-1), dtype=A.dtype, device=A.device)
    square = A @ A
    odd, even = weights[degree] * identity, weights[degree - 1] * identity
    for k in range(degree - 2, 0, -2):
        odd = odd @ square + weights[k] * identity
        even = even @ square + weights[k - 1] * identity
    U, V = A @ odd, even
    return solve(V - U, (V + U).expand(A.shape))


@in_full_precision
@accept_keywords
def matrix_sqrth(A):
    """Return the positive definite square root of Hermitian positive definite matrices; the lower half is read.

    >>> rl.linalg.matrix_sqrth(rl.tensor([[4.0, 0.0], [0.0, 9.0]]))
    tensor([[2., 0.],
            [0., 3.]])
    """
    values, Q = eigh(A)
    return (Q * values.sqrt().unsqueeze(-2)) @ Q.mH


@accept_keywords(out="exact")
def polar(A):
    """Return U with orthonormal columns and positive semidefinite H with ``A = U H``; A needs m >= n."""
    rows, cols = A.shape[-2:]
    if rows < cols:
        raise RuntimeError(
            f"linalg.polar: input must have at least as many rows as columns, but got {rows} by {cols} matrices"
        )
    return polar_result(factor.to(A.dtype) for factor in polar_factors(A))


@in_full_precision
def polar_factors(A):
    """Return U and H, in float32 under autocast."""
    U, S, Vh = svd(A, full_matrices=False)
    return U @ Vh, (Vh.mH * S.unsqueeze(-2)) @ Vh
