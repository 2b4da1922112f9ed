"""Determinants."""

from rushlight import _C
from rushlight._ops import return_types
from rushlight._ops.registry import accept_keywords

from .operands import require_inexact, require_square


@accept_keywords(out="exact")
def det(A):
    """Return the determinants of square matrices: (*, n, n) to (*).

    >>> rl.linalg.det(rl.tensor([[3.0, 1.0], [1.0, 2.0]])).item()
    5.0
    """
    require_square("linalg.det", A)
    require_inexact("linalg.det", A)
    return _C.linalg_det(A)


@accept_keywords(out="exact")
def slogdet(A):
    """Return sign and ``log |det A|`` of square matrices, which neither overflow nor underflow.

    >>> rl.linalg.slogdet(-rl.eye(3)).sign.item()
    -1.0
    """
    require_square("linalg.slogdet", A)
    require_inexact("linalg.slogdet", A)
    return return_types.linalg_slogdet(_C.linalg_slogdet(A))
