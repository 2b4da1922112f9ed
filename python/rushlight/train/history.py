"""The figures of every epoch, and their CSV file."""

from __future__ import annotations

import csv
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Epoch:
    """One pass over the training images and the validation that followed it."""

    epoch: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    images_per_second: float
    seconds: float
    waiting_seconds: float = 0.0
    """The part of ``seconds`` in which nothing was computed because the next images were not there yet."""

    def as_dict(self) -> dict[str, int | float]:
        return asdict(self)


def write_csv(path: Path, epochs: list[Epoch]) -> None:
    """Write one row per epoch, replacing the file in one step."""
    temporary = path.with_suffix(".partial")
    with open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Epoch)])
        writer.writeheader()
        writer.writerows({name: _text(value) for name, value in epoch.as_dict().items()} for epoch in epochs)
    os.replace(temporary, path)


def _text(value: int | float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"
