"""What one training run is told."""

from __future__ import annotations

from dataclasses import asdict, dataclass

_SUGGESTED = {  # dataset: (epochs, batch size)
    "digits": (40, 64),
    "mnist": (8, 128),
}
_SUGGESTED_RATE = {"mlp": 3e-3, "cnn": 5e-3, "resnet18": 2e-3, "vit-tiny": 1.5e-3}

AUGMENTATIONS = ("none", "shift", "crop", "mirror")


@dataclass(frozen=True)
class Settings:
    """Options of a run; ``lr`` is the peak of the one-cycle schedule, ``patience`` counts epochs without progress.

    ``augment`` is "none", "shift" (by up to a pixel), "crop" (a random part, scaled) or "mirror" (a random part,
    every other time mirrored).
    """

    model: str
    epochs: int
    lr: float
    seed: int
    batch_size: int
    patience: int
    augment: str = "shift"

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "patience"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.augment not in AUGMENTATIONS:
            raise ValueError(f"augment must be one of {', '.join(AUGMENTATIONS)}, got {self.augment!r}")
        if not 0 < self.lr < float("inf"):
            raise ValueError(f"lr must be a positive number, got {self.lr}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}")

    @staticmethod
    def suggested(dataset: str, model: str = "cnn") -> Settings:
        """Settings that work for ``dataset`` (``digits``, ``mnist`` or a folder) with ``model``."""
        epochs, batch_size = _SUGGESTED.get(dataset, (30, 32))
        patient = 2 if model == "vit-tiny" else 1  # attention learns the neighbourhood of pixels from the data
        augment = "shift" if dataset in _SUGGESTED else "crop"
        rate = _SUGGESTED_RATE.get(model, 1e-3)
        return Settings(model, patient * epochs, rate, 0, batch_size, 12, augment)

    def as_dict(self) -> dict[str, int | float | str]:
        return asdict(self)
