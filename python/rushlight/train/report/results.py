"""What a report shows, and the figures derived from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rushlight.train.datasets import ImageDataset
from rushlight.train.history import Epoch
from rushlight.train.settings import Settings


@dataclass(frozen=True)
class Results:
    """A finished run and its probabilities for the held-out images, float of shape (N, classes)."""

    data: ImageDataset
    settings: Settings
    parameter_count: int
    history: list[Epoch]
    best_epoch: int
    probabilities: np.ndarray
    machine: str

    @property
    def labels(self) -> np.ndarray:
        return self.data.test.labels

    @property
    def predicted(self) -> np.ndarray:
        return self.probabilities.argmax(axis=1)

    @property
    def accuracy(self) -> float:
        return float((self.predicted == self.labels).mean())

    @property
    def loss(self) -> float:
        """Mean cross-entropy; a probability that underflowed counts as the smallest float32."""
        own = self.probabilities[np.arange(len(self.labels)), self.labels]
        return float(-np.log(np.maximum(own, np.finfo(np.float32).tiny)).mean())

    @property
    def confusion(self) -> np.ndarray:
        """Counts of shape (classes, classes): row is the true class, column the predicted one."""
        classes = len(self.data.classes)
        pairs = self.labels * classes + self.predicted
        return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)

    @property
    def seconds(self) -> float:
        return sum(epoch.seconds for epoch in self.history)

    @property
    def waiting_seconds(self) -> float:
        """Seconds in which nothing was computed because the next images were not there yet."""
        return sum(epoch.waiting_seconds for epoch in self.history)

    @property
    def failures(self) -> list[str]:
        """Why pictures could not be read, one message for each."""
        parts = (self.data.train, self.data.validation, self.data.test)
        found = [getattr(part, "failures", {}) for part in parts]
        return [message for failures in found for message in failures.values()]


@dataclass(frozen=True)
class ClassFigures:
    """How well one class was found."""

    name: str
    count: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 when both are."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def per_class(results: Results) -> list[ClassFigures]:
    """Precision (right among those so called) and recall (found among those that are) of every class."""
    confusion = results.confusion
    right, called, there = confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1)
    return [
        ClassFigures(name, int(there[at]), _share(right[at], called[at]), _share(right[at], there[at]))
        for at, name in enumerate(results.data.classes)
    ]


def _share(part: int, whole: int) -> float:
    return float(part) / float(whole) if whole else 0.0
