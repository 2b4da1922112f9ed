"""Transforms of images and of what belongs to them, with torchvision's names, arguments, defaults and random parameters.

>>> import numpy as np
>>> from rushlight.image.transforms import CenterCrop, Compose, Resize, ToTensor
>>> image = np.zeros((48, 64, 3), np.uint8)
>>> Compose([Resize(32), CenterCrop(32), ToTensor()])(image).shape
torch.Size([3, 32, 32])

Classes that torchvision's first version has too are as there, those of the second in ``v2``: they print otherwise, and some draw otherwise.
With the same seed, ``rl.manual_seed`` here and ``torch.manual_seed`` there, every class draws the same parameters.
Images come back as what they went in; those that become tensors become Rushlight's, or PyTorch's after
``set_framework("torch")``.
"""

import importlib

FAMILIES = {
    "modes": ["AutoAugmentPolicy", "InterpolationMode"],
    "framework": ["get_framework", "set_framework"],
    "_transform": ["Transform"],
    "_sample": [
        "check_type", "get_bounding_boxes", "get_keypoints", "has_all", "has_any", "query_chw", "query_size",
    ],
    "container": ["Compose", "Identity", "Lambda", "RandomApply", "RandomChoice", "RandomOrder"],
    "geometry": [
        "Pad", "RandomHorizontalFlip", "RandomResize", "RandomShortestSize", "RandomVerticalFlip", "RandomZoomOut",
        "Resize", "ScaleJitter",
    ],
    "crop": ["CenterCrop", "FiveCrop", "RandomCrop", "RandomIoUCrop", "RandomResizedCrop", "TenCrop"],
    "warp": ["ElasticTransform", "RandomAffine", "RandomPerspective", "RandomRotation"],
    "color": [
        "ColorJitter", "Grayscale", "RGB", "RandomAdjustSharpness", "RandomAutocontrast", "RandomChannelPermutation",
        "RandomEqualize", "RandomGrayscale", "RandomInvert", "RandomPhotometricDistort", "RandomPosterize",
        "RandomSolarize",
    ],
    "noise": ["Cutout", "GaussianBlur", "GaussianNoise", "JPEG", "RandomErasing"],
    "conversion": [
        "ConvertImageDtype", "LinearTransformation", "Normalize", "PILToTensor", "ToDtype", "ToImage", "ToPILImage",
        "ToPureTensor", "ToTensor", "UniformTemporalSubsample",
    ],
    "boxes": [
        "ClampBoundingBoxes", "ClampKeyPoints", "ConvertBoundingBoxFormat", "SanitizeBoundingBoxes", "SanitizeKeyPoints",
        "SetClampingMode",
    ],
    "auto": ["AugMix", "AutoAugment", "RandAugment", "TrivialAugmentWide"],
    "mix": ["CutMix", "MixUp"],
}  # fmt: skip
MODULES = {name: module for module, names in FAMILIES.items() for name in names}

__all__ = [*MODULES]


def __getattr__(name: str):
    if name in MODULES:
        value = getattr(importlib.import_module(f"{__name__}.v1"), name, None) or getattr(
            importlib.import_module(f"{__name__}.v2"), name
        )
    elif name in ("functional", "v1", "v2"):
        value = importlib.import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *MODULES, "autoaugment", "functional", "transforms", "v2"})
