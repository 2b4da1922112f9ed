"""Antialiased resizing of 8-bit pixels: ``python -m benchmarks.image.resize``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from benchmarks.image.photographs import small
from benchmarks.image.report import Comparison
from rushlight.image.bench import Rival, Task
from rushlight.image.bench.rivals import opencv, torchvision

GOALS = {"torch": ">= 1.3x", "Pillow": ">= 4x"}
SIZE = 224


@cache
def pixels(file: bytes) -> np.ndarray:
    """The decoded file: what is timed begins with pixels."""
    from rushlight.image import load_bytes

    return load_bytes(file)


def on_pixels(resize: Callable[[np.ndarray], object]) -> Callable[[bytes], object]:
    return lambda file: resize(pixels(file))


def ours():
    import rushlight
    from rushlight.image.transforms import InterpolationMode, functional

    rushlight.set_num_threads(1)
    return on_pixels(lambda image: functional.resize(image, [SIZE, SIZE], InterpolationMode.BILINEAR))


def torch_channels_last():
    torch, _ = torchvision()

    def resize(image: np.ndarray):
        batch = torch.from_numpy(image).permute(2, 0, 1)[None]
        return torch.nn.functional.interpolate(batch, (SIZE, SIZE), mode="bilinear", antialias=True)

    return on_pixels(resize)


def pillow():
    from PIL import Image

    return on_pixels(lambda image: np.asarray(Image.fromarray(image).resize((SIZE, SIZE), Image.Resampling.BILINEAR)))


def opencv_area():
    cv2 = opencv()
    return on_pixels(lambda image: cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA))


TASK = Task(
    "resize",
    "500x375 RGB pixels to 224x224, bilinear, antialiased (OpenCV: area)",
    ours,
    (
        Rival("torch", ("torch",), torch_channels_last),
        Rival("OpenCV", ("opencv-python-headless",), opencv_area),
        Rival("Pillow", ("pillow",), pillow),
    ),
)

RESIZE = Comparison("Pixels, 500x375 to 224x224, bilinear, antialiased", TASK, small, GOALS)

if __name__ == "__main__":
    RESIZE.main()
