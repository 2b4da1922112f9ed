"""Antialiased resizing of 8-bit pixels: ``python -m benchmarks.image.resize``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.image.photographs import camera, small
from benchmarks.image.report import Comparison
from rushlight.image.bench import Rival, Task
from rushlight.image.bench.rivals import opencv, torchvision

GOALS = {"torch": ">= 1.3x", "Pillow": ">= 4x"}
LARGE = (3000, 2000)
PHOTOGRAPHS = 3


def large(data: Path) -> list[bytes]:
    """Return a few of the camera's photographs as JPEG files of 3000x2000 pixels."""
    found = []
    for file in camera(data, least=6)[:PHOTOGRAPHS]:
        buffer = BytesIO()
        with Image.open(BytesIO(file)) as image:
            ImageOps.fit(image.convert("RGB"), LARGE).save(buffer, "JPEG")
        found.append(buffer.getvalue())
    return found


@cache
def pixels(file: bytes) -> np.ndarray:
    """The decoded file: what is timed begins with pixels."""
    from rushlight.image import load_bytes

    return load_bytes(file)


def on_pixels(resize: Callable[[np.ndarray], object]) -> Callable[[bytes], object]:
    return lambda file: resize(pixels(file))


def ours(height: int, width: int):
    import rushlight
    from rushlight.image.transforms import InterpolationMode, functional

    rushlight.set_num_threads(1)
    return on_pixels(lambda image: functional.resize(image, [height, width], InterpolationMode.BILINEAR))


def torch_channels_last(height: int, width: int):
    torch, _ = torchvision()

    def resize(image: np.ndarray):
        batch = torch.from_numpy(image).permute(2, 0, 1)[None]
        return torch.nn.functional.interpolate(batch, (height, width), mode="bilinear", antialias=True)

    return on_pixels(resize)


def pillow(height: int, width: int):
    size = (width, height)
    return on_pixels(lambda image: np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)))


def opencv_area(height: int, width: int):
    cv2 = opencv()
    return on_pixels(lambda image: cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))


def task(source: str, height: int, width: int) -> Task:
    """Return the comparison of one pair of sizes."""
    return Task(
        "resize",
        f"{source} RGB pixels to {width}x{height}, bilinear, antialiased (OpenCV: area)",
        lambda: ours(height, width),
        (
            Rival("torch", ("torch",), lambda: torch_channels_last(height, width)),
            Rival("OpenCV", ("opencv-python-headless",), lambda: opencv_area(height, width)),
            Rival("Pillow", ("pillow",), lambda: pillow(height, width)),
        ),
    )


RESIZE = Comparison("Pixels, 500x375 to 224x224, bilinear, antialiased", task("500x375", 224, 224), small, GOALS)
DOWNSCALE = Comparison("Pixels, 3000x2000 to 341x227", task("3000x2000", 227, 341), large, GOALS)

if __name__ == "__main__":
    RESIZE.main()
    DOWNSCALE.main()
