"""What data sets of images have in common: a place, and transforms of images and labels."""

import os

from rushlight.utils.data import Dataset

__all__ = ["StandardTransform", "VisionDataset"]


class StandardTransform:
    """The transforms of images and of labels, applied together."""

    def __init__(self, transform=None, target_transform=None):
        self.transform, self.target_transform = transform, target_transform

    def __call__(self, image, target):
        """The image and the label, transformed."""
        image = image if self.transform is None else self.transform(image)
        return image, target if self.target_transform is None else self.target_transform(target)

    def __repr__(self):
        lines = ["StandardTransform"]
        for name, transform in (("Transform", self.transform), ("Target transform", self.target_transform)):
            if transform is not None:
                first, *rest = repr(transform).splitlines()
                lines += [f"{name}: {first}", *(" " * (len(name) + 2) + line for line in rest)]
        return "\n".join(lines)


class VisionDataset(Dataset):
    """Base class of data sets: override ``__getitem__`` and ``__len__``.

    Args:
        root: where the files are.
        transforms: called with image and label; instead of it
        transform, target_transform: called with each of the two.
    """

    def __init__(self, root=None, transforms=None, transform=None, target_transform=None):
        self.root = os.path.expanduser(root) if isinstance(root, str) else root
        parts = transform is not None or target_transform is not None
        if transforms is not None and parts:
            raise ValueError("Only transforms or transform/target_transform can be passed as argument")
        self.transform, self.target_transform = transform, target_transform
        self.transforms = StandardTransform(transform, target_transform) if parts else transforms

    def __getitem__(self, index):
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__")

    def __len__(self):
        raise NotImplementedError(f"{type(self).__name__} has no __len__")

    def extra_repr(self):
        """Further lines of what is printed."""
        return ""

    def __repr__(self):
        lines = [f"Number of datapoints: {len(self)}"]
        lines += [f"Root location: {self.root}"] if self.root is not None else []
        lines += self.extra_repr().splitlines()
        lines += [repr(self.transforms)] if self.transforms is not None else []
        return "\n".join([f"Dataset {type(self).__name__}", *(f"    {line}" for line in lines)])
