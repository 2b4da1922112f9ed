"""Names of choices: how samples are interpolated, and which policy augments."""

from enum import Enum

from rushlight.image.transforms.functional import InterpolationMode

__all__ = ["AutoAugmentPolicy", "InterpolationMode"]


class AutoAugmentPolicy(Enum):
    """The data set a policy of ``AutoAugment`` was learned on."""

    IMAGENET = "imagenet"
    CIFAR10 = "cifar10"
    SVHN = "svhn"
