"""Operations that keep the shape; the values at masked-out places are left open."""

from rushlight import _C

from .masking import filled, highest, lowest, one, reduced_dims, zero
from .reductions import norm


def one_dim(dim, input):
    """Return the dim counted from the front."""
    return reduced_dims(dim, max(input.dim(), 1))[0]


def cumsum(input, dim, *, dtype=None, mask=None):
    """Return the sums so far along ``dim`` of the elements where the mask is True.

    >>> rl.masked.cumsum(rl.tensor([1, 2, 4]), 0, mask=rl.tensor([True, False, True]))
    tensor([1, 1, 5])
    """
    dtype = input.dtype if dtype is None else dtype
    return _C.cumsum(filled(input, mask, zero), one_dim(dim, input), dtype=dtype)


def cumprod(input, dim, *, dtype=None, mask=None):
    """Return the products so far along ``dim`` of the elements where the mask is True.

    >>> rl.masked.cumprod(rl.tensor([3, 2, 4]), 0, mask=rl.tensor([True, False, True]))
    tensor([ 3,  3, 12])
    """
    dtype = input.dtype if dtype is None else dtype
    return _C.cumprod(filled(input, mask, one), one_dim(dim, input), dtype=dtype)


def softmax(input, dim, *, dtype=None, mask=None):
    """Return ``exp(x) / sum(exp(x))`` along ``dim`` over the elements where the mask is True, 0 elsewhere.

    >>> rl.masked.softmax(rl.tensor([1.0, 2.0, 1.0]), 0, mask=rl.tensor([True, False, True]))
    tensor([0.5000, 0.0000, 0.5000])
    """
    dtype = input.dtype if dtype is None else dtype
    return _C.softmax(filled(input, mask, lowest), one_dim(dim, input), dtype=dtype)


def log_softmax(input, dim, *, dtype=None, mask=None):
    """Return the logarithm of the masked softmax.

    >>> rl.masked.log_softmax(rl.tensor([1.0, 2.0, 1.0]), 0, mask=rl.tensor([True, False, True]))
    tensor([-0.6931,    -inf, -0.6931])
    """
    dtype = input.dtype if dtype is None else dtype
    return _C.log_softmax(filled(input, mask, lowest), one_dim(dim, input), dtype=dtype)


def softmin(input, dim, *, dtype=None, mask=None):
    """Return ``softmax(-x)`` along ``dim`` over the elements where the mask is True.

    >>> rl.masked.softmin(rl.tensor([1.0, -2.0, 1.0]), 0, mask=rl.tensor([True, False, True]))
    tensor([0.5000, 0.0000, 0.5000])
    """
    dtype = input.dtype if dtype is None else dtype
    return _C.softmax(-filled(input, mask, highest), one_dim(dim, input), dtype=dtype)


def normalize(input, ord, dim, *, eps=1e-12, dtype=None, mask=None):
    """Return ``x / max(norm(x), eps)`` along ``dim`` over the elements where the mask is True.

    >>> rl.masked.normalize(rl.tensor([3.0, 9.0, 4.0]), 2.0, 0, mask=rl.tensor([True, False, True]))
    tensor([0.6000, 0.0000, 0.8000])
    """
    length = norm(input, ord, dim, keepdim=True, dtype=dtype, mask=mask)
    return filled(input, mask, zero) / length.clamp(min=eps)


def logaddexp(input, other, *, dtype=None, input_mask=None, other_mask=None):
    """Return ``log(exp(x) + exp(y))``, where masked-out elements of either count as minus infinity.

    >>> kept = rl.tensor([True, False])
    >>> rl.masked.logaddexp(rl.zeros(2), rl.zeros(2), input_mask=kept, other_mask=kept)
    tensor([0.6931,   -inf])
    """
    both = _C.logaddexp(filled(input, input_mask, lowest), filled(other, other_mask, lowest))
    return both.to(input.dtype if dtype is None else dtype)
