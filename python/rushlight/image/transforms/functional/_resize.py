"""Another size: Pillow's antialiased resampling for 8-bit samples, PyTorch's ``interpolate`` without antialiasing."""

import warnings
from collections.abc import Sequence

import numpy as np

from rushlight import _C
from rushlight.image.transforms.functional._crop import crop
from rushlight.image.transforms.functional._dispatch import dispatched
from rushlight.image.transforms.functional._interpolation import PILLOW, InterpolationMode, interpolation_mode
from rushlight.image.transforms.functional._pixels import NATIVE, Pixels, from_float, is_pil, pixels

__all__ = ["resize", "resized_crop"]

augment = _C.image.augment
NEAREST = (InterpolationMode.NEAREST, InterpolationMode.NEAREST_EXACT)


@dispatched
def resize(
    inpt,
    size: int | Sequence[int] | None,
    interpolation: InterpolationMode | str | int = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
):
    """Return an image of another size.

    Args:
        size: the length of the shorter edge, or ``(height, width)``; None with ``max_size`` for the longer edge alone.
        interpolation: an ``InterpolationMode``, its name, or Pillow's constant. "nearest" is PyTorch's: the sample at
            ``floor(i * scale)``; "nearest-exact" and Pillow's take the one nearest to the centre.
        max_size: the most that the longer edge may have.
        antialias: whether the filter widens when an image shrinks; PIL images always have it.

    >>> resize(np.arange(16, dtype=np.uint8).reshape(4, 4), 2)
    array([[ 4,  5],
           [10, 11]], dtype=uint8)
    """
    found = None if is_pil(inpt) else pixels(inpt)
    rows, columns = (inpt.height, inpt.width) if found is None else found.size
    height, width = output_size((rows, columns), size, max_size)
    mode = interpolation_mode(interpolation)
    if (height, width) == (rows, columns):
        return inpt if found is None else found.give(found.array)
    if found is None:
        return pil_resize(inpt, (width, height), mode, antialias)
    return resampled(found, (0, 0, rows, columns), (height, width), mode, bool(antialias))


@dispatched
def resized_crop(
    inpt,
    top: int,
    left: int,
    height: int,
    width: int,
    size: int | Sequence[int],
    interpolation: InterpolationMode | str | int = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
):
    """Return ``resize(crop(inpt, top, left, height, width), size)``, without copying the crop.

    >>> resized_crop(np.arange(0, 64, 4, dtype=np.uint8).reshape(4, 4), 0, 0, 2, 4, (1, 2))
    array([[11, 17]], dtype=uint8)
    """
    if is_pil(inpt):
        return resize(crop(inpt, top, left, height, width), size, interpolation, antialias=antialias)
    found = pixels(inpt)
    rows, columns = found.size
    inside = top >= 0 and left >= 0 and top + height <= rows and left + width <= columns
    target = output_size((height, width), size, None)
    if not inside or target == (height, width):
        return resize(crop(inpt, top, left, height, width), size, interpolation, antialias=antialias)
    mode = interpolation_mode(interpolation)
    return resampled(found, (top, left, height, width), target, mode, bool(antialias))


def output_size(have: tuple[int, int], size: int | Sequence[int] | None, max_size: int | None) -> tuple[int, int]:
    """Return height and width by torchvision's rules; lengths are cut, not rounded.

    >>> output_size((480, 640), 256, None), output_size((480, 640), 256, 300), output_size((480, 640), None, 320)
    ((256, 341), (225, 300), (240, 320))
    """
    if isinstance(size, (list, tuple)) and len(size) not in (1, 2):
        raise ValueError(f"Size must be an int or a 1 or 2 element tuple/list, not a {len(size)} element tuple/list")
    if isinstance(size, (list, tuple)) and len(size) == 2:
        if max_size is not None:
            raise ValueError(
                "max_size should only be passed if size is None or specifies the length of the smaller edge, i.e. size should be an int or a sequence of length 1 in torchscript mode."
            )
        return positive(size[0], size[1])
    short, long = sorted(have)
    if short == 0:
        raise ValueError(f"an image of size {have} has no aspect ratio: pass size=(height, width)")
    if size is None:
        if not isinstance(max_size, int):
            raise ValueError(f"max_size must be an integer when size is None, but got {max_size} instead.")
        short, long = int(max_size * short / long), max_size
    else:
        short, long = edges(short, long, size, max_size)
    return positive(*((long, short) if have[1] <= have[0] else (short, long)))


def edges(short: int, long: int, asked: int | Sequence[int], max_size: int | None) -> tuple[int, int]:
    """Return the edges after the shorter one became the size asked for, the longer one at most ``max_size``."""
    size = asked if isinstance(asked, int) else asked[0]
    new_short, new_long = size, int(size * long / short)
    if max_size is not None:
        if max_size <= size:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested size for the smaller edge size = {asked}"
            )
        if new_long > max_size:
            return int(max_size * new_short / new_long), max_size
    return new_short, new_long


def positive(height: int, width: int) -> tuple[int, int]:
    if height <= 0 or width <= 0:
        raise ValueError(f"Input and output sizes should be greater than 0, but got output (H: {height}, W: {width})")
    return height, width


def pil_resize(image, size: tuple[int, int], mode: InterpolationMode, antialias: bool | None):
    """Return what Pillow makes of its own image."""
    if antialias is False:
        warnings.warn(
            "Anti-alias option is always applied for PIL Image input. Argument antialias is ignored.", stacklevel=3
        )
    return image.resize(size, PILLOW[mode])


def resampled(
    found: Pixels, window: tuple[int, int, int, int], size: tuple[int, int], mode: InterpolationMode, antialias: bool
):
    """Return the part ``window`` (top, left, height, width) of an image at another size."""
    top, left, height, width = window
    if found.array.size == 0:
        return found.give(np.empty(found.shape(found.channels, *size), found.array.dtype))
    if mode in NEAREST:
        return nearest(found, window, size, mode is InterpolationMode.NEAREST_EXACT)
    if antialias:
        return found.through(augment.resize, window, size, mode.value, integers=True)
    if mode not in (InterpolationMode.BILINEAR, InterpolationMode.BICUBIC):
        raise ValueError(f"InterpolationMode.{mode.name} requires antialias=True")
    part = Pixels(found.window(top, top + height, left, left + width), found.planar, found.give)
    return found.give(interpolated(part, size, mode.value))


def nearest(found: Pixels, window: tuple[int, int, int, int], size: tuple[int, int], centre: bool):
    """Return single samples; their places are computed in single precision, as PyTorch does."""
    if found.array.dtype in NATIVE:
        return found.through(augment.nearest, window, size, centre)
    top, left, height, width = window
    rows = top + nearest_indices(height, size[0], centre)
    columns = left + nearest_indices(width, size[1], centre)
    axis = found.array.ndim - (2 if found.planar else 3)
    return found.give(found.array.take(rows, axis).take(columns, axis + 1))


def nearest_indices(length: int, count: int, centre: bool) -> np.ndarray:
    scale = np.float32(length) / np.float32(count)
    position = np.arange(count, dtype=np.float32)
    index = np.floor((position + np.float32(0.5)) * scale if centre else position * scale)
    return np.minimum(index.astype(np.int64), length - 1)


def interpolated(part: Pixels, size: tuple[int, int], mode: str) -> np.ndarray:
    """Return samples by PyTorch's interpolation without antialiasing."""
    from rushlight.nn.functional import interpolate

    array = part.array if part.planar else np.moveaxis(part.array, -1, -3)
    height, width = array.shape[-2:]
    flat = np.ascontiguousarray(array, np.float32).reshape(-1, part.channels, height, width)
    result = interpolate(_C.from_numpy(flat), size=list(size), mode=mode, align_corners=False).numpy()
    result = result.reshape(*part.batch, part.channels, *size)
    return from_float(result if part.planar else np.ascontiguousarray(np.moveaxis(result, -3, -1)), part.array.dtype)
