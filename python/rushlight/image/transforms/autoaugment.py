"""The names of ``torchvision.transforms.autoaugment``."""

from rushlight.image.transforms.modes import AutoAugmentPolicy, InterpolationMode
from rushlight.image.transforms.v1 import AugMix, AutoAugment, RandAugment, TrivialAugmentWide

__all__ = ["AugMix", "AutoAugment", "AutoAugmentPolicy", "InterpolationMode", "RandAugment", "TrivialAugmentWide"]
