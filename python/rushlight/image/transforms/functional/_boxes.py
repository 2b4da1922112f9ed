"""Boxes ``[N, 4]`` as plain tensors: what they become when their image is transformed.

Warped boxes are the smallest ones around the images of their corners.
"""

import rushlight as rl
from rushlight.image.transforms.functional._crop import square
from rushlight.image.transforms.functional._formats import XYWH, XYXY, clamped, from_corners, to_corners
from rushlight.image.transforms.functional._keypoints import centred
from rushlight.image.transforms.functional._maps import PointMap, affine_map, elastic_map, expanded, perspective_map
from rushlight.image.transforms.functional._pad import sides
from rushlight.image.transforms.functional._resize import output_size
from rushlight.image.tv_tensors import BoundingBoxFormat, box_format

__all__ = [
    "affine_bounding_boxes",
    "center_crop_bounding_boxes",
    "crop_bounding_boxes",
    "elastic_bounding_boxes",
    "horizontal_flip_bounding_boxes",
    "pad_bounding_boxes",
    "perspective_bounding_boxes",
    "resize_bounding_boxes",
    "resized_crop_bounding_boxes",
    "rotate_bounding_boxes",
    "vertical_flip_bounding_boxes",
]


def horizontal_flip_bounding_boxes(bounding_boxes, format, canvas_size):
    """Return boxes mirrored left to right."""
    return mirrored(bounding_boxes, box_format(format), 0, canvas_size[1])


def vertical_flip_bounding_boxes(bounding_boxes, format, canvas_size):
    """Return boxes mirrored top to bottom."""
    return mirrored(bounding_boxes, box_format(format), 1, canvas_size[0])


def mirrored(boxes: rl.Tensor, format: BoundingBoxFormat, axis: int, length: int) -> rl.Tensor:
    """Return boxes with the coordinates of one axis counted from its other end."""
    columns = list(boxes.unbind(-1))
    first, second = columns[axis], columns[axis + 2]
    if format is XYXY:
        columns[axis], columns[axis + 2] = length - second, length - first
    else:
        columns[axis] = length - (first + second if format is XYWH else first)
    return rl.stack(columns, -1)


def resize_bounding_boxes(bounding_boxes, canvas_size, size, max_size=None, format=XYXY, clamping_mode="soft"):
    """Return boxes and canvas of an image that is resized."""
    height, width = output_size(canvas_size, size, max_size)
    if (height, width) == tuple(canvas_size):
        return bounding_boxes, canvas_size
    ratios = rl.tensor([width / canvas_size[1], height / canvas_size[0]] * 2)
    return bounding_boxes.mul(ratios).to(bounding_boxes.dtype), (height, width)


def moved(boxes: rl.Tensor, format, x: int, y: int, canvas_size, clamping_mode):
    """Return boxes shifted onto another canvas, and the canvas."""
    format = box_format(format)
    shift = rl.tensor([x, y, x, y] if format is XYXY else [x, y, 0, 0], dtype=boxes.dtype)
    return clamped(boxes + shift, format, canvas_size, clamping_mode), canvas_size


def crop_bounding_boxes(bounding_boxes, format, top, left, height, width, clamping_mode="soft"):
    """Return boxes and canvas of an image that is cropped."""
    return moved(bounding_boxes, format, -left, -top, (height, width), clamping_mode)


def center_crop_bounding_boxes(bounding_boxes, format, canvas_size, output_size, clamping_mode="soft"):
    """Return boxes and canvas of an image whose middle is kept."""
    height, width = square(output_size)
    top, left = centred(canvas_size[0], height), centred(canvas_size[1], width)
    return crop_bounding_boxes(bounding_boxes, format, top, left, height, width, clamping_mode)


def resized_crop_bounding_boxes(bounding_boxes, format, top, left, height, width, size, clamping_mode="soft"):
    """Return boxes and canvas of an image that is cropped, then resized."""
    boxes, canvas = crop_bounding_boxes(bounding_boxes, format, top, left, height, width, clamping_mode)
    return resize_bounding_boxes(boxes, canvas, size, format=format, clamping_mode=clamping_mode)


def pad_bounding_boxes(bounding_boxes, format, canvas_size, padding, padding_mode="constant", clamping_mode="soft"):
    """Return boxes and canvas of an image that gets a border."""
    if padding_mode != "constant":
        raise ValueError(f"Padding mode '{padding_mode}' is not supported with bounding boxes")
    left, top, right, bottom = sides(padding)
    canvas = canvas_size[0] + top + bottom, canvas_size[1] + left + right
    return moved(bounding_boxes, format, left, top, canvas, clamping_mode)


def warped(boxes: rl.Tensor, format, canvas_size, clamping_mode, point_map: PointMap) -> rl.Tensor:
    """Return the boxes around the corners of ``boxes`` under a map."""
    if boxes.numel() == 0:
        return boxes
    format = box_format(format)
    floats = boxes if boxes.is_floating_point() else boxes.float()
    x1, y1, x2, y2 = to_corners(floats, format).reshape(-1, 4).unbind(-1)
    corners = rl.stack([x1, y1, x2, y1, x2, y2, x1, y2], -1).reshape(-1, 2)
    points = point_map(corners).reshape(-1, 4, 2)
    hull = rl.cat([points.amin(1), points.amax(1)], -1)
    result = from_corners(clamped(hull, XYXY, canvas_size, clamping_mode), format)
    return result.reshape(boxes.shape).to(boxes.dtype)


def affine_bounding_boxes(
    bounding_boxes, format, canvas_size, angle, translate, scale, shear, center=None, clamping_mode="soft"
):
    """Return boxes of an image under an affine map."""
    point_map, _ = affine_map(canvas_size, angle, translate, scale, shear, center)
    return warped(bounding_boxes, format, canvas_size, clamping_mode, point_map)


def rotate_bounding_boxes(bounding_boxes, format, canvas_size, angle, expand=False, center=None, clamping_mode="soft"):
    """Return boxes and canvas of an image that is rotated counter-clockwise."""
    point_map, _ = affine_map(canvas_size, -angle, [0.0, 0.0], 1.0, [0.0, 0.0], center)
    if not expand or bounding_boxes.numel() == 0:
        return warped(bounding_boxes, format, canvas_size, clamping_mode, point_map), canvas_size
    first, canvas = expanded(canvas_size, -angle, center)
    moved_map = lambda points: point_map(points) - first.to(points.dtype)  # noqa: E731
    return warped(bounding_boxes, format, canvas, clamping_mode, moved_map), canvas


def perspective_bounding_boxes(
    bounding_boxes, format, canvas_size, startpoints, endpoints, coefficients=None, clamping_mode="soft"
):
    """Return boxes of an image under a perspective map."""
    point_map = perspective_map(startpoints, endpoints, coefficients)
    return warped(bounding_boxes, format, canvas_size, clamping_mode, point_map)


def elastic_bounding_boxes(bounding_boxes, format, canvas_size, displacement, clamping_mode="soft"):
    """Return boxes of an image under an elastic map, which is looked up at the next whole pixel."""
    dtype = bounding_boxes.dtype if bounding_boxes.is_floating_point() else rl.float32
    point_map = elastic_map(canvas_size, displacement, dtype)
    return warped(bounding_boxes, format, canvas_size, clamping_mode, lambda points: point_map(points.ceil()))
