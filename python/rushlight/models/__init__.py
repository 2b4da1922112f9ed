"""Four small image classifiers, chosen by name: ``mlp``, ``cnn``, ``resnet18``, ``vit-tiny``."""

from __future__ import annotations

from collections.abc import Callable

from rushlight import nn
from rushlight.models.cnn import CNN
from rushlight.models.mlp import MLP
from rushlight.models.resnet import ResNet, resnet18
from rushlight.models.vit import VisionTransformer

__all__ = ["CNN", "MLP", "MODELS", "ResNet", "VisionTransformer", "build", "resnet18"]


def _resnet18(channels: int, size: int, classes: int) -> nn.Module:
    return resnet18(num_classes=classes, in_channels=channels, small_images=size < 96)


MODELS: dict[str, Callable[[int, int, int], nn.Module]] = {
    "mlp": MLP,
    "cnn": CNN,
    "resnet18": _resnet18,
    "vit-tiny": VisionTransformer,
}
"""Model name to a constructor called with (channels, image size, number of classes)."""


def build(name: str, channels: int, size: int, classes: int) -> nn.Module:
    """Return the classifier ``name`` for square images of shape (channels, size, size).

    Raises ValueError for a name that is not in `MODELS`.

    >>> sum(p.numel() for p in build("mlp", channels=1, size=8, classes=10).parameters())
    26122
    """
    if name not in MODELS:
        raise ValueError(f"unknown model {name!r}: choose one of {', '.join(MODELS)}")
    return MODELS[name](channels, size, classes)
