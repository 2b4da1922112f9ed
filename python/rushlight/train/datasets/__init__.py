"""Image classification datasets as arrays: one source, one file."""

from rushlight.train.datasets.digits import load_digits
from rushlight.train.datasets.folder import load_folder
from rushlight.train.datasets.images import ImageDataset, Images
from rushlight.train.datasets.mnist import load_mnist

__all__ = ["ImageDataset", "Images", "load_digits", "load_folder", "load_mnist"]
