"""A folder with one folder of pictures per class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rushlight.train.datasets.images import ImageDataset, Images, split

SUFFIXES = {".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".qoi", ".tif", ".tiff", ".webp"}


def load_folder(root: str | Path, size: int = 64, seed: int = 0) -> ImageDataset:
    """Read ``root/CLASS/*.png`` (and other formats), cropped to a centred square and scaled to ``size`` pixels.

    With folders ``root/train`` and ``root/test`` those are the parts; otherwise 20 % of the pictures are held out.
    All-grey collections get one channel, others three.
    Raises FileNotFoundError without at least two class folders, ImageError (a ValueError) naming a picture that cannot be decoded.
    """
    root = Path(root)
    if (root / "train").is_dir() and (root / "test").is_dir():
        classes = _class_folders(root / "train")
        pictures, held_out = _read(root / "train", classes, size), _read(root / "test", classes, size)
        learn, choose = split(pictures, (0.9,), seed)
        learn, choose, held_out = _same_channels(learn, choose, held_out)
    else:
        classes = _class_folders(root)
        learn, choose, held_out = split(_same_channels(_read(root, classes, size))[0], (0.7, 0.1), seed)
    return ImageDataset(root.resolve().name, classes, learn, choose, held_out)


def _class_folders(root: Path) -> list[str]:
    if not root.is_dir():
        raise FileNotFoundError(f"{root} is not a folder; expected a folder with one folder of pictures per class")
    names = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if len(names) < 2:
        raise FileNotFoundError(f"{root}: found {len(names)} class folders, at least two are needed")
    return names


def _read(root: Path, classes: list[str], size: int) -> Images:
    from rushlight.image import load_batch

    pixels, labels = [], []
    for label, name in enumerate(classes):
        paths = sorted(path for path in (root / name).rglob("*") if path.suffix.lower() in SUFFIXES)
        if not paths:
            raise FileNotFoundError(f"{root / name}: no pictures ({', '.join(sorted(SUFFIXES))})")
        pixels.append(load_batch(paths, size, "bilinear", "center", layout="CHW"))
        labels += [label] * len(paths)
    return Images(np.concatenate(pixels), np.array(labels, dtype=np.int64))


def _same_channels(*parts: Images) -> list[Images]:
    """Keep one channel when every picture is grey."""
    grey = all((part.pixels == part.pixels[:, :1]).all() for part in parts)
    return [Images(part.pixels[:, :1], part.labels) for part in parts] if grey else list(parts)


def read_picture(path: str | Path, size: int, channels: int) -> np.ndarray:
    """Return one picture as uint8 of shape (channels, size, size), cropped to its centred square.

    Raises FileNotFoundError, or ImageError (a ValueError) when the picture cannot be decoded.
    """
    from rushlight.image import load

    return load(path, size, "bilinear", "center", mode="L" if channels == 1 else "RGB", layout="CHW")
