"""Formats and borders of boxes and points, and which of them stay in a sample."""

import sys
from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight.image.transforms import functional as F
from rushlight.image.transforms._sample import get_bounding_boxes, get_keypoints, getter_of_labels
from rushlight.image.transforms._transform import Transform
from rushlight.image.transforms.functional._formats import within_canvas
from rushlight.image.transforms.functional._keypoints import inside
from rushlight.image.transforms.functional._pixels import is_torch
from rushlight.image.tv_tensors import BoundingBoxes, BoundingBoxFormat, KeyPoints, Mask, TVTensor, plain
from rushlight.utils._pytree import tree_flatten, tree_unflatten

__all__ = [  # fmt: skip
    "ClampBoundingBoxes", "ClampKeyPoints", "ConvertBoundingBoxFormat", "SanitizeBoundingBoxes", "SanitizeKeyPoints",
    "SetClampingMode",
]  # fmt: skip


class ConvertBoundingBoxFormat(Transform):
    """Convert boxes to a format: "xyxy", "xywh" or "cxcywh", or a ``BoundingBoxFormat``."""

    _transformed_types = (BoundingBoxes,)

    def __init__(self, format: str | BoundingBoxFormat) -> None:
        super().__init__()
        self.format = format

    def transform(self, inpt: BoundingBoxes, params: dict[str, Any]) -> BoundingBoxes:
        return F.convert_bounding_box_format(inpt, new_format=self.format)


class ClampBoundingBoxes(Transform):
    """Cut boxes at the borders of their image."""

    _transformed_types = (BoundingBoxes,)

    def __init__(self, clamping_mode: str | None = "auto") -> None:
        super().__init__()
        self.clamping_mode = clamping_mode

    def transform(self, inpt: BoundingBoxes, params: dict[str, Any]) -> BoundingBoxes:
        return F.clamp_bounding_boxes(inpt, clamping_mode=self.clamping_mode)


class ClampKeyPoints(Transform):
    """Move points outside of their image to the nearest pixel in it."""

    _transformed_types = (KeyPoints,)

    def transform(self, inpt: KeyPoints, params: dict[str, Any]) -> KeyPoints:
        return F.clamp_keypoints(inpt)


class SetClampingMode(Transform):
    """Set whether later transforms keep boxes within their image ("soft" or "hard"), or not (None)."""

    _transformed_types = (BoundingBoxes,)

    def __init__(self, clamping_mode: str | None) -> None:
        super().__init__()
        self.clamping_mode = clamping_mode
        if clamping_mode not in (None, "soft", "hard"):
            raise ValueError(f"clamping_mode must be soft, hard or None, got {clamping_mode}")

    def transform(self, inpt: BoundingBoxes, params: dict[str, Any]) -> BoundingBoxes:
        return BoundingBoxes.wrap(plain(inpt.clone()), inpt, clamping_mode=self.clamping_mode)


class Sanitizer(Transform):
    """Base of the transforms that take boxes or points out of a sample, and their labels and masks with them."""

    def find(self, leaves: list[Any]) -> TVTensor:
        """Return what decides."""
        raise NotImplementedError

    def valid(self, inpt: TVTensor) -> rl.Tensor:
        """Return which entries stay."""
        raise NotImplementedError

    def forward(self, *inputs: Any) -> Any:
        sample = inputs if len(inputs) > 1 else inputs[0]
        labels = self.labels(sample)
        leaves, structure = tree_flatten(sample)
        found = self.find(leaves)
        for label in labels:
            if label.shape[0] != found.shape[0]:
                raise ValueError(
                    f"Number of {type(found).__name__} (shape={found.shape}) must match the number of labels. "
                    f"Found labels with shape={label.shape}."
                )
        params = {"valid": self.valid(found), "labels": labels}
        return tree_unflatten([self.transform(leaf, params) for leaf in leaves], structure)

    def labels(self, sample: Any) -> tuple:
        """Return the tensors of labels in a sample."""
        labels = self._labels_getter(sample)
        if labels is None:
            return ()
        for label in labels if isinstance(labels, (tuple, list)) else (labels,):
            if not isinstance(label, rl.Tensor) and not is_torch(label):
                raise ValueError(
                    f"The labels in the input to forward() must be a tensor or None, got {type(label)} instead."
                )
        return tuple(labels) if isinstance(labels, (tuple, list)) else (labels,)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        valid = params["valid"]
        if any(inpt is label for label in params["labels"]):
            return inpt[sys.modules["torch"].from_numpy(valid.numpy()) if is_torch(inpt) else valid]
        if isinstance(inpt, self._kept) and len(inpt) == len(valid):
            return type(inpt).wrap(plain(inpt)[valid], inpt)
        return inpt


class SanitizeBoundingBoxes(Sanitizer):
    """Take out boxes that are too small or leave their image, and their labels and masks.

    Args:
        min_size: the least edge.
        min_area: the least area.
        labels_getter: a function from the sample to its labels (a tensor, or several); "default" finds them by name, None for no labels.
    """

    _kept = (BoundingBoxes, Mask)

    def __init__(
        self, min_size: float = 1.0, min_area: float = 1.0, labels_getter: Callable | str | None = "default"
    ) -> None:
        super().__init__()
        if min_size < 1:
            raise ValueError(f"min_size must be >= 1, got {min_size}.")
        self.min_size = min_size
        if min_area < 1:
            raise ValueError(f"min_area must be >= 1, got {min_area}.")
        self.min_area = min_area
        self.labels_getter = labels_getter
        self._labels_getter = getter_of_labels(labels_getter)

    def find(self, leaves: list[Any]) -> BoundingBoxes:
        return get_bounding_boxes(leaves)

    def valid(self, inpt: BoundingBoxes) -> rl.Tensor:
        return within_canvas(plain(inpt), inpt.format, inpt.canvas_size, self.min_size, self.min_area)


class SanitizeKeyPoints(Sanitizer):
    """Take out points (or groups of points) that leave their image, and their labels."""

    _kept = (KeyPoints,)

    def __init__(self, labels_getter: Callable | str | None = None) -> None:
        super().__init__()
        self.labels_getter = labels_getter
        self._labels_getter = getter_of_labels(labels_getter)

    def find(self, leaves: list[Any]) -> KeyPoints:
        return get_keypoints(leaves)

    def valid(self, inpt: KeyPoints) -> rl.Tensor:
        return inside(plain(inpt), inpt.canvas_size)
