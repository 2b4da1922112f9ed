"""Progress of a training run: bars through ``rich`` on a terminal where it is installed, plain lines otherwise."""

from __future__ import annotations

import sys
from typing import Protocol

from rushlight.train.history import Epoch


class Progress(Protocol):
    """What the train command tells while it runs."""

    def __enter__(self) -> Progress: ...

    def __exit__(self, *error: object) -> None: ...

    def batch(self, seen: int, loss: float, accuracy: float, rate: float) -> None:
        """One more step of the current epoch is done."""

    def epoch(self, figures: Epoch, best: bool) -> None:
        """One more epoch is done."""


def progress(images: int, epochs: int, done: int) -> Progress:
    """Return a display for a run of ``epochs`` over ``images`` images of which ``done`` epochs are behind us."""
    if sys.stdout.isatty():
        try:
            from rushlight.cli.bars import Bars
        except ModuleNotFoundError:
            return Lines(epochs)
        return Bars(images, epochs, done)
    return Lines(epochs)


class Lines:
    """One printed line per epoch."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def batch(self, seen: int, loss: float, accuracy: float, rate: float) -> None:
        """Lines are printed per epoch only."""

    def epoch(self, figures: Epoch, best: bool) -> None:
        print(line(figures, self._epochs, best), flush=True)


def line(figures: Epoch, epochs: int, best: bool) -> str:
    """The figures of an epoch in columns; a star marks the lowest validation loss so far."""
    return (
        f"epoch {figures.epoch:>{len(str(epochs))}}/{epochs}   "
        f"loss {figures.train_loss:.4f}  accuracy {100 * figures.train_accuracy:6.2f} %   "
        f"validation loss {figures.validation_loss:.4f}  accuracy {100 * figures.validation_accuracy:6.2f} %   "
        f"{figures.images_per_second:,.0f} images/s, waiting {100 * figures.waiting_seconds / figures.seconds:.0f} %"
        f"{'  *' if best else ''}"
    )
