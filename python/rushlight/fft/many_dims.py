"""Transforms along several dimensions: one along each, in turn."""

from rushlight import _C
from rushlight._ops.dimensions import require_ints
from rushlight._ops.registry import accept_keywords
from rushlight._ops.type_names import type_name

from .signals import check_length, complex_signal, fitted, real_signal, scaling, wrap_signal_dim


def dims_and_lengths(input, s, dim):
    """Return the dims, counted from the front, and the length in each; -1 in ``s`` keeps a length."""
    for name, given in (("s", s), ("dim", dim)):
        require_ints(name, given)
    sizes = None if s is None else [s] if isinstance(s, int) else list(s)
    if dim is not None:
        dims = [wrap_signal_dim(d, input.dim()) for d in ([dim] if isinstance(dim, int) else dim)]
        if len(set(dims)) != len(dims):
            raise RuntimeError("FFT dims must be unique")
        if sizes is not None and len(sizes) != len(dims):
            raise RuntimeError("When given, dim and shape arguments must have the same length")
    elif sizes is not None:
        if len(sizes) > input.dim():
            raise RuntimeError(
                f"Got shape with {len(sizes)} values but input tensor only has {input.dim()} dimensions."
            )
        dims = list(range(input.dim() - len(sizes), input.dim()))
    else:
        dims = list(range(input.dim()))
    sizes = [-1] * len(dims) if sizes is None else sizes
    lengths = [input.size(d) if n == -1 else n for d, n in zip(dims, sizes, strict=True)]
    return dims, lengths, sizes


def checked_lengths(lengths):
    """Return the lengths after :func:`check_length`."""
    for n in lengths:
        check_length(n)
    return lengths


@accept_keywords
def fftn(input, s=None, dim=None, norm=None):
    """Return the transforms along the dims ``dim``, by default all, or the last ``len(s)``."""
    return complex_transforms(input, s, dim, norm, True)


@accept_keywords
def ifftn(input, s=None, dim=None, norm=None):
    """Return the inverse of :func:`fftn`."""
    return complex_transforms(input, s, dim, norm, False)


def complex_transforms(input, s, dim, norm, forward):
    """Return the transforms of a complex signal."""
    dims, lengths, _ = dims_and_lengths(input, s, dim)
    signal = fitted(complex_signal(input), dict(zip(dims, checked_lengths(lengths), strict=True)))
    return _C.fft_c2c(signal, dims, scaling(norm, forward), forward) if dims else signal.clone()


@accept_keywords
def rfftn(input, s=None, dim=None, norm=None):
    """Return :func:`fftn` of a real signal, of the last dim only the first ``n // 2 + 1`` coefficients."""
    dims, signal = real_signals("rfftn", input, s, dim, "expects a real-valued input tensor")
    return _C.fft_r2c(signal, dims, scaling(norm, True), True)


def real_signals(name, input, s, dim, message):
    """Return the dims and the real signal cut or padded to its lengths."""
    signal = real_signal(name, input, message)
    dims, lengths, _ = dims_and_lengths(signal, s, dim)
    require_dims(name, dims)
    return dims, fitted(signal, dict(zip(dims, checked_lengths(lengths), strict=True)))


def require_dims(name, dims):
    """Raise unless there is a dim to halve."""
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")


@accept_keywords
def irfftn(input, s=None, dim=None, norm=None):
    """Return the real signal whose :func:`rfftn` is the input."""
    dims, length, signal = half_signals("irfftn", input, s, dim)
    return _C.fft_c2r(signal, dims, scaling(norm, False), length)


def half_signals(name, input, s, dim):
    """Return the dims, the whole length of the last one, and the complex signal that holds half of it."""
    dims, lengths, sizes = dims_and_lengths(input, s, dim)
    require_dims(name, dims)
    last = 2 * (input.size(dims[-1]) - 1) if sizes[-1] == -1 else sizes[-1]
    lengths = [*checked_lengths(lengths[:-1]), last // 2 + 1]
    check_length(last)
    return dims, last, fitted(complex_signal(input), dict(zip(dims, lengths, strict=True)))


@accept_keywords
def hfftn(input, s=None, dim=None, norm=None):
    """Return the real :func:`fftn` of a signal that is Hermitian in the last dim, given by half of it."""
    dims, length, signal = half_signals("hfftn", input, s, dim)
    factor = scaling(norm, True)
    if len(dims) > 1:
        signal = _C.fft_c2c(signal, dims[:-1], factor, True)
    return _C.fft_c2r(signal.conj(), dims[-1:], factor, length)


@accept_keywords
def ihfftn(input, s=None, dim=None, norm=None):
    """Return the inverse of :func:`hfftn`: :func:`ifftn` of a real signal, half of the last dim."""
    if input.is_complex():
        raise TypeError(f"Only supports floating-point dtypes, but found: {type_name(input.dtype)}")
    dims, signal = real_signals("ihfftn", input, s, dim, "expects a real-valued input tensor")
    factor = scaling(norm, False)
    half = _C.fft_r2c(signal, dims[-1:], factor, True).conj()
    return _C.fft_c2c(half, dims[:-1], factor, False) if len(dims) > 1 else half


@accept_keywords
def fft2(input, s=None, dim=(-2, -1), norm=None):
    """Return :func:`fftn` along two dims."""
    return fftn(input, s, dim, norm)


@accept_keywords
def ifft2(input, s=None, dim=(-2, -1), norm=None):
    """Return :func:`ifftn` along two dims."""
    return ifftn(input, s, dim, norm)


@accept_keywords
def rfft2(input, s=None, dim=(-2, -1), norm=None):
    """Return :func:`rfftn` along two dims."""
    return rfftn(input, s, dim, norm)


@accept_keywords
def irfft2(input, s=None, dim=(-2, -1), norm=None):
    """Return :func:`irfftn` along two dims."""
    return irfftn(input, s, dim, norm)


@accept_keywords
def hfft2(input, s=None, dim=(-2, -1), norm=None):
    """Return :func:`hfftn` along two dims."""
    return hfftn(input, s, dim, norm)


@accept_keywords
def ihfft2(input, s=None, dim=(-2, -1), norm=None):
    """Return :func:`ihfftn` along two dims."""
    return ihfftn(input, s, dim, norm)
