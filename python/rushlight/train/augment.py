"""Random shifts: a scanned character a pixel to the side is the same character."""

from __future__ import annotations

from rushlight import Tensor, arange, randint
from rushlight.nn import functional as F


def shift(images: Tensor, pixels: int = 1) -> Tensor:
    """Move every image by up to ``pixels`` in each direction, filling with zeros.

    Shapes: (N, channels, H, W) -> the same; random numbers come from the default generator.
    """
    count, _, height, width = images.shape
    padded = F.pad(images, (pixels, pixels, pixels, pixels))
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)
    down, right = randint(0, 2 * pixels + 1, (2, count))
    return windows[arange(count), :, down, right]
