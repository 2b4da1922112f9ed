"""Picture files, decoded while they are used: a folder of any size takes the memory of a few batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

import rushlight as rl
from rushlight.image import ImageLoader, load, load_batch
from rushlight.image.transforms import Compose, RandomHorizontalFlip, RandomResizedCrop
from rushlight.train.datasets.images import Batches, histogram

SAMPLE = 2048
"""Pictures, spread over all, that the mean, the deviation and the number of channels are found from."""

CROP = {"scale": (0.7, 1.0), "ratio": (4 / 5, 5 / 4)}
"""Share of a picture's area, and shape, of the part that is cut from it while training."""

_SHAPE = {"algorithm": "bilinear", "crop": "center"}
_CHUNK_BYTES = 1 << 24


@dataclass(frozen=True)
class Pictures:
    """Paths of files; every picture is cropped to its centred square and scaled to ``size`` pixels.

    One that cannot be read is left out, and ``failures`` says why.
    """

    paths: np.ndarray
    labels: np.ndarray
    size: int
    channels: int = 3
    failures: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: slice | np.ndarray) -> Pictures:
        return replace(self, paths=self.paths[index], labels=self.labels[index])

    @property
    def mode(self) -> str:
        return "L" if self.channels == 1 else "RGB"

    def picture(self, index: int) -> np.ndarray:
        return load(self.paths[index], self.size, **_SHAPE, mode=self.mode, layout="CHW")

    def histogram(self) -> np.ndarray:
        return sum(histogram(pixels) for pixels in self._sample())

    def has_colour(self) -> bool:
        """Whether the channels of a picture differ."""
        return any((pixels != pixels[:, :1]).any() for pixels in self._sample())

    def _sample(self) -> Iterator[np.ndarray]:
        """Chunks of pixels; raises the ImageError of the first picture when none can be read."""
        chosen, faults, found = self.paths[:: -(-len(self) // SAMPLE)], [], False
        for start in range(0, len(chosen), self._chunk):
            paths = chosen[start : start + self._chunk].tolist()
            pixels = load_batch(paths, self.size, **_SHAPE, mode=self.mode, layout="CHW", errors="skip", report=faults)
            found |= len(pixels) > 0
            if len(pixels):
                yield pixels
        if not found:
            raise faults[0]

    @property
    def _chunk(self) -> int:
        return max(1, min(500, _CHUNK_BYTES // (self.channels * self.size**2)))

    def in_order(self) -> Batches:
        return self.read(self.loader(self._chunk, size=self.size, **_SHAPE))

    def shuffled(self, batch_size: int, seed: int, augment: str) -> ShuffledPictures:
        return ShuffledPictures(self, batch_size, seed, augment)

    def loader(self, batch_size: int, **options: object) -> ImageLoader:
        """Batches of pixels and places."""
        return ImageLoader(
            self.paths,
            batch_size,
            labels=np.arange(len(self)),
            mode=self.mode,
            errors="skip",
            device="cpu",
            **options,
        )

    def read(self, loader: ImageLoader) -> Batches:
        """The batches of a loader; raises ValueError when there are none."""
        empty = True
        for batch in loader:
            empty = False
            yield batch
        self.failures.update((fault.file, str(fault.error)) for fault in loader.failures)
        loader.failures.clear()
        if empty:
            raise ValueError(f"none of {len(self):,} pictures can be read: {next(iter(self.failures.values()))}")


class ShuffledPictures:
    """Batches in an order, and of cuttings, that are functions of the seed and the epoch alone."""

    def __init__(self, pictures: Pictures, batch_size: int, seed: int, augment: str) -> None:
        self._pictures, self._labels = pictures, rl.from_numpy(pictures.labels)
        self._loader = pictures.loader(
            batch_size,
            shuffle=True,
            seed=seed,
            drop_last=len(pictures) > batch_size,
            **_cutting(pictures.size, augment),
        )

    def __len__(self) -> int:
        return len(self._loader)

    def epoch(self, number: int) -> Batches:
        self._loader.set_epoch(number)
        for pixels, places in self._pictures.read(self._loader):
            yield pixels, self._labels[places]


def _cutting(size: int, augment: str) -> dict:
    """Options of the loader for a way to augment."""
    if augment in ("none", "shift"):
        return {"size": size, **_SHAPE}
    crop = RandomResizedCrop(size, **CROP)
    return {"transform": crop if augment == "crop" else Compose([crop, RandomHorizontalFlip()])}
