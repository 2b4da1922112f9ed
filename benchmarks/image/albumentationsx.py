"""AlbumentationsX' ways to do the twenty augmentations, with the same parameters as far as it has them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np


def installed() -> bool:
    return find_spec("albumentations") is not None and find_spec("cv2") is not None


def calls(image: np.ndarray) -> list[Callable[[], np.ndarray]]:
    """Return a call for each of ``augment.TWENTY``, in its order, on an array ``[H, W, 3]``, on one thread."""
    import albumentations as A
    import cv2

    cv2.setNumThreads(1)
    linear, border = {"interpolation": cv2.INTER_LINEAR}, {"border_mode": cv2.BORDER_CONSTANT}
    steps = [
        A.HorizontalFlip(p=1),
        A.VerticalFlip(p=1),
        A.Pad(padding=16, border_mode=cv2.BORDER_REFLECT_101, p=1),
        A.Compose([A.Crop(40, 30, 340, 230, p=1), A.Resize(224, 224, **linear, p=1)]),
        A.Rotate((30, 30), **linear, **border, p=1),
        A.Affine(
            scale=(1.1, 1.1),
            translate_px={"x": (5, 5), "y": (5, 5)},
            rotate=(10, 10),
            shear={"x": (3, 3), "y": (3, 3)},
            **linear,
            **border,
            p=1,
        ),
        A.Perspective(scale=(0.04, 0.04), **linear, **border, p=1),
        A.GaussianBlur((5, 5), (1.0, 1.0), p=1),
        A.RandomBrightnessContrast((0.3, 0.3), (0, 0), p=1),
        A.RandomBrightnessContrast((0, 0), (0.3, 0.3), p=1),
        A.HueSaturationValue((0, 0), (30, 30), (0, 0), p=1),
        A.HueSaturationValue((18, 18), (0, 0), (0, 0), p=1),
        A.RandomGamma((70, 70), p=1),
        A.Sharpen((0.5, 0.5), (1.0, 1.0), p=1),
        A.ToGray(p=1),
        A.Posterize((4, 4), p=1),
        A.Solarize((0.5, 0.5), p=1),
        A.InvertImg(p=1),
        A.AutoContrast(p=1),
        A.Equalize(p=1),
    ]
    return [lambda step=step: step(image=image)["image"] for step in steps]
