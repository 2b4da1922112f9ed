"""Norms, condition numbers and ranks."""

import math

from rushlight import _C
from rushlight._ops.autocasting import in_full_precision
from rushlight._ops.dimensions import wrap_dim
from rushlight._ops.reduce import vector_norm as vector_norm_of
from rushlight._ops.registry import accept_keywords

from .operands import (
    numerical_rank_tolerances,
    require_inexact,
    require_matrix,
    require_square,
    smallest_kept,
    type_name,
)
from .spectra import eigvalsh, svdvals

SPECTRAL = (2, -2, "nuc")
ENTRYWISE = (1, -1, math.inf, -math.inf)


@accept_keywords(out="exact")
def vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    """Return ``(sum |x|^ord)^(1 / ord)`` over all elements or along ``dim``.

    ``inf`` and ``-inf`` are the largest and smallest modulus, 0 counts nonzeros.

    >>> rl.linalg.vector_norm(rl.tensor([3.0, 4.0])).item()
    5.0
    """
    require_inexact("linalg.vector_norm", x, low_precision=True)
    check_norm_dtype("linalg.vector_norm", x, dtype)
    return vector_norm_of(x, ord, dim, keepdim, dtype=dtype)


def check_norm_dtype(name, x, dtype):
    """Raise unless ``x`` may be converted to ``dtype`` without losing digits or its imaginary part."""
    if dtype is None:
        return
    if not (dtype.is_floating_point or dtype.is_complex):
        raise RuntimeError(f"{name}: dtype should be floating point or complex, but got {type_name(dtype)}")
    if x.is_complex() != dtype.is_complex:
        kind = "complex" if x.is_complex() else "real"
        raise RuntimeError(f"{name}: dtype should be {kind} for {kind} inputs, but got {type_name(dtype)}")
    if _C.promote_types(x.dtype, dtype) != dtype:
        raise RuntimeError(
            f"{name}: the dtype of the input ({type_name(x.dtype)}) should be convertible without narrowing "
            f"to the specified dtype ({type_name(dtype)})"
        )


@accept_keywords(out="exact")
def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None):
    """Return a norm of the matrices in the two dimensions ``dim``.

    ``"fro"``: root of the sum of squares; ``"nuc"``: sum of singular values; 2, -2: largest, smallest singular value;
    1, -1: largest, smallest column sum of moduli; inf, -inf: the same of rows.

    >>> rl.linalg.matrix_norm(rl.tensor([[1.0, -2.0], [3.0, 4.0]]), 1).item()
    6.0
    """
    name = "linalg.matrix_norm"
    require_matrix(name, A)
    dims = matrix_dims(name, A, dim)
    require_inexact(name, A, low_precision=ord not in SPECTRAL)
    check_norm_dtype(name, A, dtype)
    if ord == "fro":
        return vector_norm_of(A, 2, dims, keepdim, dtype=dtype)
    A = A if dtype is None else A.to(dtype)
    if ord in SPECTRAL:
        return spectral_norm(A, ord, dims, keepdim)
    if ord in ENTRYWISE:
        return largest_sum(A, ord, dims, keepdim)
    raise RuntimeError(f"{name}: Order {ord} not supported.")


def matrix_dims(name, A, dim):
    """Return the two dims counted from the front."""
    if len(dim) != 2:
        raise RuntimeError(f"{name}: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    first, second = (wrap_dim(d, A.dim()) for d in dim)
    if first == second:
        raise RuntimeError(f"{name}: dims must be different. Got ({first}, {second})")
    return [first, second]


def spectral_norm(A, ord, dims, keepdim):
    """Return the norm that the singular values give."""
    others = [d for d in range(A.dim()) if d not in dims]
    S = svdvals(A.permute(others + dims))
    if ord == "nuc":
        result = S.sum(-1)
    elif S.size(-1) == 0 and ord == 2:
        result = S.sum(-1)
    else:
        result = _C.amax(S, [-1], False) if ord == 2 else _C.amin(S, [-1], False)
    for d in sorted(dims) if keepdim else ():
        result = result.unsqueeze(d)
    return result


def largest_sum(A, ord, dims, keepdim):
    """Return the largest (or for negative orders the smallest) sum of moduli of a column or a row."""
    rows, cols = dims
    summed, compared = (rows, cols) if abs(ord) == 1 else (cols, rows)
    sums = A.abs().sum(summed, keepdim=True)
    if ord > 0 and sums.size(compared) == 0:
        result = sums.sum(compared, keepdim=True)
    else:
        result = (_C.amax if ord > 0 else _C.amin)(sums, [compared], True)
    return result if keepdim else result.squeeze(max(dims)).squeeze(min(dims))


@accept_keywords(out="exact")
def norm(A, ord=None, dim=None, keepdim=False, *, dtype=None):
    """Return a vector or a matrix norm: of matrices if ``dim`` has two entries, or none is given and A is 2-D.

    Without ``ord`` it is the 2-norm of all elements in ``dim``.

    >>> rl.linalg.norm(rl.tensor([[3.0, 0.0], [0.0, 4.0]])).item()
    5.0
    """
    dims = [dim] if isinstance(dim, int) else dim
    if dims is not None and len(dims) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}")
    if dims is None and ord is not None and A.dim() not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A.dim()}D."
        )
    if ord is not None and (isinstance(ord, str) or (A.dim() == 2 if dims is None else len(dims) == 2)):
        return matrix_norm(A, ord, (-2, -1) if dims is None else dims, keepdim, dtype=dtype)
    return vector_norm(A, 2 if ord is None else ord, dims, keepdim, dtype=dtype)


@in_full_precision
@accept_keywords
def cond(A, p=None):
    """Return ``||A|| ||A^-1||`` in the norm ``p``: 2 (the default), -2, 1, -1, inf, -inf, "fro" or "nuc".

    >>> rl.linalg.cond(rl.tensor([[4.0, 0.0], [0.0, 1.0]])).item()
    4.0
    """
    if p not in (None, "fro", *SPECTRAL, *ENTRYWISE):
        raise ValueError(f"linalg.cond got an invalid norm type: {p}")
    require_matrix("linalg.cond", A)
    if p in (None, 2, -2):
        return ratio_of_singular_values(A, p)
    require_square(f"linalg.cond(ord={p})", A)
    require_inexact("linalg.cond", A)
    if A.numel() == 0:
        return A.new_zeros(A.shape[:-2]).abs()
    inverse, info = _C.linalg_inv_ex(A)
    result = matrix_norm(A, p) * matrix_norm(_C.where((info != 0)[..., None, None], 0, inverse), p)
    return _C.where(info != 0, math.inf, result)


def ratio_of_singular_values(A, p):
    """Return largest over smallest singular value, or the inverse for -2."""
    S = svdvals(A)
    if S.size(-1) == 0:
        return S.sum(-1)
    largest, smallest = S[..., 0], S[..., -1]
    return smallest / largest if p == -2 else largest / smallest


@in_full_precision
@accept_keywords
def matrix_rank(A, tol=None, hermitian=False, *, atol=None, rtol=None):
    """Return the number of singular values above ``max(atol, rtol * largest)``; ``tol`` is an absolute tolerance.

    >>> rl.linalg.matrix_rank(rl.ones(3, 3)).item()
    1
    """
    name = "torch.linalg.matrix_rank"
    require_matrix(name, A, "input")
    if tol is not None:
        atol, rtol = tol, 0.0
    atol, rtol = numerical_rank_tolerances(name, A, atol, rtol)
    A = A.detach()
    if A.numel() == 0:
        rank = _C.zeros(A.shape[:-2], dtype=_C.int64, device=A.device)
    else:
        S = eigvalsh(A).abs() if hermitian else svdvals(A)
        rank = (S > smallest_kept(S, atol, rtol)).sum(-1)
    return rank
