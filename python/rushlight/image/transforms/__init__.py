"""Transforms of images, with torchvision's names."""

from rushlight.image.transforms.functional import InterpolationMode
