"""Transforms along one dimension."""

from rushlight import _C
from rushlight._ops.registry import accept_keywords

from .signals import check_length, complex_signal, fitted, real_signal, scaling, wrap_signal_dim


@accept_keywords
def fft(input, n=None, dim=-1, norm=None):
    """Return ``y[k] = sum_j x[j] exp(-2 pi i j k / n)``.

    >>> rl.fft.fft(rl.tensor([1.0, 0.0, 0.0, 0.0])).real.tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    return complex_transform(input, n, dim, norm, True)


@accept_keywords
def ifft(input, n=None, dim=-1, norm=None):
    """Return ``x[j] = 1/n sum_k y[k] exp(2 pi i j k / n)``, the inverse of :func:`fft`."""
    return complex_transform(input, n, dim, norm, False)


def complex_transform(input, n, dim, norm, forward):
    """Return the transform of a complex signal."""
    dim = wrap_signal_dim(dim, input.dim())
    input = complex_signal(input)
    n = input.size(dim) if n is None else n
    check_length(n)
    return _C.fft_c2c(fitted(input, {dim: n}), [dim], scaling(norm, forward), forward)


@accept_keywords
def rfft(input, n=None, dim=-1, norm=None):
    """Return the first ``n // 2 + 1`` coefficients of :func:`fft` of a real signal, which determine the others.

    >>> rl.fft.rfft(rl.tensor([1.0, 2.0, 3.0, 4.0])).tolist()
    [(10+0j), (-2+2j), (-2+0j)]
    """
    return half_transform("rfft", input, n, dim, norm, True)


@accept_keywords
def ihfft(input, n=None, dim=-1, norm=None):
    """Return the first ``n // 2 + 1`` coefficients of :func:`ifft` of a real signal, the inverse of :func:`hfft`."""
    return half_transform("ihfft", input, n, dim, norm, False).conj()


def half_transform(name, input, n, dim, norm, forward):
    """Return half the forward transform of a real signal, scaled as asked."""
    dim = wrap_signal_dim(dim, input.dim())
    input = real_signal(name, input)
    n = input.size(dim) if n is None else n
    check_length(n)
    return _C.fft_r2c(fitted(input, {dim: n}), [dim], scaling(norm, forward), True)


@accept_keywords
def irfft(input, n=None, dim=-1, norm=None):
    """Return the real signal of length ``n`` (by default ``2 (m - 1)``) whose :func:`rfft` is the input."""
    return real_transform(input, n, dim, norm, False)


@accept_keywords
def hfft(input, n=None, dim=-1, norm=None):
    """Return the real :func:`fft` of length ``n`` of a Hermitian signal given by its first half."""
    return real_transform(input, n, dim, norm, True)


def real_transform(input, n, dim, norm, forward):
    """Return the transform of a Hermitian signal given by its first half."""
    dim = wrap_signal_dim(dim, input.dim())
    input = complex_signal(input)
    n = 2 * (input.size(dim) - 1) if n is None else n
    check_length(n)
    input = fitted(input, {dim: n // 2 + 1})
    # The backward transform of the conjugate is the conjugate of the forward one, and both are real.
    return _C.fft_c2r(input.conj() if forward else input, [dim], scaling(norm, forward), n)
