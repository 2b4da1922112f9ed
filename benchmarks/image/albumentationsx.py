"""AlbumentationsX' ways to do the twenty augmentations: arrays of bytes, the same parameters, called as its users call them.

AlbumentationsX is under the AGPL: it is measured where somebody installed it, nothing else uses it. Its flips return views of the array,
whose rows or pixels run backwards and which no framework takes; like all results they are asked for as arrays in order, which the others are already.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np


def installed() -> bool:
    """Return whether there is something to measure."""
    return find_spec("albumentations") is not None and find_spec("cv2") is not None


def calls(image: np.ndarray) -> dict[str, Callable[[], np.ndarray]]:
    """Return a call for each of ``augment.TWENTY`` by its name, on an array ``[H, W, 3]``, on one thread."""
    import albumentations as A
    import cv2

    cv2.setNumThreads(1)
    linear = {"interpolation": cv2.INTER_LINEAR, "p": 1}

    def jitter(**changed: tuple[float, float]) -> Callable:
        neutral = {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "hue": (0, 0)}
        return A.ColorJitter(**{**neutral, **changed}, p=1)

    cut = A.Crop(x_min=40, y_min=30, x_max=340, y_max=230, p=1)
    steps = {
        "hflip": A.HorizontalFlip(p=1),
        "vflip": A.VerticalFlip(p=1),
        "pad": A.Pad(padding=16, border_mode=cv2.BORDER_REFLECT_101, p=1),
        "resized_crop": A.Compose([cut, A.Resize(224, 224, **linear)]),
        "rotate": A.Rotate((30, 30), **linear),
        "affine": A.Affine(rotate=(10, 10), translate_px=(5, 5), scale=(1.1, 1.1), shear=(3, 3), **linear),
        "perspective": A.Perspective((0.04, 0.04), **linear),
        "gaussian_blur": A.GaussianBlur(blur_limit=(5, 5), sigma_limit=(1, 1), p=1),
        # A factor without an offset: called contrast there.
        "adjust_brightness": A.RandomBrightnessContrast((0, 0), (0.3, 0.3), p=1),
        "adjust_contrast": jitter(contrast=(1.3, 1.3)),
        "adjust_saturation": jitter(saturation=(1.3, 1.3)),
        "adjust_hue": jitter(hue=(0.1, 0.1)),
        "adjust_gamma": A.RandomGamma((70, 70), p=1),
        "adjust_sharpness": A.Sharpen((1, 1), (1, 1), p=1),
        "rgb_to_grayscale": A.ToGray(num_output_channels=3, p=1),
        "posterize": A.Posterize((4, 4), p=1),
        "solarize": A.Solarize((0.5, 0.5), p=1),
        "invert": A.InvertImg(p=1),
        "autocontrast": A.AutoContrast(p=1),
        "equalize": A.Equalize(p=1),
    }
    return {name: lambda step=step: np.ascontiguousarray(step(image=image)["image"]) for name, step in steps.items()}
