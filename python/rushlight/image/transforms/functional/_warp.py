"""Rotation, affine maps, perspective and elastic deformation."""

from collections.abc import Sequence

import numpy as np

from rushlight import _C
from rushlight.image.transforms.functional._dispatch import dispatched
from rushlight.image.transforms.functional._interpolation import PILLOW, InterpolationMode, interpolation_mode
from rushlight.image.transforms.functional._matrices import (
    affine_arguments,
    affine_matrix,
    expanded_size,
    perspective_coefficients,
)
from rushlight.image.transforms.functional._pad import fill_values
from rushlight.image.transforms.functional._pixels import Pixels, is_pil, is_tensor, pixels

__all__ = ["affine", "elastic", "elastic_transform", "perspective", "rotate"]

augment = _C.image.augment
NEAREST, BILINEAR = InterpolationMode.NEAREST, InterpolationMode.BILINEAR
Interpolation = InterpolationMode | str | int
Fill = float | Sequence[float] | None


@dispatched
def rotate(
    inpt,
    angle: float,
    interpolation: Interpolation = NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Fill = None,
):
    """Turn an image counterclockwise by ``angle`` degrees.

    Args:
        interpolation: nearest or bilinear (PIL images: also bicubic).
        expand: whether the result grows to hold all of the image, for a rotation about the middle.
        center: ``(x, y)`` from the upper left corner; the middle by default.
        fill: the value outside the image, or one for each channel; zeros by default.

    >>> rotate(np.array([[1, 2], [3, 4]], np.uint8), 90)
    array([[2, 4],
           [1, 3]], dtype=uint8)
    """
    mode = interpolation_mode(interpolation)
    if is_pil(inpt):
        return inpt.rotate(angle, PILLOW[mode], expand, center, fillcolor=pil_fill(inpt, fill))
    found = pixels(inpt)
    height, width = found.size
    angle = angle % 360
    turns = quarter_turns(angle, bool(expand) or height == width) if center is None else None
    if turns is not None:
        axes = (-2, -1) if found.planar else (-3, -2)
        return found.give(np.ascontiguousarray(np.rot90(found.array, turns, axes)))
    matrix = affine_matrix(centred(center, found), -angle, (0.0, 0.0), 1.0, (0.0, 0.0))
    size = expanded_size(matrix, width, height)[::-1] if expand else (height, width)
    return warped(found, size, matrix, mode, fill)


def quarter_turns(angle: float, any_size: bool) -> int | None:
    """Return how many quarter turns an angle is, None if it is not or the size would change."""
    turns = {0: 0, 180: 2, 90: 1, 270: 3}.get(angle)
    return turns if any_size or turns in (0, 2) else None


@dispatched
def affine(
    inpt,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: float | Sequence[float],
    interpolation: Interpolation = NEAREST,
    fill: Fill = None,
    center: Sequence[float] | None = None,
):
    """Shear, scale and turn (clockwise, in degrees) an image about ``center``, then move it by ``translate`` pixels ``(x, y)``.

    Args:
        shear: degrees in x, or in x and y.
        interpolation, fill, center: as of ``rotate``.
    """
    angle, translate, shear, center = affine_arguments(angle, translate, scale, shear, center)
    mode = interpolation_mode(interpolation)
    if is_pil(inpt):
        middle = [inpt.width * 0.5, inpt.height * 0.5] if center is None else center
        matrix = affine_matrix(middle, angle, translate, scale, shear)
        return inpt.transform(inpt.size, 0, matrix, PILLOW[mode], fillcolor=pil_fill(inpt, fill))
    found = pixels(inpt)
    return warped(found, found.size, affine_matrix(centred(center, found), angle, translate, scale, shear), mode, fill)


@dispatched
def perspective(
    inpt,
    startpoints: Sequence[Sequence[int]] | None,
    endpoints: Sequence[Sequence[int]] | None,
    interpolation: Interpolation = BILINEAR,
    fill: Fill = None,
    coefficients: Sequence[float] | None = None,
):
    """Return an image seen from elsewhere, so that four points ``(x, y)`` come to others.

    Args:
        startpoints, endpoints: corners in the image and in the result: top left, top right, bottom right, bottom left.
        coefficients: the eight numbers of the map from the result to the image instead of points.
        interpolation, fill: as of ``rotate``.
    """
    numbers = perspective_coefficients(startpoints, endpoints, coefficients)
    mode = interpolation_mode(interpolation)
    if is_pil(inpt):
        return inpt.transform(inpt.size, 2, numbers, PILLOW[mode], fillcolor=pil_fill(inpt, fill))
    found = pixels(inpt)
    return warped(found, found.size, numbers, mode, fill)


@dispatched
def elastic(inpt, displacement, interpolation: Interpolation = BILINEAR, fill: Fill = None):
    """Take every pixel from elsewhere: ``displacement[0, y, x]`` in half widths and half heights is added to its place.

    Args:
        displacement: a tensor or an array of the shape ``[1, H, W, 2]``.
        interpolation, fill: as of ``rotate``.
    """
    if not is_tensor(displacement) and not isinstance(displacement, np.ndarray):
        raise TypeError("Argument displacement should be a Tensor")
    found = pixels(inpt)
    expected = (1, *found.size, 2)
    if tuple(displacement.shape) != expected:
        raise ValueError(f"Argument displacement shape should be {expected}, but given {tuple(displacement.shape)}")
    mode = checked_mode(interpolation_mode(interpolation))
    shifts = np.ascontiguousarray(np.asarray(displacement), np.float32)[0]
    return found.through(augment.displace, shifts, mode is BILINEAR, channel_fill(found, fill), integers=True)


elastic_transform = elastic


def warped(found: Pixels, size: tuple[int, int], numbers: Sequence[float], mode: InterpolationMode, fill: Fill):
    """Return an image under an affine map (six numbers) or a perspective (eight)."""
    bilinear = checked_mode(mode) is BILINEAR
    return found.through(augment.warp_by, size, numbers, bilinear, channel_fill(found, fill), integers=True)


def checked_mode(mode: InterpolationMode) -> InterpolationMode:
    if mode not in (NEAREST, BILINEAR):
        raise ValueError(f"Interpolation mode '{mode.value}' is unsupported with Tensor input")
    return mode


def channel_fill(found: Pixels, fill: Fill) -> list[float] | None:
    """Return one value for each channel."""
    if fill is None:
        return None
    values = fill_values(fill, found.channels)
    return [float(v) for v in values] * (found.channels // len(values))


def centred(center: Sequence[float] | None, found: Pixels) -> tuple[float, float]:
    """Return a point of the image measured from its middle."""
    height, width = found.size
    return (0.0, 0.0) if center is None else (center[0] - width * 0.5, center[1] - height * 0.5)


def pil_fill(image, fill: Fill):
    """Return a fill as Pillow takes it: a number for one band, else a tuple."""
    bands = len(image.getbands())
    values = fill_values(fill, bands)
    if image.mode != "F":
        values = [int(v) for v in values]
    values = values * (bands // len(values))
    return values[0] if bands == 1 else tuple(values)
