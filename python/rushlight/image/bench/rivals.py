"""What is compared: the same work from the bytes of a file to an array, as each package's users write it, on one thread."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from io import BytesIO
from typing import Any

import numpy as np

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Rival:
    """One way to do a task.

    ``prepare()`` imports what it needs, keeps it to one thread, and returns the function from the bytes of a file to its result.
    """

    name: str
    packages: tuple[str, ...]
    prepare: Callable[[], Callable[[bytes], Any]]

    def versions(self) -> str | None:
        """The versions of the packages, or None if one is missing."""
        try:
            return ", ".join(f"{package} {metadata.version(package)}" for package in self.packages)
        except metadata.PackageNotFoundError:
            return None


@dataclass(frozen=True)
class Task:
    """Work that all rivals do; ours is the first one."""

    name: str
    title: str
    ours: Callable[[], Callable[[bytes], Any]]
    rivals: tuple[Rival, ...]


def installed(task: Task) -> list[Rival]:
    """Return the rivals whose packages are installed."""
    return [rival for rival in task.rivals if rival.versions() is not None]


def opencv() -> Any:
    import cv2

    cv2.setNumThreads(1)
    return cv2


def torchvision() -> tuple[Any, Any]:
    """PyTorch and torchvision's transforms, on one thread."""
    import torch

    warnings.filterwarnings("ignore", "The image decoding and encoding capabilities", DeprecationWarning)
    from torchvision.transforms import v2

    torch.set_num_threads(1)
    return torch, v2


# Bytes to RGB


def decode_ours():
    from rushlight.image import load_bytes

    return load_bytes


def decode_pillow():
    from PIL import Image

    return lambda data: np.asarray(Image.open(BytesIO(data)).convert("RGB"))


def decode_opencv():
    cv2 = opencv()

    def decode(data):
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        if pixels is None:
            raise ValueError("OpenCV does not decode this file")
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, pixels)

    return decode


def decode_simplejpeg():
    import simplejpeg

    return simplejpeg.decode_jpeg


def decode_torchvision():
    torch, _ = torchvision()
    from torchvision.io import ImageReadMode, decode_image

    return lambda data: decode_image(torch.frombuffer(bytearray(data), dtype=torch.uint8), ImageReadMode.RGB)


# Bytes to the 224 pixels that a network is evaluated on: Resize(256), CenterCrop(224), normalised planes


def chain_ours():
    from rushlight.image import load_bytes

    return lambda data: load_bytes(data, size=256, algorithm="bilinear", crop=224, normalize="imagenet")


def chain_pillow():
    from PIL import Image

    mean, std = (np.array(values, np.float32) for values in (MEAN, STD))

    def chain(data):
        image = Image.open(BytesIO(data)).convert("RGB")
        width, height = short_side(image.width, image.height)
        image = image.resize((width, height), Image.Resampling.BILINEAR)
        left, top = round((width - 224) / 2), round((height - 224) / 2)
        pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32) / 255
        return np.ascontiguousarray(((pixels - mean) / std).transpose(2, 0, 1))

    return chain


def chain_pillow_torchvision():
    _, v2 = torchvision()
    from PIL import Image
    from torchvision import transforms

    steps = [transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    transform = transforms.Compose(steps)
    return lambda data: transform(Image.open(BytesIO(data)).convert("RGB"))


def chain_torchvision():
    torch, v2 = torchvision()
    from torchvision.io import ImageReadMode, decode_image

    steps = [
        v2.Resize(256, antialias=True),
        v2.CenterCrop(224),
        v2.ToDtype(torch.float32, True),
        v2.Normalize(MEAN, STD),
    ]
    transform = v2.Compose(steps)
    return lambda data: transform(decode_image(torch.frombuffer(bytearray(data), dtype=torch.uint8), ImageReadMode.RGB))


def chain_simplejpeg_torchvision():
    torch, v2 = torchvision()
    import simplejpeg

    steps = [
        v2.Resize(256, antialias=True),
        v2.CenterCrop(224),
        v2.ToDtype(torch.float32, True),
        v2.Normalize(MEAN, STD),
    ]
    transform = v2.Compose(steps)
    return lambda data: transform(torch.from_numpy(simplejpeg.decode_jpeg(data)).permute(2, 0, 1))


def chain_simplejpeg_opencv():
    import simplejpeg

    return _opencv_chain(simplejpeg.decode_jpeg)


def chain_opencv():
    return _opencv_chain(decode_opencv())


def _opencv_chain(decode: Callable[[bytes], np.ndarray]) -> Callable[[bytes], np.ndarray]:
    """OpenCV's area filter is its only antialiased one."""
    cv2 = opencv()
    scale = 1 / (255 * np.array(STD, np.float32))
    shift = -np.array(MEAN, np.float32) / np.array(STD, np.float32)

    def chain(data):
        pixels = decode(data)
        width, height = short_side(pixels.shape[1], pixels.shape[0])
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        left, top = round((width - 224) / 2), round((height - 224) / 2)
        part = pixels[top : top + 224, left : left + 224]
        planes = np.empty((3, 224, 224), np.float32)
        for plane, channel, factor, offset in zip(planes, cv2.split(part), scale, shift):
            np.multiply(channel, factor, out=plane)
            plane += offset
        return planes

    return chain


def short_side(width: int, height: int, length: int = 256) -> tuple[int, int]:
    """The size at which the shorter side is ``length``, as torchvision rounds it."""
    if width < height:
        return length, int(length * height / width)
    return int(length * width / height), length


TASKS = {
    "decode": Task(
        "decode",
        "File bytes to RGB",
        decode_ours,
        (
            Rival("simplejpeg", ("simplejpeg",), decode_simplejpeg),
            Rival("OpenCV", ("opencv-python-headless",), decode_opencv),
            Rival("torchvision", ("torchvision",), decode_torchvision),
            Rival("Pillow", ("pillow",), decode_pillow),
        ),
    ),
    "chain": Task(
        "chain",
        "File bytes to Resize 256, CenterCrop 224, normalised planes",
        chain_ours,
        (
            Rival("simplejpeg + OpenCV", ("simplejpeg", "opencv-python-headless"), chain_simplejpeg_opencv),
            Rival("simplejpeg + torchvision v2", ("simplejpeg", "torchvision"), chain_simplejpeg_torchvision),
            Rival("OpenCV", ("opencv-python-headless",), chain_opencv),
            Rival("torchvision v2", ("torchvision",), chain_torchvision),
            Rival("Pillow + torchvision", ("pillow", "torchvision"), chain_pillow_torchvision),
            Rival("Pillow + NumPy", ("pillow",), chain_pillow),
        ),
    ),
}
