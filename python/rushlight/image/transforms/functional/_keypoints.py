"""Key points ``[..., 2]``: what they become when their image is transformed."""

import rushlight as rl
from rushlight.image.transforms.functional._crop import square
from rushlight.image.transforms.functional._maps import PointMap, affine_map, elastic_map, expanded, perspective_map
from rushlight.image.transforms.functional._pad import sides
from rushlight.image.transforms.functional._resize import output_size
from rushlight.image.tv_tensors import KeyPoints, plain

__all__ = [
    "affine_keypoints",
    "center_crop_keypoints",
    "clamp_keypoints",
    "crop_keypoints",
    "elastic_keypoints",
    "horizontal_flip_keypoints",
    "pad_keypoints",
    "perspective_keypoints",
    "resize_keypoints",
    "resized_crop_keypoints",
    "rotate_keypoints",
    "sanitize_keypoints",
    "vertical_flip_keypoints",
]


def shifted(points: rl.Tensor, x: int, y: int) -> rl.Tensor:
    return points + rl.tensor([x, y], dtype=points.dtype)


def mapped(points: rl.Tensor, point_map: PointMap) -> rl.Tensor:
    """Return points under a map that is computed in floats."""
    floats = points if points.is_floating_point() else points.float()
    return point_map(floats.reshape(-1, 2)).to(points.dtype).reshape(points.shape)


def horizontal_flip_keypoints(keypoints, canvas_size):
    """Return points mirrored left to right; the last column becomes column 0."""
    x, y = keypoints[..., 0], keypoints[..., 1]
    return rl.stack([canvas_size[1] - 1 - x, y], -1)


def vertical_flip_keypoints(keypoints, canvas_size):
    """Return points mirrored top to bottom; the last row becomes row 0."""
    x, y = keypoints[..., 0], keypoints[..., 1]
    return rl.stack([x, canvas_size[0] - 1 - y], -1)


def resize_keypoints(keypoints, size, canvas_size, max_size=None):
    """Return points and canvas of an image that is resized."""
    height, width = output_size(canvas_size, size, max_size)
    if (height, width) == tuple(canvas_size):
        return keypoints, canvas_size
    ratios = rl.tensor([width / canvas_size[1], height / canvas_size[0]])
    return keypoints.mul(ratios).to(keypoints.dtype), (height, width)


def crop_keypoints(keypoints, top, left, height, width):
    """Return points and canvas of an image that is cropped."""
    return shifted(keypoints, -left, -top), (height, width)


def center_crop_keypoints(inpt, canvas_size, output_size):
    """Return points and canvas of an image whose middle is kept."""
    height, width = square(output_size)
    return crop_keypoints(inpt, centred(canvas_size[0], height), centred(canvas_size[1], width), height, width)


def centred(length: int, part: int) -> int:
    """Return where a part begins that lies in the middle, to torchvision's rounding for points and boxes."""
    return round((length - part) / 2.0)


def resized_crop_keypoints(keypoints, top, left, height, width, size):
    """Return points and canvas of an image that is cropped, then resized."""
    keypoints, canvas_size = crop_keypoints(keypoints, top, left, height, width)
    return resize_keypoints(keypoints, size, canvas_size)


def pad_keypoints(keypoints, canvas_size, padding, padding_mode="constant"):
    """Return points and canvas of an image that gets a border."""
    if padding_mode != "constant":
        raise ValueError(
            f"Padding mode '{padding_mode}' is not supported with KeyPoints (supported modes are constant)"
        )
    left, top, right, bottom = sides(padding)
    return shifted(keypoints, left, top), (canvas_size[0] + top + bottom, canvas_size[1] + left + right)


def affine_keypoints(keypoints, canvas_size, angle, translate, scale, shear, center=None):
    """Return points and canvas of an image under an affine map."""
    point_map, _ = affine_map(canvas_size, angle, translate, scale, shear, center)
    return mapped(keypoints, point_map), canvas_size


def rotate_keypoints(keypoints, canvas_size, angle, expand=False, center=None):
    """Return points and canvas of an image that is rotated counter-clockwise."""
    point_map, _ = affine_map(canvas_size, -angle, [0.0, 0.0], 1.0, [0.0, 0.0], center)
    if not expand or keypoints.numel() == 0:
        return mapped(keypoints, point_map), canvas_size
    first, canvas = expanded(canvas_size, -angle, center)
    return mapped(keypoints, lambda points: point_map(points) - first.to(points.dtype)), canvas


def perspective_keypoints(keypoints, canvas_size, startpoints, endpoints, coefficients=None):
    """Return points of an image under a perspective map."""
    return mapped(keypoints, perspective_map(startpoints, endpoints, coefficients))


def elastic_keypoints(keypoints, canvas_size, displacement):
    """Return points of an image under an elastic map."""
    dtype = keypoints.dtype if keypoints.is_floating_point() else rl.float32
    return mapped(keypoints, elastic_map(canvas_size, displacement, dtype))


def clamp_keypoints(inpt, canvas_size=None):
    """Return points moved to the nearest pixel of their image; plain tensors need ``canvas_size``.

    >>> clamp_keypoints(rl.tensor([[-1, 30]]), (10, 20))
    tensor([[0, 9]])
    """
    like = inpt if isinstance(inpt, KeyPoints) else None
    canvas_size = canvas_of(inpt, canvas_size, "keypoints")
    points = plain(inpt)
    limit = rl.tensor([canvas_size[1] - 1, canvas_size[0] - 1], dtype=points.dtype)
    result = rl.minimum(points.clamp(min=0), limit)
    return result if like is None else KeyPoints.wrap(result, like)


def canvas_of(inpt, canvas_size, what: str):
    """Return the canvas of points: their own, or the one given for a plain tensor."""
    if isinstance(inpt, KeyPoints):
        if canvas_size is not None:
            raise ValueError(f"For {what} tv_tensor inputs, `canvas_size` must not be passed.")
        return inpt.canvas_size
    if not isinstance(inpt, rl.Tensor):
        raise TypeError(f"Input can either be a plain tensor or a keypoints tv_tensor, but got {type(inpt)} instead.")
    if canvas_size is None:
        raise ValueError("For pure tensor inputs, `canvas_size` has to be passed.")
    return canvas_size


def sanitize_keypoints(key_points, canvas_size=None) -> tuple[rl.Tensor, rl.Tensor]:
    """Return the points (or groups of points) that lie in their image, and which ones they are."""
    canvas_size = canvas_of(key_points, canvas_size, "keypoints")
    points = plain(key_points)
    valid = inside(points, canvas_size)
    kept = points[valid]
    return (KeyPoints.wrap(kept, key_points) if isinstance(key_points, KeyPoints) else kept), valid


def inside(points: rl.Tensor, canvas_size) -> rl.Tensor:
    """Return which entries of the first dimension have all their points in the image."""
    height, width = canvas_size
    x, y = points[..., 0], points[..., 1]
    valid = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return valid.flatten(start_dim=1).all(dim=1) if valid.ndim > 1 else valid
