"""MNIST and the datasets published in its four-file form (Fashion-MNIST, KMNIST)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rushlight.train.datasets.idx import read_idx
from rushlight.train.datasets.images import ImageDataset, Images, split


def load_mnist(root: str | Path, seed: int = 0) -> ImageDataset:
    """Read ``train-*`` and ``t10k-*`` IDX files under ``root``; one training image in twelve chooses the best epoch.

    Raises FileNotFoundError naming the missing file, ValueError when images and labels disagree.
    """
    learn, choose = split(_read(Path(root), "train"), (11 / 12,), seed)
    held_out = _read(Path(root), "t10k")
    classes = [str(label) for label in range(int(learn.labels.max()) + 1)]
    return ImageDataset("mnist", classes, learn, choose, held_out)


def _read(root: Path, part: str) -> Images:
    pixels = read_idx(_find(root, f"{part}-images-idx3-ubyte"))
    labels = read_idx(_find(root, f"{part}-labels-idx1-ubyte")).astype(np.int64)
    if pixels.ndim != 3 or pixels.shape[1] != pixels.shape[2] or labels.shape != pixels.shape[:1]:
        raise ValueError(
            f"{root}: {part} images of shape {pixels.shape} and labels of shape {labels.shape} do not fit; "
            "expected (N, size, size) and (N,)"
        )
    return Images(pixels[:, None], labels)


def _find(root: Path, name: str) -> Path:
    for candidate in (root / name, root / f"{name}.gz"):
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f"{root}: neither {name} nor {name}.gz is there")
