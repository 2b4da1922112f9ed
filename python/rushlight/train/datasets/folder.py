"""A folder with one folder of pictures per class, decoded with Pillow."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rushlight.train.datasets.images import ImageDataset, Images, split

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".pgm", ".tif", ".tiff", ".webp"}


def load_folder(root: str | Path, size: int = 64, seed: int = 0) -> ImageDataset:
    """Read ``root/CLASS/*.png`` (and other formats), cropped to a centred square and scaled to ``size`` pixels.

    With folders ``root/train`` and ``root/test`` those are the parts; otherwise 20 % of the pictures are held out.
    All-grey collections get one channel, others three.
    Raises FileNotFoundError without at least two class folders, ValueError naming a picture that cannot be decoded.
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
    pixels, labels = [], []
    for label, name in enumerate(classes):
        paths = sorted(path for path in (root / name).rglob("*") if path.suffix.lower() in SUFFIXES)
        if not paths:
            raise FileNotFoundError(f"{root / name}: no pictures ({', '.join(sorted(SUFFIXES))})")
        pixels += [read_picture(path, size, channels=3) for path in paths]
        labels += [label] * len(paths)
    return Images(np.stack(pixels), np.array(labels, dtype=np.int64))


def _same_channels(*parts: Images) -> list[Images]:
    """Keep one channel when every picture is grey."""
    grey = all((part.pixels == part.pixels[:, :1]).all() for part in parts)
    return [Images(part.pixels[:, :1], part.labels) for part in parts] if grey else list(parts)


def read_picture(path: str | Path, size: int, channels: int) -> np.ndarray:
    """Return one picture as uint8 of shape (channels, size, size), cropped to its centred square.

    Raises ModuleNotFoundError without Pillow, ValueError when the picture cannot be decoded.
    """
    try:
        from PIL import Image, ImageOps
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{path}: reading pictures needs Pillow. Run: pip install pillow") from error
    try:
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(picture).convert("L" if channels == 1 else "RGB")
    except FileNotFoundError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path}: not a picture that Pillow can decode ({error})") from error
    square = ImageOps.fit(upright, (size, size), Image.Resampling.BILINEAR)
    return np.asarray(square, dtype=np.uint8).reshape(size, size, channels).transpose(2, 0, 1)
