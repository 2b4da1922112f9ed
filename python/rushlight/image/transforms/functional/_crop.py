"""Parts of an image. Crops of arrays and tensors are views of the same memory."""

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from rushlight.image.transforms.functional._dispatch import dispatched
from rushlight.image.transforms.functional._flip import horizontal_flip, vertical_flip
from rushlight.image.transforms.functional._meta import get_size
from rushlight.image.transforms.functional._pad import pad_samples
from rushlight.image.transforms.functional._pixels import is_pil, is_tensor, pixels

__all__ = ["center_crop", "crop", "erase", "five_crop", "ten_crop"]


@dispatched
def crop(inpt, top: int, left: int, height: int, width: int):
    """Return ``height`` rows and ``width`` columns from row ``top`` and column ``left`` on; beyond the image there are zeros.

    >>> crop(np.arange(12).reshape(3, 4), 1, 2, 1, 2)
    array([[6, 7]])
    """
    if height < 0 or width < 0:
        raise ValueError(f"height and width should not be negative, got {height} and {width}")
    if is_pil(inpt):
        return inpt.crop((left, top, left + width, top + height))
    bottom, right = top + height, left + width
    rows, columns = get_size(inpt)
    inside = left >= 0 and top >= 0 and right <= columns and bottom <= rows
    if inside and is_tensor(inpt):
        return inpt[..., top:bottom, left:right]
    found = pixels(inpt)
    part = found.window(max(top, 0), max(bottom, 0), max(left, 0), max(right, 0))
    if inside:
        return found.give(part)
    beyond = [
        (max(min(bottom, 0) - top, 0), max(bottom - max(rows, top), 0)),
        (max(min(right, 0) - left, 0), max(right - max(columns, left), 0)),
    ]
    return found.give(pad_samples(part, found.planar, beyond))


@dispatched
def center_crop(inpt, output_size: int | Sequence[int]):
    """Return the middle of an image, with zeros around it where it is smaller; half pixels round to even.

    >>> center_crop(np.arange(25).reshape(5, 5), 3)
    array([[ 6,  7,  8],
           [11, 12, 13],
           [16, 17, 18]])
    """
    height, width = square(output_size)
    rows, columns = get_size(inpt)
    top, left = middle(rows, height), middle(columns, width)
    return crop(inpt, top, left, height, width)


def middle(length: int, part: int) -> int:
    """Return where a part begins that lies in the middle; a larger part has the odd sample at its end."""
    return -((part - length) // 2) if part > length else round((length - part) / 2.0)


def square(size: int | Sequence[int]) -> tuple[int, int]:
    """Return height and width that an int or a sequence of one or two stand for."""
    if isinstance(size, numbers.Number):
        return int(size), int(size)
    if len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError("Please provide only two dimensions (h, w) for size.")
    return size[0], size[1]


@dispatched
def five_crop(inpt, size: int | Sequence[int]) -> tuple:
    """Return the four corners (top left, top right, bottom left, bottom right) and the centre."""
    height, width = square(size)
    rows, columns = get_size(inpt)
    if width > columns or height > rows:
        raise ValueError(f"Requested crop size {size} is bigger than input size {(rows, columns)}")
    corners = [(top, left) for top in (0, rows - height) for left in (0, columns - width)]
    return *(crop(inpt, top, left, height, width) for top, left in corners), center_crop(inpt, [height, width])


@dispatched
def ten_crop(inpt, size: int | Sequence[int], vertical_flip: bool = False) -> tuple:
    """Return ``five_crop`` of an image and of its mirror image."""
    return five_crop(inpt, size) + five_crop(mirrored(inpt, vertical_flip), size)


def mirrored(inpt, vertically: bool):
    return vertical_flip(inpt) if vertically else horizontal_flip(inpt)


@dispatched
def erase(inpt, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False):
    """Return an image whose rows ``i`` to ``i + h`` and columns ``j`` to ``j + w`` are ``v``.

    ``v`` is a number, or an array or tensor ``[C, h, w]`` or what broadcasts to it. PIL images are never changed in place.
    """
    found = pixels(inpt)
    value = v if isinstance(v, numbers.Number) else np.asarray(v)
    if not found.planar and np.ndim(value) > 2:
        value = np.moveaxis(value, -3, -1)
    in_place = inplace and not is_pil(inpt)
    target = found.array if in_place else found.array.copy()
    rows, columns = slice(i, i + h), slice(j, j + w)
    target[(..., rows, columns) if found.planar else (..., rows, columns, slice(None))] = value
    return inpt if in_place else found.give(target)
