"""Folders of files as data sets with the names of ``torchvision.datasets``: transforms get PIL images.

``rushlight.image.ImageFolder`` is the one that decodes in native threads, and gives arrays or tensors.

>>> from rushlight.image import datasets
>>> datasets.ImageFolder("photos")  # doctest: +SKIP
"""

from rushlight.image.datasets import folder as folder
from rushlight.image.datasets.folder import DatasetFolder, ImageFolder
from rushlight.image.datasets.vision import VisionDataset

__all__ = ["DatasetFolder", "ImageFolder", "VisionDataset"]


def __getattr__(name):
    raise AttributeError(
        f"module {__name__!r} has no attribute {name!r}: it has {', '.join(__all__)}; "
        "data sets that are downloaded are torchvision's, and take the transforms of this package"
    )
