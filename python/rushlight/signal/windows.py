"""Windows for spectral analysis: symmetric ones, or with ``sym=False`` one period of periodic ones.

Source: Heinzel, Ruediger and Schilling, "Spectrum and spectral density estimation by the discrete Fourier transform", 2002.
"""

import functools
import inspect
import math
from collections.abc import Iterable

from rushlight import _C, strided
from rushlight._ops.creation import linspace, made

__all__ = [
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "general_cosine",
    "general_hamming",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
]

OPTIONS = {"sym": True, "dtype": None, "layout": strided, "device": None, "requires_grad": False}


class Line:
    """The positions of a window: ``M`` numbers at equal distances."""

    def __init__(self, M, sym, dtype, device, requires_grad):
        self.M, self.sym, self.dtype, self.device, self.requires_grad = M, sym, dtype, device, requires_grad

    def __call__(self, start, step):
        """Return ``start + step n`` for n from 0 to M - 1."""
        options = {"dtype": self.dtype, "device": self.device, "requires_grad": self.requires_grad}
        return linspace(start, start + (self.M - 1) * step, self.M, **options)

    @property
    def span(self):
        """The distance of the ends: M - 1, and M for a period; at least 1."""
        return max(self.M - 1 if self.sym else self.M, 1)

    def number(self, value):
        return _C.full((), value, dtype=self.dtype, device=self.device)


def window(formula):
    """Return the public window of a formula of its positions, a `Line`, and parameters given by name."""

    @functools.wraps(formula)
    def public(M, *, sym=True, dtype=None, layout=strided, device=None, requires_grad=False, **parameters):
        dtype = _C.get_default_dtype() if dtype is None else dtype
        check(formula.__name__, M, dtype, layout)
        return formula(Line(M, sym, dtype, device, requires_grad), **parameters)

    shape, *own = inspect.signature(formula).parameters.values()
    kind = inspect.Parameter.KEYWORD_ONLY
    options = [inspect.Parameter(name, kind, default=default) for name, default in OPTIONS.items()]
    public.__signature__ = inspect.Signature([shape.replace(name="M"), *own, *options])
    return public


def check(name, M, dtype, layout):
    """Raise ``ValueError`` unless the options are those of a window."""
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout is not strided:
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    if dtype not in (_C.float32, _C.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {dtype}")


@window
def exponential(line, *, center=None, tau=1.0):
    """Return ``exp(-|n - center| / tau)``; the centre of a symmetric window is the middle.

    >>> rl.signal.windows.exponential(3)
    tensor([0.3679, 1.0000, 0.3679])
    """
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if line.sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    if center is None:
        center = (line.span if line.M > 1 else line.M - 1) / 2
    return _C.exp(-line(-center / tau, 1 / tau).abs())


@window
def cosine(line):
    """Return ``sin(pi (n + 1/2) / M)``.

    >>> rl.signal.windows.cosine(3)
    tensor([0.5000, 1.0000, 0.5000])
    """
    step = math.pi / (line.span + 1 if line.M > 1 else 1)
    return _C.sin(line(step / 2, step))


@window
def gaussian(line, *, std=1.0):
    """Return ``exp(-(n - middle)^2 / (2 std^2))``.

    >>> rl.signal.windows.gaussian(3)
    tensor([0.6065, 1.0000, 0.6065])
    """
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    step = 1 / (std * math.sqrt(2))
    return _C.exp(-line(-(line.span if line.M > 1 else line.M - 1) / 2 * step, step).square())


@window
def kaiser(line, *, beta=12.0):
    """Return ``I0(beta sqrt(1 - x^2)) / I0(beta)`` for x from -1 to 1 (Kaiser and Schafer, 1980).

    >>> rl.signal.windows.kaiser(3, beta=1.0)
    tensor([0.7898, 1.0000, 0.7898])
    """
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    if line.M == 1:
        return line(1, 0)
    beta = line.number(beta)
    step = 2 * beta / line.span
    x = linspace(-beta, _C.minimum(beta, (line.M - 1) * step - beta), line.M, dtype=line.dtype, device=line.device)
    x = made(x, line.requires_grad)
    return _C.i0((beta * beta - x * x).sqrt()) / _C.i0(beta)


@window
def bartlett(line):
    """Return the triangle ``1 - |2 n / span - 1|``.

    >>> rl.signal.windows.bartlett(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return line(1, 0) if line.M == 1 else 1 - line(-1, 2 / line.span).abs()


@window
def general_cosine(line, *, a):
    """Return ``sum_i (-1)^i a_i cos(2 pi i n / span)``.

    >>> rl.signal.windows.general_cosine(5, a=[0.5, 0.5])
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return cosines(line, a)


@window
def general_hamming(line, *, alpha=0.54):
    """Return ``alpha - (1 - alpha) cos(2 pi n / span)``.

    >>> rl.signal.windows.general_hamming(3)
    tensor([0.0800, 1.0000, 0.0800])
    """
    return cosines(line, [alpha, 1 - alpha])


@window
def hamming(line):
    """Return ``0.54 - 0.46 cos(2 pi n / span)``.

    >>> rl.signal.windows.hamming(3)
    tensor([0.0800, 1.0000, 0.0800])
    """
    return cosines(line, [0.54, 0.46])


@window
def hann(line):
    """Return ``0.5 - 0.5 cos(2 pi n / span)``.

    >>> rl.signal.windows.hann(3)
    tensor([0., 1., 0.])
    """
    return cosines(line, [0.5, 0.5])


@window
def blackman(line):
    """Return ``0.42 - 0.5 cos(2 pi n / span) + 0.08 cos(4 pi n / span)``.

    >>> rl.signal.windows.blackman(5)[1:3]
    tensor([0.3400, 1.0000])
    """
    return cosines(line, [0.42, 0.5, 0.08])


@window
def nuttall(line):
    """Return the four-term window with the lowest side lobes (Nuttall, 1981).

    >>> rl.signal.windows.nuttall(5)[1:3]
    tensor([0.2270, 1.0000])
    """
    return cosines(line, [0.3635819, 0.4891775, 0.1365995, 0.0106411])


def cosines(line, a):
    """Return the sum of cosines with coefficients ``a`` of alternating sign."""
    if line.M <= 1:
        return line(1, 0)
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    a = list(a)
    if not a:
        raise ValueError("Coefficients cannot be empty")
    n = line(0, 2 * math.pi / line.span)
    signed = _C.tensor([(-1) ** i * w for i, w in enumerate(a)], dtype=line.dtype, device=line.device)
    order = _C.arange(len(a), device=line.device).to(line.dtype)
    return (signed.unsqueeze(-1) * _C.cos(order.unsqueeze(-1) * n)).sum(0)
