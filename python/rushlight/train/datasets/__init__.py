"""Image classification datasets: one source, one file."""

from rushlight.train.datasets.digits import load_digits
from rushlight.train.datasets.folder import load_folder
from rushlight.train.datasets.images import ImageDataset, Images, Part
from rushlight.train.datasets.mnist import load_mnist
from rushlight.train.datasets.pictures import Pictures

__all__ = ["ImageDataset", "Images", "Part", "Pictures", "load_digits", "load_folder", "load_mnist"]
