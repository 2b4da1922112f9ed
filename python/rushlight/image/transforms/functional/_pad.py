"""Borders around an image."""

import numbers
from collections.abc import Sequence

import numpy as np

from rushlight import _C
from rushlight.image.transforms.functional._dispatch import dispatched
from rushlight.image.transforms.functional._pixels import NATIVE, Pixels, is_pil, is_tensor, samples

__all__ = ["pad"]

MODES = ("constant", "edge", "reflect", "symmetric")


@dispatched
def pad(
    inpt, padding: int | Sequence[int], fill: float | Sequence[float] | None = None, padding_mode: str = "constant"
):
    """Return an image with a border.

    Args:
        padding: one number for all sides, two for left/right and top/bottom, or left, top, right, bottom; negative ones crop.
        fill: the value of a constant border, or one for each channel.
        padding_mode: "constant", "edge" (the last sample again), "reflect" (without the last) or "symmetric" (with it).

    >>> pad(np.array([[1, 2]]), [1, 0], padding_mode="symmetric")
    array([[1, 1, 2, 2]])
    """
    left, top, right, bottom = sides(padding)
    if padding_mode not in MODES:
        raise ValueError(
            f"`padding_mode` should be either `'constant'`, `'edge'`, `'reflect'` or `'symmetric'`, but got `'{padding_mode}'`."
        )
    found = samples(inpt)
    values = fill_values(fill, found.channels)
    if padding_mode != "constant" and len(values) > 1 and not is_pil(inpt):
        raise ValueError(f"Padding mode '{padding_mode}' is not supported if fill is not scalar")
    if padding_mode != "constant":
        check_source(found, (top, bottom, left, right), padding_mode == "reflect" and is_tensor(inpt))
    rows, columns = found.size
    part = found.window(max(-top, 0), rows - max(-bottom, 0), max(-left, 0), columns - max(-right, 0))
    beyond = [(max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0))]
    if padding_mode != "constant" and part.dtype in NATIVE:
        (top, bottom), (left, right) = beyond
        part = np.ascontiguousarray(part)
        return found.give(_C.image.augment.pad(part, found.planar, (left, top, right, bottom), padding_mode))
    return found.give(pad_samples(part, found.planar, beyond, padding_mode, values))


def sides(padding: int | Sequence[int]) -> list[int]:
    """Return left, top, right, bottom of any way to write a padding."""
    if isinstance(padding, numbers.Integral):
        return [int(padding)] * 4
    if not isinstance(padding, (tuple, list)):
        raise TypeError(f"`padding` should be an integer or tuple or list of integers, but got {padding}")
    if len(padding) not in (1, 2, 4):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element tuple or list. Found {len(padding)}")
    return list(padding) * (4 // len(padding))


def fill_values(fill: float | Sequence[float] | None, channels: int) -> list[float]:
    """Return one fill value, or as many as there are channels."""
    if fill is None:
        return [0]
    if isinstance(fill, numbers.Number):
        return [fill]
    values = np.asarray(fill).reshape(-1).tolist()
    if len(values) not in (1, channels):
        raise ValueError(
            f"The number of elements in 'fill' cannot broadcast to match the number of channels of the image ({len(values)} != {channels})"
        )
    return values


def check_source(found: Pixels, border: tuple[int, int, int, int], once: bool) -> None:
    """Raise where there is nothing to repeat, or where a tensor's border is wider than one reflection (PyTorch's rule)."""
    top, bottom, left, right = border
    for length, before, after in ((found.size[0], top, bottom), (found.size[1], left, right)):
        widest = max(before, after)
        if widest > 0 and length == 0:
            raise ValueError(f"there is nothing to pad from in an image of size {found.size}")
        if once and widest > 0 and widest >= length:
            raise RuntimeError(
                f"Padding size should be less than the corresponding input dimension, but got: padding ({before}, {after}) at a dimension of {length}"
            )


def pad_samples(
    array: np.ndarray,
    planar: bool,
    beyond: list[tuple[int, int]],
    mode: str = "constant",
    values: Sequence[float] = (0,),
) -> np.ndarray:
    """Return samples with borders: ``beyond`` is top and bottom, left and right."""
    row = array.ndim - 2 if planar else array.ndim - 3
    if mode != "constant":
        for axis, (before, after) in zip((row, row + 1), beyond):
            array = np.take(array, border_indices(array.shape[axis], before, after, mode), axis)
        return array
    (top, bottom), (left, right) = beyond
    shape = list(array.shape)
    rows, columns = shape[row : row + 2]
    shape[row : row + 2] = rows + top + bottom, columns + left + right
    fill = np.asarray(values).astype(array.dtype)
    out = np.empty(shape, array.dtype)
    out[...] = fill.reshape(-1, 1, 1) if planar else fill
    inside = (slice(top, top + rows), slice(left, left + columns))
    out[(..., *inside) if planar else (..., *inside, slice(None))] = array
    return out


def border_indices(length: int, before: int, after: int, mode: str) -> np.ndarray:
    """Return which sample each position of a padded line repeats.

    >>> border_indices(3, 2, 2, "reflect").tolist()
    [2, 1, 0, 1, 2, 1, 0]
    """
    position = np.arange(-before, length + after)
    if mode == "edge" or length == 1:
        return position.clip(0, length - 1)
    period = 2 * length if mode == "symmetric" else 2 * length - 2
    position = position % period
    return np.minimum(position, (2 * length - 1 if mode == "symmetric" else period) - position)
