"""Where a point of an image goes when the image is warped: affine, perspective and elastic maps of points ``[N, 2]``."""

import math
import numbers
from collections.abc import Callable, Sequence

import numpy as np

import rushlight as rl

PointMap = Callable[[rl.Tensor], rl.Tensor]


def affine_arguments(angle, translate, scale, shear, center) -> tuple:
    """Return the arguments of an affine map, checked, each in its full form."""
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
    if center is not None and not isinstance(center, (list, tuple)):
        raise TypeError("Argument center should be a sequence")
    shear = [shear, 0.0] if isinstance(shear, numbers.Number) else list(shear)
    shear = shear * 2 if len(shear) == 1 else shear
    if len(shear) != 2:
        raise ValueError(f"Shear should be a sequence containing two values. Got {shear}")
    return float(angle), list(translate), scale, shear, center


def affine_matrix(center, angle, translate, scale, shear, inverted: bool = True) -> list[float]:
    """Return the first two rows of ``T(translate) C RotateScaleShear C^-1``, or of its inverse; angles are in degrees.

    ``C`` moves the origin to ``center``, and the linear part is ``scale * [[a, b], [c, d]]``.
    """
    rotation, shear_x, shear_y = (math.radians(value) for value in (angle, *shear))
    (x, y), (to_x, to_y) = center, (center[0] + translate[0], center[1] + translate[1])
    a = math.cos(rotation - shear_y) / math.cos(shear_y)
    b = -(a * math.tan(shear_x) + math.sin(rotation))
    c = math.sin(rotation - shear_y) / math.cos(shear_y)
    d = math.cos(rotation) - c * math.tan(shear_x)
    if inverted:
        a, b, c, d = d / scale, -b / scale, -c / scale, a / scale
        (x, y), (to_x, to_y) = (to_x, to_y), (x, y)
    else:
        a, b, c, d = a * scale, b * scale, c * scale, d * scale
    return [a, b, to_x - a * x - b * y, c, d, to_y - c * x - d * y]


def affine_map(canvas_size, angle, translate, scale, shear, center) -> tuple[PointMap, list[float]]:
    """Return the map of points that goes with an affine map of an image, and its matrix."""
    angle, translate, scale, shear, center = affine_arguments(angle, translate, scale, shear, center)
    if center is None:
        center = [canvas_size[1] * 0.5, canvas_size[0] * 0.5]
    matrix = affine_matrix(center, angle, translate, scale, shear, inverted=False)
    return lambda points: linear(points, matrix), matrix


def linear(points: rl.Tensor, matrix: list[float]) -> rl.Tensor:
    """Return ``[points, 1] @ matrix.T`` for a matrix of two rows."""
    rows = rl.tensor(matrix, dtype=points.dtype).reshape(2, 3)
    return rl.cat([points, points.new_ones(len(points), 1)], -1) @ rows.T


def expanded(canvas_size, angle: float, center) -> tuple[rl.Tensor, tuple[int, int]]:
    """Return the top left corner and the size of the canvas that holds a rotated image."""
    height, width = canvas_size
    mapped, _ = affine_map(canvas_size, angle, [0.0, 0.0], 1.0, [0.0, 0.0], center)
    corners = mapped(rl.tensor([[0.0, 0.0], [0.0, height], [width, height], [width, 0.0]]))
    matrix = affine_matrix(center or [width * 0.5, height * 0.5], angle, [0.0, 0.0], 1.0, [0.0, 0.0])
    return corners.amin(0, keepdim=True), rotated_canvas(matrix, width, height)


def rotated_canvas(matrix: list[float], width: int, height: int) -> tuple[int, int]:
    """Return the height and width of a canvas under an inverse affine matrix about its centre, in single precision."""
    half = np.array([0.5 * width, 0.5 * height], np.float32)
    signs = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]], np.float32)
    corners = np.concatenate([signs * half, np.ones((4, 1), np.float32)], 1)
    moved = corners @ np.array(matrix, np.float32).reshape(2, 3).T
    # Steps of 1e-4 hide the rounding of right angles.
    first, last = (
        np.trunc((ends + half) * np.float32(1e4)) * np.float32(1e-4) for ends in (moved.min(0), moved.max(0))
    )
    columns, rows = np.ceil(last) - np.floor(first)
    return int(rows), int(columns)


def perspective_coefficients(startpoints, endpoints, coefficients=None) -> list[float]:
    """Return the eight numbers of the map from ``endpoints`` back to ``startpoints``: given, or solved for."""
    if coefficients is not None:
        if startpoints is not None and endpoints is not None:
            raise ValueError("The startpoints/endpoints and the coefficients shouldn't be defined concurrently.")
        if len(coefficients) != 8:
            raise ValueError("Argument coefficients should have 8 float values")
        return list(coefficients)
    if startpoints is None or endpoints is None:
        raise ValueError("Either the startpoints/endpoints or the coefficients must have non `None` values.")
    return solved_perspective(startpoints, endpoints)


def solved_perspective(startpoints: Sequence, endpoints: Sequence) -> list[float]:
    """Return ``a b c d e f g h`` with ``x = (a u + b v + c) / (g u + h v + 1)``, ``y = (d u + e v + f) / (same)``."""
    if len(startpoints) != 4 or len(endpoints) != 4:
        raise ValueError(
            f"Please provide exactly four corners, got {len(startpoints)} startpoints and {len(endpoints)} endpoints."
        )
    rows = []
    for (x, y), (u, v) in zip(startpoints, endpoints, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -x * u, -x * v], [0, 0, 0, u, v, 1, -y * u, -y * v]]
    wanted = np.array(startpoints, np.float64).reshape(8)
    solution = np.linalg.lstsq(np.array(rows, np.float64), wanted, rcond=None)[0]
    return solution.astype(np.float32).tolist()


def perspective_map(startpoints, endpoints, coefficients) -> PointMap:
    """Return the map of points that goes with a perspective map of an image, the inverse of its coefficients."""
    a, b, c, d, e, f, g, h = perspective_coefficients(startpoints, endpoints, coefficients)
    scale = a * e - b * d
    if scale == 0:
        raise RuntimeError(
            f"Provided perspective_coeffs {[a, b, c, d, e, f, g, h]} can not be inverted to transform points. Denominator is zero, denom=0"
        )
    numerator = [e - f * h, c * h - b, b * f - c * e, f * g - d, a - c * g, c * d - a * f]
    denominator = [d * h - e * g, b * g - a * h]
    top = [value / scale for value in numerator]
    below = [*(value / scale for value in denominator), 1.0]
    return lambda points: linear(points, top) / linear(points, below * 2)


def elastic_map(canvas_size, displacement: rl.Tensor, dtype) -> PointMap:
    """Return the map of points that goes with an elastic map of an image: minus the displacement at the nearest pixel."""
    height, width = canvas_size
    if not hasattr(displacement, "shape"):
        raise TypeError("Argument displacement should be a Tensor")
    if tuple(displacement.shape) != (1, height, width, 2):
        raise ValueError(
            f"Argument displacement shape should be {(1, height, width, 2)}, but given {tuple(displacement.shape)}"
        )
    moves = rl.as_tensor(displacement)[0].to(dtype)
    size = rl.tensor([width, height], dtype=dtype)

    def mapped(points: rl.Tensor) -> rl.Tensor:
        index = points.to(rl.int64)
        x, y = index[:, 0].clamp(0, width - 1), index[:, 1].clamp(0, height - 1)
        place = rl.stack([2 * x + 1 - width, 2 * y + 1 - height], -1).to(dtype) / size
        return (place - moves[y, x] + 1) * (0.5 * size) - 0.5

    return mapped
