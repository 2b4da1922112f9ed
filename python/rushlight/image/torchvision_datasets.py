"""Torchvision's data sets with samples that say what they are, for transforms of this package."""

from typing import Any

import rushlight as rl
from rushlight.image import tv_tensors
from rushlight.image.folder import ImageDataset
from rushlight.image.transforms.functional._pixels import is_torch
from rushlight.utils._pytree import tree_map

__all__ = ["wrap_dataset_for_transforms_v2"]


def wrap_dataset_for_transforms_v2(dataset: Any, target_keys: Any = None) -> Any:
    """Return a data set of torchvision whose boxes, masks and videos are those of ``rushlight.image.tv_tensors``.

    Args:
        dataset: as torchvision's function of this name takes it, which decides what becomes of its targets. The
            ``transform``, ``target_transform`` or ``transforms`` it was made with see the new samples.
        target_keys: keys of targets to keep, "all", or None for those that training needs.

    Data sets of this package are returned as they are. Raises TypeError for what torchvision does not wrap.
    """
    if isinstance(dataset, ImageDataset):
        return dataset
    from torchvision.datasets import wrap_dataset_for_transforms_v2 as wrapped_by_torchvision

    wrapped = wrapped_by_torchvision(dataset, target_keys)
    wrapped.transforms = Converted(wrapped.transforms)
    return wrapped


class Converted:
    """A transform of samples whose tensors become Rushlight's first."""

    def __init__(self, transforms: Any) -> None:
        self.transforms = transforms

    def __call__(self, *sample: Any) -> tuple:
        sample = tuple(tree_map(converted, part) for part in sample)
        return sample if self.transforms is None else self.transforms(*sample)

    def __repr__(self) -> str:
        return repr(self.transforms)


def converted(leaf: Any) -> Any:
    """Return a tensor of PyTorch as one of Rushlight with the same memory and meaning; anything else as it is."""
    if not is_torch(leaf):
        return leaf
    tensor = rl.from_numpy(leaf.numpy())
    kind = getattr(tv_tensors, type(leaf).__name__, None)
    if kind is None or not type(leaf).__module__.startswith("torchvision."):
        return tensor
    return kind(tensor, **{name: getattr(leaf, name) for name in kind.ATTRIBUTES})
