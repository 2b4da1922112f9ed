"""Distances and similarities of vectors."""

from rushlight import _C
from rushlight._ops.products import pdist
from rushlight._ops.reduce import vector_norm
from rushlight._ops.shape import broadcast_tensors

__all__ = ["cosine_similarity", "pairwise_distance", "pdist"]


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """Return ``x1 . x2 / (max(|x1|, eps) max(|x2|, eps))`` along ``dim``."""
    dtype = _C.promote_types(x1.dtype, x2.dtype)
    if not dtype.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {dtype}")
    x1, x2 = broadcast_tensors(x1.to(dtype), x2.to(dtype))
    return (x1 / length(x1, dim, eps) * (x2 / length(x2, dim, eps))).sum(dim)


def length(x, dim, eps):
    """Return the 2-norm along ``dim``, at least eps; the gradient is that of the norm."""
    norm = vector_norm(x, 2, [dim], True).clone()
    norm.detach().clamp_(min=eps)
    return norm


def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """Return the p-norm of ``x1 - x2 + eps`` over the last dimension."""
    return vector_norm(x1 - x2 + eps, p, [-1], keepdim)
