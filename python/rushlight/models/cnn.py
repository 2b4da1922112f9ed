"""A convolutional network of VGG's shape: pairs of 3x3 convolutions between poolings."""

from __future__ import annotations

from rushlight import Tensor, nn


def _stage(inputs: int, outputs: int) -> list[nn.Module]:
    """Two 3x3 convolutions with batch normalisation, then 2x2 max pooling."""
    return [
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
        nn.MaxPool2d(2),
    ]


class CNN(nn.Module):
    """Stages of doubling width until the image is at most 3 pixels wide, then a linear classifier.

    Shapes: (N, channels, size, size) -> (N, classes) logits, for size >= 4.
    Source: Simonyan and Zisserman, "Very Deep Convolutional Networks", 2014; Ioffe and Szegedy, "Batch
    Normalization", 2015.
    """

    def __init__(self, channels: int, size: int, classes: int, width: int = 24, dropout: float = 0.3) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        inputs = channels
        while size > 3:
            stages += _stage(inputs, width)
            inputs, width, size = width, min(2 * width, 256), size // 2
        self.features = nn.Sequential(*stages)
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(inputs * size * size, classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.features(images))
