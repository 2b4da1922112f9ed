"""What every dataset is turned into: square 8-bit images with class numbers, in three parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

import rushlight as rl
from rushlight import Tensor
from rushlight.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset

Batches = Iterator[tuple[Tensor, Tensor]]
"""Pixels, uint8 of shape (N, channels, size, size), with a number for each: its class, or its place."""


class Part(Protocol):
    """Images of one part of a dataset, wherever they are; ``labels`` are of shape (N,), int64."""

    labels: np.ndarray
    channels: int
    size: int

    def __len__(self) -> int: ...

    def __getitem__(self, index: slice | np.ndarray) -> Part:
        """Some of the images."""

    def picture(self, index: int) -> np.ndarray:
        """One image, uint8 of shape (channels, size, size)."""

    def histogram(self) -> np.ndarray:
        """How often each channel has each of the 256 levels, of shape (channels, 256)."""

    def in_order(self) -> Batches:
        """All images with their places."""

    def shuffled(self, batch_size: int, seed: int, augment: str) -> Shuffled:
        """Batches of images and classes in another order each epoch; a short last batch is left out."""


class Shuffled(Protocol):
    """The batches of a part to learn from."""

    def __len__(self) -> int: ...

    def epoch(self, number: int) -> Batches:
        """The batches of one epoch."""


@dataclass(frozen=True)
class Images:
    """Images in memory: pixels of shape (N, channels, size, size), uint8."""

    pixels: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: slice | np.ndarray) -> Images:
        return Images(self.pixels[index], self.labels[index])

    @property
    def channels(self) -> int:
        return self.pixels.shape[1]

    @property
    def size(self) -> int:
        return self.pixels.shape[2]

    def picture(self, index: int) -> np.ndarray:
        return self.pixels[index]

    def histogram(self) -> np.ndarray:
        return histogram(self.pixels)

    def in_order(self, batch_size: int = 500) -> Batches:
        for start in range(0, len(self), batch_size):
            batch = np.ascontiguousarray(self.pixels[start : start + batch_size])
            yield rl.from_numpy(batch), rl.arange(start, start + len(batch))

    def shuffled(self, batch_size: int, seed: int, augment: str) -> ShuffledImages:
        if augment not in ("none", "shift"):
            raise ValueError(f"--augment {augment} cuts pictures from files; scans in memory know none and shift")
        return ShuffledImages(self, batch_size)


class ShuffledImages:
    """Batches in an order drawn from the default generator, each cut from the arrays by one index."""

    def __init__(self, images: Images, batch_size: int) -> None:
        dataset = TensorDataset(rl.from_numpy(images.pixels), rl.from_numpy(images.labels))
        sampler = BatchSampler(RandomSampler(dataset), batch_size, drop_last=len(images) > batch_size)
        self._loader = DataLoader(dataset, sampler=sampler, batch_size=None)

    def __len__(self) -> int:
        return len(self._loader)

    def epoch(self, number: int) -> Batches:
        return iter(self._loader)


@dataclass(frozen=True)
class ImageDataset:
    """Images to learn from, images that choose the best epoch, and held-out images looked at once, at the end."""

    name: str
    classes: list[str]
    train: Part
    validation: Part
    test: Part

    @property
    def channels(self) -> int:
        return self.train.channels

    @property
    def size(self) -> int:
        return self.train.size

    def statistics(self) -> tuple[list[float], list[float]]:
        """Mean and standard deviation of each channel of the training images, for pixels scaled to [0, 1]."""
        count = self.train.histogram()
        weight = count / count.sum(axis=1, keepdims=True)
        level = np.arange(256) / 255
        mean = weight @ level
        deviation = np.sqrt(weight @ level**2 - mean**2)
        return mean.tolist(), np.maximum(deviation, 1e-3).tolist()


def histogram(pixels: np.ndarray) -> np.ndarray:
    """Counts of the levels of each channel; (N, channels, H, W) uint8 -> (channels, 256)."""
    return np.stack([np.bincount(channel.ravel(), minlength=256) for channel in pixels.swapaxes(0, 1)])


def split(images: Part, fractions: tuple[float, ...], seed: int) -> list[Part]:
    """Shuffle and cut into ``len(fractions) + 1`` parts, every class shared out evenly; the last is the rest."""
    order = np.random.default_rng(seed).permutation(len(images))
    ranked = order[np.argsort(images.labels[order], kind="stable")]
    # Every class is a run of `ranked`; position within the run, as a fraction, decides the part.
    counts = np.bincount(images.labels)
    position = np.concatenate([(np.arange(count) + 0.5) / count for count in counts if count])
    part = np.searchsorted(np.cumsum(fractions), position)
    return [images[np.sort(ranked[part == number])] for number in range(len(fractions) + 1)]
