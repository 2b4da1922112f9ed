"""The 1,797 scanned digits of 8x8 pixels that ship inside scikit-learn.

Source: Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998.
"""

from __future__ import annotations

import numpy as np

from rushlight.train.datasets.images import ImageDataset, Images, split


def load_digits(seed: int = 0) -> ImageDataset:
    """Return the digits, 70 % to train, 10 % to choose the best epoch, 20 % held out.

    Raises ModuleNotFoundError when scikit-learn is not installed.
    """
    try:
        from sklearn import datasets
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "train digits: the images ship with scikit-learn, which is not installed. Run: pip install scikit-learn"
        ) from error
    scans = datasets.load_digits()
    pixels = np.round(scans.images * (255 / 16)).astype(np.uint8)[:, None]
    images = Images(pixels, scans.target.astype(np.int64))
    train, validation, test = split(images, (0.7, 0.1), seed)
    return ImageDataset("digits", [str(digit) for digit in range(10)], train, validation, test)
