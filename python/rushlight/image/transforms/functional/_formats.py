"""The formats of boxes, and the borders of their image. Integers are computed as floats and cut, as torchvision does."""

import rushlight as rl
from rushlight.image.tv_tensors import BoundingBoxes, BoundingBoxFormat, box_format, plain

__all__ = ["clamp_bounding_boxes", "convert_bounding_box_format", "sanitize_bounding_boxes"]

XYXY, XYWH, CXCYWH = BoundingBoxFormat.XYXY, BoundingBoxFormat.XYWH, BoundingBoxFormat.CXCYWH


def to_corners(boxes: rl.Tensor, format: BoundingBoxFormat) -> rl.Tensor:
    """Return boxes of any format as ``[x1, y1, x2, y2]``."""
    if format is XYXY:
        return boxes
    first, size = boxes[..., :2], boxes[..., 2:]
    if format is XYWH:
        return rl.cat([first, first + size], -1)
    first = first - size / 2
    return rl.cat([first, first + size], -1).to(boxes.dtype)


def from_corners(boxes: rl.Tensor, format: BoundingBoxFormat) -> rl.Tensor:
    """Return boxes ``[x1, y1, x2, y2]`` in another format; the centre of integers is rounded down."""
    if format is XYXY:
        return boxes
    first, size = boxes[..., :2], boxes[..., 2:] - boxes[..., :2]
    if format is CXCYWH:
        first = halved(first * 2 + size)
    return rl.cat([first, size], -1)


def halved(values: rl.Tensor) -> rl.Tensor:
    return rl.div(values, 2, rounding_mode=None if values.is_floating_point() else "floor")


def reformatted(boxes: rl.Tensor, old: BoundingBoxFormat, new: BoundingBoxFormat) -> rl.Tensor:
    """Return boxes in another format; sizes of floats stay as they are."""
    if old is new:
        return boxes
    first, size = boxes[..., :2], boxes[..., 2:]
    if (old, new) == (XYWH, CXCYWH):
        return rl.cat([first + halved(size), size], -1)
    if (old, new) == (CXCYWH, XYWH) and boxes.is_floating_point():
        return rl.cat([first - size / 2, size], -1)
    return from_corners(to_corners(boxes, old), new)


def convert_bounding_box_format(inpt, old_format=None, new_format=None, inplace: bool = False):
    """Return boxes in another format.

    ``old_format`` is needed for plain tensors only; formats are a ``BoundingBoxFormat`` or its name.

    >>> convert_bounding_box_format(rl.tensor([[1, 2, 5, 6]]), "xyxy", "cxcywh")
    tensor([[3, 4, 4, 4]])
    """
    if new_format is None:
        raise TypeError("convert_bounding_box_format() missing 1 required argument: 'new_format'")
    new_format = box_format(new_format)
    if isinstance(inpt, BoundingBoxes):
        if old_format is not None:
            raise ValueError("For bounding box tv_tensor inputs, `old_format` must not be passed.")
        output = in_place(plain(inpt), reformatted(plain(inpt), inpt.format, new_format), inplace)
        return BoundingBoxes.wrap(output, inpt, format=new_format)
    require_tensor(inpt)
    if old_format is None:
        raise ValueError("For pure tensor inputs, `old_format` has to be passed.")
    return in_place(inpt, reformatted(inpt, box_format(old_format), new_format), inplace)


def in_place(target: rl.Tensor, values: rl.Tensor, wanted: bool) -> rl.Tensor:
    return target.copy_(values) if wanted and values is not target else values


def require_tensor(inpt):
    if not isinstance(inpt, rl.Tensor):
        raise TypeError(
            f"Input can either be a plain tensor or a bounding box tv_tensor, but got {type(inpt)} instead."
        )


def clamped(boxes: rl.Tensor, format: BoundingBoxFormat, canvas_size, clamping_mode) -> rl.Tensor:
    """Return boxes cut at the borders of their image, unless ``clamping_mode`` is None."""
    if clamping_mode is None:
        return boxes.clone()
    corners = to_corners(boxes if boxes.is_floating_point() else boxes.float(), format)
    limit = rl.tensor([canvas_size[1], canvas_size[0]] * 2, dtype=corners.dtype)
    return from_corners(rl.minimum(corners.clamp(min=0), limit), format).to(boxes.dtype)


def clamp_bounding_boxes(inpt, format=None, canvas_size=None, clamping_mode="auto"):
    """Return boxes cut at the borders of their image; plain tensors need their format, canvas and mode.

    >>> clamp_bounding_boxes(rl.tensor([[-3, 2, 50, 6]]), "xyxy", (10, 20), "soft")
    tensor([[ 0,  2, 20,  6]])
    """
    if clamping_mode not in (None, "soft", "hard", "auto"):
        raise ValueError(f"clamping_mode must be soft, hard, auto or None, got {clamping_mode}")
    if isinstance(inpt, BoundingBoxes):
        if format is not None or canvas_size is not None:
            raise ValueError("For bounding box tv_tensor inputs, `format` and `canvas_size` must not be passed.")
        mode = inpt.clamping_mode if clamping_mode == "auto" else clamping_mode
        return BoundingBoxes.wrap(clamped(plain(inpt), inpt.format, inpt.canvas_size, mode), inpt)
    require_tensor(inpt)
    if format is None or canvas_size is None or clamping_mode == "auto":
        raise ValueError("For pure tensor inputs, `format`, `canvas_size` and `clamping_mode` have to be passed.")
    return clamped(inpt, box_format(format), canvas_size, clamping_mode)


def within_canvas(boxes: rl.Tensor, format, canvas_size, min_size: float = 1.0, min_area: float = 1.0) -> rl.Tensor:
    """Return which boxes lie in their image and have at least these edges and this area."""
    boxes = to_corners(boxes, format)
    height, width = canvas_size
    sizes = boxes[:, 2:] - boxes[:, :2]
    valid = (sizes >= min_size).all(dim=-1) & (sizes[:, 0] * sizes[:, 1] >= min_area) & (boxes >= 0).all(dim=-1)
    return valid & (boxes[:, 0::2] <= width).all(dim=-1) & (boxes[:, 1::2] <= height).all(dim=-1)


def sanitize_bounding_boxes(
    bounding_boxes, format=None, canvas_size=None, min_size: float = 1.0, min_area: float = 1.0
) -> tuple[rl.Tensor, rl.Tensor]:
    """Return the boxes that lie in their image and are not too small, and which ones they are.

    >>> sanitize_bounding_boxes(rl.tensor([[0, 0, 2, 2], [0, 0, 0, 2]]), "xyxy", (4, 4))
    (tensor([[0, 0, 2, 2]]), tensor([ True, False]))
    """
    given = f"Got format={format} and canvas_size={canvas_size}."
    if isinstance(bounding_boxes, BoundingBoxes):
        if format is not None or canvas_size is not None:
            raise ValueError(
                f"format and canvas_size must be None when bounding_boxes is a tv_tensors.BoundingBoxes instance. {given} "
                "Leave those to None or pass bounding_boxes as a pure tensor."
            )
        like, boxes = bounding_boxes, plain(bounding_boxes)
        valid = within_canvas(boxes, like.format, like.canvas_size, min_size, min_area)
        return BoundingBoxes.wrap(boxes[valid], like), valid
    if type(bounding_boxes) is not rl.Tensor:
        raise ValueError("bounding_boxes must be a tv_tensors.BoundingBoxes instance or a pure tensor.")
    if format is None or canvas_size is None:
        raise ValueError(
            f"format and canvas_size cannot be None if bounding_boxes is a pure tensor. {given} "
            "Set those to appropriate values or pass bounding_boxes as a tv_tensors.BoundingBoxes object."
        )
    valid = within_canvas(bounding_boxes, box_format(format), canvas_size, min_size, min_area)
    return bounding_boxes[valid], valid
