"""Changes of each sample for itself, or by what its channel holds."""

import numpy as np

from rushlight import _C
from rushlight.image.transforms.functional._convert import converted, max_value
from rushlight.image.transforms.functional._dispatch import dispatched
from rushlight.image.transforms.functional._on_pixels import enhanced, image_ops, on_pixels

__all__ = ["adjust_brightness", "adjust_gamma", "autocontrast", "equalize", "invert", "posterize", "solarize"]

augment = _C.image.augment


def check_factor(name: str, factor: float) -> float:
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")
    return float(factor)


@dispatched
@on_pixels(enhanced("Brightness"), channels=(1, 3))
def adjust_brightness(inpt, brightness_factor: float):
    """Return ``image * brightness_factor``, clamped: 0 is black, 1 the image.

    >>> adjust_brightness(np.array([[10, 200]], np.uint8), 1.5)
    array([[ 15, 255]], dtype=uint8)
    """
    return inpt.through(augment.brightness, check_factor("brightness_factor", brightness_factor))


def check_gamma(gamma: float) -> float:
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    return float(gamma)


def pil_gamma(image, gamma: float, gain: float = 1):
    """Change the 8-bit levels of a PIL image by a table."""
    check_gamma(gamma)
    table = [int((255 + 1 - 1e-3) * gain * pow(v / 255.0, gamma)) for v in range(256)] * 3
    return image.convert("RGB").point(table).convert(image.mode)


@dispatched
@on_pixels(pil_gamma)
def adjust_gamma(inpt, gamma: float, gain: float = 1):
    """Return ``gain * image ** gamma`` of samples in [0, 1]; a gamma above 1 darkens shadows."""
    return inpt.through(augment.gamma, check_gamma(gamma), float(gain))


@dispatched
@on_pixels(image_ops("posterize"))
def posterize(inpt, bits: int):
    """Keep the ``bits`` highest bits of each sample; of floats as many levels.

    >>> posterize(np.array([[130, 200]], np.uint8), 1)
    array([[128, 128]], dtype=uint8)
    """
    if not isinstance(bits, int) or not 0 <= bits <= 8:
        raise TypeError(f"bits must be a positive integer in the range [0, 8], got {bits} instead.")
    array, dtype = inpt.array, inpt.array.dtype
    if dtype.kind == "f":
        levels = 1 << bits
        return inpt.give(np.floor(array * dtype.type(levels)).clip(0, levels - 1) * dtype.type(1.0 / levels))
    total = 8 * dtype.itemsize - (dtype.kind == "i")
    return inpt.give(array & (((1 << bits) - 1) << (total - bits)) if bits < total else array)


@dispatched
@on_pixels(image_ops("solarize"))
def solarize(inpt, threshold: float):
    """Invert the samples from ``threshold`` on.

    >>> solarize(np.array([[10, 200]], np.uint8), 128)
    array([[10, 55]], dtype=uint8)
    """
    array = inpt.array
    if threshold > max_value(array.dtype):
        raise TypeError(f"Threshold should be less or equal the maximum value of the dtype, but got {threshold}")
    if array.dtype.kind in "iu" and array.dtype != np.uint8:
        return inpt.give(np.where(array >= threshold, inverted(array), array))
    return inpt.through(augment.solarize, float(threshold))


@dispatched
@on_pixels(image_ops("invert"))
def invert(inpt):
    """Return the negative: white minus each sample.

    >>> invert(np.array([[0, 200]], np.uint8))
    array([[255,  55]], dtype=uint8)
    """
    return inpt.give(inverted(inpt.array))


def inverted(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return np.invert(array)
    return array.dtype.type(max_value(array.dtype)) - array


@dispatched
@on_pixels(image_ops("autocontrast"), channels=(1, 3))
def autocontrast(inpt):
    """Stretch each channel so that its darkest sample becomes black and its lightest white.

    >>> autocontrast(np.array([[10, 95, 180]], np.uint8))
    array([[  0, 127, 255]], dtype=uint8)
    """
    return inpt.through(augment.autocontrast)


@dispatched
@on_pixels(image_ops("equalize"))
def equalize(inpt):
    """Spread the values of each channel evenly over the range; floats by way of 8 bits."""
    bytes_ = np.ascontiguousarray(converted(inpt.array, np.dtype(np.uint8), True))
    return inpt.give(converted(augment.equalize(bytes_, inpt.planar), inpt.array.dtype, True))
