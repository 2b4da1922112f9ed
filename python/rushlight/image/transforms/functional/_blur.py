"""Softer and sharper images."""

import math
from collections.abc import Sequence

from rushlight import _C
from rushlight.image.transforms.functional._dispatch import dispatched
from rushlight.image.transforms.functional._pixels import is_pil, pixels
from rushlight.image.transforms.functional._tone import check_factor

__all__ = ["adjust_sharpness", "gaussian_blur"]

augment = _C.image.augment


@dispatched
def gaussian_blur(inpt, kernel_size: int | Sequence[int], sigma: float | Sequence[float] | None = None):
    """Convolve each channel with a Gaussian, the image reflected at its edges.

    Args:
        kernel_size: odd width (and height) of the kernel.
        sigma: standard deviation in x (and y); ``0.15 * kernel_size + 0.35`` by default.
    """
    sizes = kernel_sizes(kernel_size)
    sigmas = deviations(sigma, sizes)
    found = pixels(inpt)
    if found.array.size == 0:
        return found.give(found.array)
    for size, length in zip(sizes, found.size[::-1]):
        if size // 2 >= length:
            raise RuntimeError(
                f"Padding size should be less than the corresponding input dimension, but got: padding ({size // 2}, {size // 2}) at a dimension of {length}"
            )
    horizontal, vertical = (gaussian(size, deviation) for size, deviation in zip(sizes, sigmas))
    return found.through(augment.separable, horizontal, vertical, integers=True)


def kernel_sizes(kernel_size: int | Sequence[int]) -> list[int]:
    """Return width and height, checked."""
    sizes = [kernel_size, kernel_size] if isinstance(kernel_size, int) else list(kernel_size)
    if len(sizes) != 2:
        raise ValueError(f"If kernel_size is a sequence its length should be 2. Got {len(sizes)}")
    if any(size % 2 == 0 or size < 0 for size in sizes):
        raise ValueError(f"kernel_size should have odd and positive integers. Got {sizes}")
    return sizes


def deviations(sigma: float | Sequence[float] | None, sizes: list[int]) -> list[float]:
    """Return standard deviations in x and y, checked."""
    if sigma is None:
        return [size * 0.15 + 0.35 for size in sizes]
    if isinstance(sigma, (int, float)):
        sigma = [float(sigma)]
    elif not isinstance(sigma, (list, tuple)):
        raise TypeError(f"sigma should be either float or sequence of floats. Got {type(sigma)}")
    if len(sigma) not in (1, 2):
        raise ValueError(f"If sigma is a sequence, its length should be 2. Got {len(sigma)}")
    if any(s <= 0.0 for s in sigma):
        raise ValueError(f"sigma should have positive values. Got {sigma}")
    return list(sigma) * (2 // len(sigma))


def gaussian(size: int, sigma: float) -> list[float]:
    """Return the weights of a normalised Gaussian.

    >>> [round(w, 4) for w in gaussian(3, 1.0)]
    [0.2741, 0.4519, 0.2741]
    """
    weights = [math.exp(-0.5 * ((i - (size - 1) / 2) / sigma) ** 2) for i in range(size)]
    total = sum(weights)
    return [weight / total for weight in weights]


@dispatched
def adjust_sharpness(inpt, sharpness_factor: float):
    """Blend with a slight blur of the image: 0 is the blur, 1 the image itself, 2 twice as sharp. The edges stay."""
    factor = check_factor("sharpness_factor", sharpness_factor)
    if is_pil(inpt):
        from PIL import ImageEnhance

        return ImageEnhance.Sharpness(inpt).enhance(factor)
    found = pixels(inpt)
    if found.channels not in (1, 3):
        raise TypeError(f"Input image tensor can have 1 or 3 channels, but found {found.channels}")
    return found.through(augment.sharpness, factor)
