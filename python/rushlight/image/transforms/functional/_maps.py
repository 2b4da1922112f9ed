"""Where a point of an image goes when the image is warped: affine, perspective and elastic maps of points ``[N, 2]``."""

from collections.abc import Callable

import rushlight as rl
from rushlight.image.transforms.functional._matrices import (
    affine_arguments,
    affine_matrix,
    expanded_size,
    perspective_coefficients,
)

PointMap = Callable[[rl.Tensor], rl.Tensor]


def affine_map(canvas_size, angle, translate, scale, shear, center) -> tuple[PointMap, list[float]]:
    """Return the map of points that goes with an affine map of an image, and its matrix."""
    angle, translate, shear, center = affine_arguments(angle, translate, scale, shear, center)
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
    return corners.amin(0, keepdim=True), expanded_size(matrix, width, height)[::-1]


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
