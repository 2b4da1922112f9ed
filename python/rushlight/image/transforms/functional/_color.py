"""Changes of colours."""

from collections.abc import Sequence

import numpy as np

from rushlight import _C
from rushlight.image.transforms.functional._dispatch import dispatched
from rushlight.image.transforms.functional._on_pixels import enhanced, on_pixels
from rushlight.image.transforms.functional._pixels import NATIVE, is_pil, pixels
from rushlight.image.transforms.functional._tone import check_factor

__all__ = [
    "adjust_contrast",
    "adjust_hue",
    "adjust_saturation",
    "grayscale_to_rgb",
    "permute_channels",
    "rgb_to_grayscale",
    "to_grayscale",
]

augment = _C.image.augment


@dispatched
def rgb_to_grayscale(inpt, num_output_channels: int = 1):
    """Return the luma ``0.2989 r + 0.587 g + 0.114 b`` (PIL images: Pillow's), as one channel or three equal ones.

    >>> rgb_to_grayscale(np.array([[[255, 0, 0]]], np.uint8))
    array([[[76]]], dtype=uint8)
    """
    if num_output_channels not in (1, 3):
        raise ValueError(f"num_output_channels must be 1 or 3, got {num_output_channels}.")
    if is_pil(inpt):
        gray = inpt.convert("L")
        return gray if num_output_channels == 1 else gray.convert("RGB")
    found = pixels(inpt)
    if found.channels == 1:
        return found.give(np.repeat(found.array, num_output_channels, -3 if found.planar else -1))
    if found.channels != 3:
        raise ValueError(f"grayscale needs an image of 1 or 3 channels, got {found.channels}")
    return found.through(augment.gray, num_output_channels, integers=True)


to_grayscale = rgb_to_grayscale


@dispatched
def grayscale_to_rgb(inpt):
    """Return an image of one channel as one of three; images with more are returned as they are."""
    if is_pil(inpt):
        return inpt.convert("RGB")
    return inpt if pixels(inpt).channels >= 3 else rgb_to_grayscale(inpt, 3)


@dispatched
@on_pixels(enhanced("Contrast"), channels=(1, 3))
def adjust_contrast(inpt, contrast_factor: float):
    """Blend with the mean luma of each image: 0 is a grey image, 1 the image itself.

    >>> adjust_contrast(np.array([[100, 200]], np.uint8), 0.5)
    array([[125, 175]], dtype=uint8)
    """
    return inpt.through(augment.contrast, check_factor("contrast_factor", contrast_factor))


@dispatched
@on_pixels(enhanced("Color"), channels=(1, 3))
def adjust_saturation(inpt, saturation_factor: float):
    """Blend with the grey image: 0 is grey, 1 the image itself. Images of one channel stay as they are."""
    factor = check_factor("saturation_factor", saturation_factor)
    return inpt.give(inpt.array) if inpt.channels == 1 else inpt.through(augment.saturation, factor)


def check_hue(hue_factor: float) -> float:
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    return float(hue_factor)


def pil_hue(image, hue_factor: float):
    """Turn the hue in Pillow's 8-bit HSV."""
    check_hue(hue_factor)
    if image.mode in ("L", "1", "I", "F"):
        return image
    hue, *rest = image.convert("HSV").split()
    shift = int(hue_factor * 255)
    hue = hue.point([(v + shift) % 256 for v in range(256)])
    from PIL import Image

    return Image.merge("HSV", (hue, *rest)).convert(image.mode)


@dispatched
@on_pixels(pil_hue, channels=(1, 3))
def adjust_hue(inpt, hue_factor: float):
    """Turn the hue by ``hue_factor`` of the whole circle, in [-0.5, 0.5]. Images of one channel stay as they are."""
    turn = check_hue(hue_factor)
    return inpt.give(inpt.array) if inpt.channels == 1 else inpt.through(augment.turn_hue, turn)


@dispatched
@on_pixels()
def permute_channels(inpt, permutation: Sequence[int]):
    """Return an image whose channel ``i`` is channel ``permutation[i]`` of the given one.

    >>> permute_channels(np.array([[[1, 2, 3]]], np.uint8), [2, 0, 1])
    array([[[3, 1, 2]]], dtype=uint8)
    """
    if len(permutation) != inpt.channels:
        raise ValueError(
            f"Length of permutation does not match number of channels: {len(permutation)} != {inpt.channels}"
        )
    order = [int(c) % inpt.channels for c in permutation]
    if inpt.array.dtype in NATIVE:
        return inpt.through(augment.permute, order)
    return inpt.give(inpt.array.take(order, -3 if inpt.planar else -1))
