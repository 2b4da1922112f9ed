"""A perceptron with two hidden layers."""

from __future__ import annotations

from rushlight import Tensor, nn


class MLP(nn.Module):
    """Two hidden ReLU layers over the flattened image.

    Shapes: (N, channels, size, size) -> (N, classes) logits.
    """

    def __init__(self, channels: int, size: int, classes: int, width: int = 128, dropout: float = 0.2) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels * size * size, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)
