"""The Moore-Penrose inverse."""

from rushlight import _C
from rushlight._ops.registry import accept_keywords
from rushlight._ops.type_names import type_name

from .operands import numerical_rank_tolerances, smallest_kept
from .spectra import eigh, svd


@accept_keywords
def pinv(A, rcond=None, hermitian=False, *, atol=None, rtol=None):
    """Return the pseudoinverse: singular values at or below ``max(atol, rtol * largest)`` count as zero.

    Its gradient is that of matrices of the same rank (Golub and Pereyra, 1973).

    >>> rl.linalg.pinv(rl.tensor([[2.0, 0.0], [0.0, 0.0]])).tolist()
    [[0.5, 0.0], [0.0, 0.0]]
    """
    if A.dim() < 2 or A.dtype not in (_C.float32, _C.float64, _C.complex64, _C.complex128):
        raise RuntimeError(
            f"linalg.pinv({type_name(A.dtype)}{{{list(A.shape)}}}): expected a tensor with 2 or more dimensions "
            "of float, double, cfloat or cdouble types"
        )
    if A.numel() == 0:
        return A.mT.clone()
    rtol = rcond if rtol is None else rtol
    tolerances = numerical_rank_tolerances("torch.linalg.pinv", A, atol, rtol)
    if A.requires_grad and _C.is_grad_enabled():
        return differentiable_inverse(A, hermitian, tolerances)
    return inverse_of(A, hermitian, tolerances)


def inverse_of(A, hermitian, tolerances):
    """Return ``V diag(1 / S) U^H`` over the singular values that are kept."""
    if hermitian:
        values, Q = eigh(A)
        kept = values.abs() > smallest_kept(values.abs(), *tolerances)
        return (Q * reciprocal(values, kept).unsqueeze(-2)) @ Q.mH
    U, S, Vh = svd(A, full_matrices=False)
    kept = S > smallest_kept(S, *tolerances)
    return (Vh.mH * reciprocal(S, kept).unsqueeze(-2)) @ U.mH


def reciprocal(values, kept):
    """Return ``1 / values`` where kept, else 0."""
    return _C.where(kept, 1 / _C.where(kept, values, 1), 0)


def differentiable_inverse(A, hermitian, tolerances):
    """Return the pseudoinverse with a gradient that exists at every rank, unlike that of the singular vectors."""
    from rushlight.autograd import Function

    class Pinv(Function):
        """``dP = -P dA P + P P^H dA^H (I - A P) + (I - P A) dA^H P^H P``."""

        @staticmethod
        def forward(ctx, A):
            P = inverse_of(A, hermitian, tolerances)
            ctx.save_for_backward(A, P)
            return P

        @staticmethod
        def backward(ctx, grad):
            A, P = ctx.saved_tensors
            Ph, grad_h = P.mH, grad.mH
            PhP, PPh = Ph @ P, P @ Ph
            towards_rows = PhP @ grad_h
            towards_columns = grad_h @ PPh
            inner = -(Ph @ grad @ Ph)
            return inner + towards_columns - A @ (P @ towards_columns) + towards_rows - (towards_rows @ P) @ A

    return Pinv.apply(A)
