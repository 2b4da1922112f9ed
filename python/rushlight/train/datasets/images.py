"""What every dataset is turned into: square 8-bit images with class numbers, in three parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Images:
    """Pixels of shape (N, channels, size, size), uint8; labels of shape (N,), int64."""

    pixels: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: slice | np.ndarray) -> Images:
        return Images(self.pixels[index], self.labels[index])


@dataclass(frozen=True)
class ImageDataset:
    """Images to learn from, images that choose the best epoch, and held-out images looked at once, at the end."""

    name: str
    classes: list[str]
    train: Images
    validation: Images
    test: Images

    @property
    def channels(self) -> int:
        return self.train.pixels.shape[1]

    @property
    def size(self) -> int:
        return self.train.pixels.shape[2]

    def statistics(self) -> tuple[list[float], list[float]]:
        """Mean and standard deviation of each channel of the training images, for pixels scaled to [0, 1]."""
        count = np.stack([np.bincount(channel.ravel(), minlength=256) for channel in self.train.pixels.swapaxes(0, 1)])
        weight = count / count.sum(axis=1, keepdims=True)
        level = np.arange(256) / 255
        mean = weight @ level
        deviation = np.sqrt(weight @ level**2 - mean**2)
        return mean.tolist(), np.maximum(deviation, 1e-3).tolist()


def split(images: Images, fractions: tuple[float, ...], seed: int) -> list[Images]:
    """Shuffle and cut into ``len(fractions) + 1`` parts, every class shared out evenly; the last is the rest."""
    order = np.random.default_rng(seed).permutation(len(images))
    ranked = order[np.argsort(images.labels[order], kind="stable")]
    # Every class is a run of `ranked`; position within the run, as a fraction, decides the part.
    counts = np.bincount(images.labels)
    position = np.concatenate([(np.arange(count) + 0.5) / count for count in counts if count])
    part = np.searchsorted(np.cumsum(fractions), position)
    return [images[np.sort(ranked[part == number])] for number in range(len(fractions) + 1)]
