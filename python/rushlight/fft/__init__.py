"""The functions of ``torch.fft``: discrete Fourier transforms of real, complex and Hermitian signals.

``norm``: ``"backward"`` (default) divides the inverse by n, ``"forward"`` the forward transform, ``"ortho"`` both by
``sqrt(n)``. ``n`` and ``s`` cut the signal or pad it with zeros before the transform.
"""

from .frequencies import fftfreq, fftshift, ifftshift, rfftfreq
from .many_dims import (
    fft2,
    fftn,
    hfft2,
    hfftn,
    ifft2,
    ifftn,
    ihfft2,
    ihfftn,
    irfft2,
    irfftn,
    rfft2,
    rfftn,
)
from .one_dim import fft, hfft, ifft, ihfft, irfft, rfft

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "hfft2",
    "hfftn",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "ihfft2",
    "ihfftn",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]
