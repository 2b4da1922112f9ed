"""Least squares."""

from rushlight import _C
from rushlight._ops import return_types
from rushlight._ops.autocasting import in_full_precision
from rushlight._ops.registry import accept_keywords
from rushlight._ops.type_names import type_name

from .operands import broadcast_batches, epsilon, require_inexact, smallest_kept
from .pseudoinverse import pinv
from .spectra import svdvals

DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


@in_full_precision
@accept_keywords
def lstsq(A, B, rcond=None, *, driver=None):
    """Return the X of least norm among those that minimise ``||A X - B||``, residuals, rank and singular values.

    A is (*, m, n), B (*, m, k) or (*, m). ``driver`` names the LAPACK routine whose results are returned: ``"gels"``
    takes full rank for granted; ``"gelsy"``, the default, adds the rank; ``"gelsd"`` and ``"gelss"`` the singular
    values too. Residuals are ``sum |A X - B|^2`` per column, empty unless m > n at full rank (never with ``"gelsy"``).

    >>> A, B = rl.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), rl.tensor([1.0, 2.0, 3.0])
    >>> rl.linalg.lstsq(A, B).solution.round(decimals=4).tolist()
    [1.0, 1.0]
    """
    driver = "gelsy" if driver is None else driver
    is_vector = check_operands(A, B, driver)
    B = B.unsqueeze(-1) if is_vector else B
    A, B = broadcast_batches(A, B)
    rcond = epsilon(A.dtype) * max(A.shape[-2:]) if rcond is None else rcond
    X = pinv(A, rtol=0.0 if driver == "gels" else rcond) @ B
    # Residuals carry a gradient even where there are none.
    nothing = X.abs().reshape(-1)[:0]
    rank, values = _C.empty((0,), dtype=_C.int64, device=A.device), nothing.detach()
    full_rank = True
    if driver != "gels":
        values = svdvals(A.detach())
        rank = (values > smallest_kept(values, 0.0, rcond)).sum(-1) if values.size(-1) else values.sum(-1).to(_C.int64)
        full_rank = A.device.type == "meta" or bool((rank == A.size(-1)).all())
    residuals = nothing
    if A.size(-2) > A.size(-1) and full_rank and driver != "gelsy":
        residuals = (A @ X - B).abs().square().sum(-2)
        residuals = residuals.squeeze(-1) if is_vector else residuals
    values = values if driver in ("gelsd", "gelss") else nothing.detach()
    return return_types.linalg_lstsq((X.squeeze(-1) if is_vector else X, residuals, rank, values))


def check_operands(A, B, driver):
    """Raise unless the operands fit; return whether B holds vectors."""
    name = "torch.linalg.lstsq"
    if A.dim() < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if B.dim() < 1:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    require_inexact("linalg.lstsq", A)
    if A.dtype != B.dtype:
        raise RuntimeError(
            f"{name}: Expected input and other to have the same dtype, but got input's dtype {type_name(A.dtype)} "
            f"and other's dtype {type_name(B.dtype)}"
        )
    if driver not in DRIVERS:
        raise RuntimeError(f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)")
    is_vector = A.dim() - 1 == B.dim() and A.shape[:-1] == B.shape
    if not is_vector and (B.dim() < 2 or A.size(-2) != B.size(-2)):
        raise RuntimeError(f"{name}: input.size(-2) should match other.size(-2)")
    return is_vector
