"""Mirror images."""

import numpy as np

from rushlight.image.transforms.functional._dispatch import dispatched
from rushlight.image.transforms.functional._pixels import is_pil, pixels

__all__ = ["hflip", "horizontal_flip", "vertical_flip", "vflip"]


@dispatched
def horizontal_flip(inpt):
    """Exchange left and right.

    >>> horizontal_flip(np.array([[1, 2, 3]]))
    array([[3, 2, 1]])
    """
    if is_pil(inpt):
        return inpt.transpose(0)
    found = pixels(inpt)
    return found.give(np.ascontiguousarray(np.flip(found.array, -1 if found.planar else -2)))


@dispatched
def vertical_flip(inpt):
    """Exchange top and bottom.

    >>> vertical_flip(np.array([[1], [2]]))
    array([[2],
           [1]])
    """
    if is_pil(inpt):
        return inpt.transpose(1)
    found = pixels(inpt)
    return found.give(np.ascontiguousarray(np.flip(found.array, -2 if found.planar else -3)))


hflip, vflip = horizontal_flip, vertical_flip
