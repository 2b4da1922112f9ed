"""Changes of each sample for itself, or by what its channel holds."""

import numpy as np

from rushlight import _C
from rushlight.image.transforms.functional._convert import VALUE_BITS, converted, max_value
from rushlight.image.transforms.functional._dispatch import dispatched
from rushlight.image.transforms.functional._pixels import Pixels, is_pil, pixels

__all__ = ["adjust_brightness", "adjust_gamma", "autocontrast", "equalize", "invert", "posterize", "solarize"]

augment = _C.image.augment


def check_channels(found: Pixels) -> None:
    """Raise unless there are one or three channels."""
    if found.channels not in (1, 3):
        raise TypeError(f"Input image tensor permitted channel values are 1 or 3, but found {found.channels}")


def check_factor(name: str, factor: float) -> float:
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")
    return float(factor)


@dispatched
def adjust_brightness(inpt, brightness_factor: float):
    """Return ``image * brightness_factor``, clamped: 0 is black, 1 the image.

    >>> adjust_brightness(np.array([[10, 200]], np.uint8), 1.5)
    array([[ 15, 255]], dtype=uint8)
    """
    factor = check_factor("brightness_factor", brightness_factor)
    if is_pil(inpt):
        from PIL import ImageEnhance

        return ImageEnhance.Brightness(inpt).enhance(factor)
    found = pixels(inpt)
    check_channels(found)
    return found.through(augment.brightness, factor)


@dispatched
def adjust_gamma(inpt, gamma: float, gain: float = 1):
    """Return ``gain * image ** gamma`` of samples in [0, 1]; a gamma above 1 darkens shadows."""
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    if is_pil(inpt):
        table = [int((255 + 1 - 1e-3) * gain * pow(v / 255.0, gamma)) for v in range(256)] * 3
        return inpt.convert("RGB").point(table).convert(inpt.mode)
    return pixels(inpt).through(augment.gamma, float(gamma), float(gain))


@dispatched
def posterize(inpt, bits: int):
    """Keep the ``bits`` highest bits of each sample; of floats as many levels.

    >>> posterize(np.array([[130, 200]], np.uint8), 1)
    array([[128, 128]], dtype=uint8)
    """
    if not isinstance(bits, int) or not 0 <= bits <= 8:
        raise TypeError(f"bits must be a positive integer in the range [0, 8], got {bits} instead.")
    if is_pil(inpt):
        from PIL import ImageOps

        return ImageOps.posterize(inpt, bits)
    found = pixels(inpt)
    array, dtype = found.array, found.array.dtype
    if dtype.kind == "f":
        levels = 1 << bits
        return found.give(np.floor(array * dtype.type(levels)).clip(0, levels - 1) * dtype.type(1.0 / levels))
    total = VALUE_BITS[dtype.name]
    return found.give(array & dtype.type(((1 << bits) - 1) << (total - bits)) if bits < total else array)


@dispatched
def solarize(inpt, threshold: float):
    """Invert the samples from ``threshold`` on.

    >>> solarize(np.array([[10, 200]], np.uint8), 128)
    array([[10, 55]], dtype=uint8)
    """
    if is_pil(inpt):
        from PIL import ImageOps

        return ImageOps.solarize(inpt, threshold)
    found = pixels(inpt)
    if threshold > max_value(found.array.dtype):
        raise TypeError(f"Threshold should be less or equal the maximum value of the dtype, but got {threshold}")
    if found.array.dtype.kind in "iu" and found.array.dtype != np.uint8:
        return found.give(np.where(found.array >= threshold, inverted(found.array), found.array))
    return found.through(augment.solarize, float(threshold))


@dispatched
def invert(inpt):
    """Return the negative: white minus each sample.

    >>> invert(np.array([[0, 200]], np.uint8))
    array([[255,  55]], dtype=uint8)
    """
    if is_pil(inpt):
        from PIL import ImageOps

        return ImageOps.invert(inpt)
    found = pixels(inpt)
    return found.give(inverted(found.array))


def inverted(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return np.invert(array)
    return array.dtype.type(max_value(array.dtype)) - array


@dispatched
def autocontrast(inpt):
    """Stretch each channel so that its darkest sample becomes black and its lightest white.

    >>> autocontrast(np.array([[100, 110, 120]], np.uint8))
    array([[  0, 127, 255]], dtype=uint8)
    """
    if is_pil(inpt):
        from PIL import ImageOps

        return ImageOps.autocontrast(inpt)
    found = pixels(inpt)
    check_channels(found)
    return found.through(augment.autocontrast)


@dispatched
def equalize(inpt):
    """Spread the values of each channel evenly over the range; floats by way of 8 bits."""
    if is_pil(inpt):
        from PIL import ImageOps

        return ImageOps.equalize(inpt)
    found = pixels(inpt)
    bytes_ = np.ascontiguousarray(converted(found.array, np.dtype(np.uint8), True))
    return found.give(converted(augment.equalize(bytes_, found.planar), found.array.dtype, True))
