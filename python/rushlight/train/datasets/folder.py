"""A folder with one folder of pictures per class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from rushlight.train.datasets.images import ImageDataset, split
from rushlight.train.datasets.pictures import Pictures

SUFFIXES = {".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".qoi", ".tif", ".tiff", ".webp"}


def load_folder(root: str | Path, size: int = 64, seed: int = 0) -> ImageDataset:
    """Find ``root/CLASS/*.png`` (and other formats); they are decoded when they are used.

    With folders ``root/train`` and ``root/test`` those are the parts; otherwise 20 % of the pictures are held out.
    All-grey collections get one channel, others three.
    Raises FileNotFoundError without at least two class folders, ImageError (a ValueError) when no picture can be decoded.
    """
    root = Path(root)
    if (root / "train").is_dir() and (root / "test").is_dir():
        classes = _class_folders(root / "train")
        pictures, held_out = _find(root / "train", classes, size), _find(root / "test", classes, size)
        parts = [*split(pictures, (0.9,), seed), held_out]
    else:
        classes = _class_folders(root)
        pictures = _find(root, classes, size)
        parts = split(pictures, (0.7, 0.1), seed)
    if not pictures.has_colour() and not parts[-1].has_colour():
        parts = [replace(part, channels=1) for part in parts]
    return ImageDataset(root.resolve().name, classes, *parts)


def _class_folders(root: Path) -> list[str]:
    if not root.is_dir():
        raise FileNotFoundError(f"{root} is not a folder; expected a folder with one folder of pictures per class")
    names = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if len(names) < 2:
        raise FileNotFoundError(f"{root}: found {len(names)} class folders, at least two are needed")
    return names


def _find(root: Path, classes: list[str], size: int) -> Pictures:
    paths, labels = [], []
    for label, name in enumerate(classes):
        found = sorted(str(path) for path in (root / name).rglob("*") if path.suffix.lower() in SUFFIXES)
        if not found:
            raise FileNotFoundError(f"{root / name}: no pictures ({', '.join(sorted(SUFFIXES))})")
        paths += found
        labels += [label] * len(found)
    return Pictures(np.array(paths, dtype=object), np.array(labels, dtype=np.int64), size)


def read_picture(path: str | Path, size: int, channels: int) -> np.ndarray:
    """Return one picture as uint8 of shape (channels, size, size), cropped to its centred square.

    Raises FileNotFoundError, or ImageError (a ValueError) when the picture cannot be decoded.
    """
    from rushlight.image import load

    return load(path, size, "bilinear", "center", mode="L" if channels == 1 else "RGB", layout="CHW")
