"""The maps of warps: from points of the result to points of the image."""

import math
import numbers
from collections.abc import Sequence

import numpy as np


def linear_part(angle: float, shear: Sequence[float]) -> tuple[float, float, float, float]:
    """Return rotation after shearing, ``[[a, b], [c, d]]``, angles in degrees; its determinant is 1.

    >>> [round(v, 6) for v in linear_part(90.0, (0.0, 0.0))]
    [0.0, -1.0, 1.0, 0.0]
    """
    turn, shear_x, shear_y = (math.radians(v) for v in (angle, *shear))
    a = math.cos(turn - shear_y) / math.cos(shear_y)
    c = math.sin(turn - shear_y) / math.cos(shear_y)
    return a, -(a * math.tan(shear_x) + math.sin(turn)), c, math.cos(turn) - c * math.tan(shear_x)


def affine_matrix(
    center: Sequence[float],
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Sequence[float],
    inverted: bool = True,
) -> list[float]:
    """Return ``[a, b, c, d, e, f]`` of ``x = a x' + b y' + c``, ``y = d x' + e y' + f``, from result to image if ``inverted``.

    The image is sheared, scaled and turned about ``center``, then moved by ``translate``.
    """
    a, b, c, d = linear_part(angle, shear)
    moved = center[0] + translate[0], center[1] + translate[1]
    if inverted:
        matrix = [d / scale, -b / scale, -c / scale, a / scale]
        source, target = moved, center
    else:
        matrix = [a * scale, b * scale, c * scale, d * scale]
        source, target = center, moved
    a, b, c, d = matrix
    offset_x = target[0] - a * source[0] - b * source[1]
    offset_y = target[1] - c * source[0] - d * source[1]
    return [a, b, offset_x, c, d, offset_y]


def affine_arguments(
    angle, translate, scale, shear, center
) -> tuple[float, list[float], list[float], list[float] | None]:
    """Return angle, translation, shears and centre, checked."""
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    if not isinstance(translate, (list, tuple)):
        raise TypeError("Argument translate should be a sequence")
    if len(translate) != 2:
        raise ValueError("Argument translate should be a sequence of length 2")
    if scale <= 0.0:
        raise ValueError("Argument scale should be positive")
    if not isinstance(shear, (numbers.Number, list, tuple)):
        raise TypeError("Shear should be either a single value or a sequence of two values")
    shear = (
        [shear, 0.0] if isinstance(shear, numbers.Number) else list(shear) * (3 - len(shear) if len(shear) == 1 else 1)
    )
    if len(shear) != 2:
        raise ValueError(f"Shear should be a sequence containing two values. Got {shear}")
    if center is not None and not isinstance(center, (list, tuple)):
        raise TypeError("Argument center should be a sequence")
    return float(angle), [float(t) for t in translate], shear, center


def expanded_size(matrix: Sequence[float], width: int, height: int) -> tuple[int, int]:
    """Return width and height of what holds all of an image; single precision, cut at 1e-4, keeps rounding errors from adding a pixel."""
    corners = np.array([[x * width, y * height, 2.0] for x in (-1, 1) for y in (-1, 1)], np.float32) * np.float32(0.5)
    points = corners @ np.array(matrix, np.float32).reshape(2, 3).T
    half = np.array([width, height], np.float32) * np.float32(0.5)
    low, high = (
        np.trunc((extreme + half) * np.float32(1e4)) * np.float32(1e-4) for extreme in (points.min(0), points.max(0))
    )
    size = np.ceil(high) - np.floor(low)
    return int(size[0]), int(size[1])


def perspective_coefficients(startpoints, endpoints, coefficients: Sequence[float] | None = None) -> list[float]:
    """Return the eight numbers of the perspective that brings four ``startpoints`` of the image to ``endpoints``.

    >>> square = [[0, 0], [4, 0], [4, 4], [0, 4]]
    >>> [round(v, 6) + 0.0 for v in perspective_coefficients(square, square)]
    [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    """
    if coefficients is not None:
        if startpoints is not None and endpoints is not None:
            raise ValueError("The startpoints/endpoints and the coefficients shouldn't be defined concurrently.")
        if len(coefficients) != 8:
            raise ValueError("Argument coefficients should have 8 float values")
        return list(coefficients)
    if startpoints is None or endpoints is None:
        raise ValueError("Either the startpoints/endpoints or the coefficients must have non `None` values.")
    if len(startpoints) != 4 or len(endpoints) != 4:
        raise ValueError(
            f"Please provide exactly four corners, got {len(startpoints)} startpoints and {len(endpoints)} endpoints."
        )
    rows = []
    for (x, y), (u, v) in zip(endpoints, startpoints):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    solution = np.linalg.lstsq(np.array(rows, float), np.array(startpoints, float).reshape(8), rcond=None)[0]
    return solution.astype(np.float32).tolist()
