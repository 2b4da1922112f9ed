"""What a sample holds: images of every kind, and what belongs to them."""

import collections.abc
import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import rushlight as rl
from rushlight.image.transforms.functional import get_dimensions, get_size
from rushlight.image.transforms.functional._pixels import decoded, is_pil, is_torch
from rushlight.image.tv_tensors import BoundingBoxes, Image, KeyPoints, Mask, TVTensor, Video

__all__ = ["check_type", "get_bounding_boxes", "get_keypoints", "has_all", "has_any", "query_chw", "query_size"]

SOURCES = (str, os.PathLike, bytes, bytearray, memoryview)


def is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def is_source(value: Any) -> bool:
    """Return whether a value can name or hold an encoded image."""
    return isinstance(value, SOURCES)


def is_pure(value: Any) -> bool:
    """Return whether a value is a tensor or an array that does not say what it is."""
    if isinstance(value, rl.Tensor):
        return not isinstance(value, TVTensor)
    return isinstance(value, np.ndarray) or is_torch(value)


def is_image(value: Any) -> bool:
    """Return whether a value, alone, is an image."""
    return isinstance(value, (rl.Tensor, np.ndarray)) or is_pil(value) or is_torch(value) or is_source(value)


def opened(value: Any) -> Any:
    """Return the pixels of a path or of encoded bytes; anything else as it is."""
    return decoded(value) if is_source(value) else value


def require_own(leaves: Iterable):
    """Raise for tensors of torchvision that would be taken for images."""
    for leaf in leaves:
        if type(leaf).__module__.startswith("torchvision.tv_tensors"):
            raise TypeError(
                f"got a torchvision.tv_tensors.{type(leaf).__name__}: wrap it as rushlight.image.tv_tensors.{type(leaf).__name__}"
            )


TypeOrCheck = type | Callable[[Any], bool]
IMAGES = (is_pure, Image, is_pil, Video)


def check_type(obj: Any, types_or_checks: tuple[TypeOrCheck, ...]) -> bool:
    """Return whether an object has one of these types, or passes one of these checks."""
    for kind in types_or_checks:
        if isinstance(obj, kind) if isinstance(kind, type) else kind(obj):
            return True
    return False


def has_any(flat_inputs: list, *types_or_checks: TypeOrCheck) -> bool:
    """Return whether one of the inputs has one of these types."""
    return any(check_type(value, types_or_checks) for value in flat_inputs)


def has_all(flat_inputs: list, *types_or_checks: TypeOrCheck) -> bool:
    """Return whether for each of these types there is an input."""
    return all(has_any(flat_inputs, kind) for kind in types_or_checks)


def get_bounding_boxes(flat_inputs: list) -> BoundingBoxes:
    """Return the first boxes among the inputs."""
    return first_of(flat_inputs, BoundingBoxes, "bounding boxes")


def get_keypoints(flat_inputs: list) -> KeyPoints:
    """Return the first key points among the inputs."""
    return first_of(flat_inputs, KeyPoints, "keypoints")


def first_of(flat_inputs: list, kind: type, name: str):
    for value in flat_inputs:
        if isinstance(value, kind):
            return value
    raise ValueError(f"No {name} were found in the sample")


def query_chw(flat_inputs: list) -> tuple[int, int, int]:
    """Return channels, height and width of the images among the inputs, which must agree."""
    found = {tuple(get_dimensions(value)) for value in flat_inputs if check_type(value, IMAGES)}
    return the_only(found, "CxHxW dimensions", "No image or video was found in the sample")


def query_size(flat_inputs: list) -> tuple[int, int]:
    """Return height and width of the images, masks, boxes and points among the inputs, which must agree."""
    if len(flat_inputs) == 1 and check_type(flat_inputs[0], IMAGES):
        return tuple(get_size(flat_inputs[0]))
    kinds = (*IMAGES, Mask, BoundingBoxes, KeyPoints)
    found = {tuple(get_size(value)) for value in flat_inputs if check_type(value, kinds)}
    return the_only(found, "HxW dimensions", "No image, video, mask, bounding box of keypoint was found in the sample")


def the_only(found: set[tuple], what: str, missing: str) -> tuple:
    if not found:
        raise TypeError(missing)
    if len(found) > 1:
        raise ValueError(f"Found multiple {what} in the sample: {', '.join(map(str, sorted(found)))}")
    return found.pop()


def labels_getter(labels_getter: str | Callable | None) -> Callable[[Any], Any]:
    """Return the function that finds the labels of a sample."""
    if labels_getter == "default":
        return find_labels
    if callable(labels_getter):
        return labels_getter
    if labels_getter is None:
        return no_labels
    raise ValueError(f"labels_getter should either be 'default', a callable, or None, but got {labels_getter}.")


def no_labels(sample: Any) -> None:
    return None


def find_labels(sample: Any) -> Any:
    """Return the second of several inputs, or what a mapping holds under a name with "label" in it."""
    if isinstance(sample, (tuple, list)):
        sample = sample[1]
    if is_pure(sample):
        return sample
    if not isinstance(sample, collections.abc.Mapping):
        raise ValueError(
            "When using the default labels_getter, the input passed to forward must be a dictionary or a two-tuple "
            f"whose second item is a dictionary or a tensor, but got {sample} instead."
        )
    names = [name for name in sample if isinstance(name, str)]
    candidates = [name for name in names if name.lower() == "labels"] + [
        name for name in names if "label" in name.lower()
    ]
    if not candidates:
        raise ValueError(
            "Could not infer where the labels are in the sample: pass a callable as labels_getter, "
            "or labels_getter=None if there are none by design."
        )
    return sample[candidates[0]]
