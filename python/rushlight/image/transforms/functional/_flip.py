"""Mirror images."""

import numpy as np

from rushlight import _C
from rushlight.image.transforms.functional._dispatch import dispatched
from rushlight.image.transforms.functional._pixels import Pixels, is_pil, pixels

__all__ = ["hflip", "horizontal_flip", "vertical_flip", "vflip"]


@dispatched
def horizontal_flip(inpt):
    """Exchange left and right.

    >>> horizontal_flip(np.array([[1, 2, 3]]))
    array([[3, 2, 1]])
    """
    if is_pil(inpt):
        return inpt.transpose(0)
    return flipped(pixels(inpt), False)


@dispatched
def vertical_flip(inpt):
    """Exchange top and bottom.

    >>> vertical_flip(np.array([[1], [2]]))
    array([[2],
           [1]])
    """
    if is_pil(inpt):
        return inpt.transpose(1)
    return flipped(pixels(inpt), True)


def flipped(found: Pixels, vertical: bool):
    """Return a mirror image; types of samples without a kernel go through NumPy."""
    if found.array.dtype in (np.uint8, np.float32):
        return found.through(_C.image.augment.flip_image, vertical)
    axis = (-2 if vertical else -1) - (not found.planar)
    return found.give(np.ascontiguousarray(np.flip(found.array, axis)))


hflip, vflip = horizontal_flip, vertical_flip
