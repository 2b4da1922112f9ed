"""Window functions for spectral analysis: ``periodic`` windows are one longer, with the last element cut off."""

import math

from rushlight import _C

from .creation import made
from .registry import op


def windowed(shape):
    """Return a window factory from a function of the window's positions and its length minus one."""

    def factory(
        window_length,
        periodic=True,
        *parameters,
        dtype=None,
        layout=None,
        device=None,
        pin_memory=False,
        requires_grad=False,
        **named,
    ):
        dtype = _C.get_default_dtype() if dtype is None else dtype
        check_length(factory.__name__, window_length, dtype)
        if window_length <= 1:
            return made(_C.full((window_length,), 1, dtype=dtype, device=device), requires_grad)
        span = window_length if periodic else window_length - 1
        position = _C.arange(window_length, device=device).to(dtype)
        return made(shape(position, span, *parameters, **named), requires_grad)

    factory.__doc__ = f"Return a window of ``window_length`` numbers: {shape.__doc__[0].lower()}{shape.__doc__[1:]}"
    return factory


def check_length(name, window_length, dtype):
    """Raise unless the dtype is a floating one and the length not negative."""
    if not dtype.is_floating_point:
        raise RuntimeError(f"{name} expects floating point dtypes, got: {dtype}")
    if window_length < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={window_length}")


def bartlett(n, span):
    """A triangle: ``1 - |2 n / span - 1|``."""
    rising = n * (2 / span)
    return _C.where(n <= span // 2, rising, 2 - rising)


def hamming(n, span, alpha=0.54, beta=0.46):
    """A raised cosine: ``alpha - beta cos(2 pi n / span)``."""
    return alpha - beta * _C.cos(n * (2 * math.pi / span))


def hann(n, span):
    """The raised cosine that ends in zeros."""
    return hamming(n, span, 0.5, 0.5)


def blackman(n, span):
    """``0.42 - 0.5 cos(2 pi n / span) + 0.08 cos(4 pi n / span)``."""
    n = n * (math.pi / span)
    # The sum in the order of PyTorch, whose bits it has.
    return 0.08 * _C.cos(n * 4) - 0.5 * _C.cos(n * 2) + 0.42


def kaiser(n, span, beta=12.0):
    """``I0(beta sqrt(1 - (2 n / span - 1)^2)) / I0(beta)``."""
    x = n * (2 * beta / span) - beta
    top = _C.i0(_C.sqrt(_C.clamp_min(beta * beta - x * x, 0)))
    return top / _C.i0(_C.full((), beta, dtype=n.dtype, device=n.device))


for window in (bartlett, hamming, hann, blackman, kaiser):
    op(windowed(window), name=f"{window.__name__}_window", method=False, out=True)
