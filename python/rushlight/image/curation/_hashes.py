"""Perceptual hashes of single images and of many, and how far apart they are."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from rushlight._C import image as native
from rushlight.image._errors import ImageError
from rushlight.image.curation._files import Path, image_files
from rushlight.image.curation._fingerprints import Progress, fingerprints, worker_count

ALGORITHMS = ("dhash", "phash")


def phash(path_or_array: object, algorithm: str = "dhash", *, exif: bool = True) -> int:
    """Return the perceptual hash of an image: 64 bits, few of which differ between similar pictures.

    ``"dhash"`` compares neighbours in 9x8 grey pixels, ``"phash"`` the lowest 8x8 coefficients of the cosine transform of 32x32 grey
    pixels with their median. The bits are those of ``imagehash.dhash`` and ``imagehash.phash``: ``f"{hash:016x}"`` is their ``str``.

    Args:
        path_or_array: a path, encoded bytes, pixels ``[H, W]`` or ``[H, W, 1|3|4]`` of uint8, a tensor ``[1|3|4, H, W]`` of uint8,
            or a Pillow image.
        exif: turn the image of a file upright first. ``imagehash`` looks at pixels as they are stored.

    Raises:
        ImageError: the file cannot be read or decoded.
        ValueError: the algorithm or the shape is not one of the above.
        TypeError: the object is none of the above, or its elements are not uint8.

    >>> rising = np.tile(np.arange(0, 180, 10, dtype=np.uint8), (16, 1))
    >>> f"{phash(rising):016x}"
    'ffffffffffffffff'
    """
    check_algorithm(algorithm)
    if isinstance(path_or_array, str | os.PathLike):
        (found,) = fingerprints([path_or_array], algorithm=algorithm, exif=exif, workers=1)
        if isinstance(found, ImageError):
            raise found
        return found.hash
    if isinstance(path_or_array, bytes | bytearray | memoryview):
        return native.hash_bytes(bytes(path_or_array), algorithm, exif)
    return native.hash_pixels(_pixels(path_or_array), algorithm)


def _pixels(image: object) -> np.ndarray:
    """Pixels as they lie in memory, rows first."""
    if hasattr(image, "convert") and hasattr(image, "getbands"):
        return np.asarray(image.convert("L"))
    if not hasattr(image, "shape"):
        raise TypeError(f"an image is a path, bytes, an array, a tensor or a Pillow image, got {type(image).__name__}")
    pixels = image if isinstance(image, np.ndarray) else np.moveaxis(np.asarray(image), 0, -1)
    if pixels.dtype != np.uint8:
        raise TypeError(f"pixels must be uint8, got {pixels.dtype}")
    return np.ascontiguousarray(pixels)


@dataclass(frozen=True)
class Hashes(Sequence[int | None]):
    """The hashes of many files: a sequence with None where a file has no hash, and the reasons in ``errors``."""

    paths: list[Path]
    values: list[int | None]
    errors: dict[Path, ImageError] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, at):
        return self.values[at]


def phash_batch(
    paths: Path | Iterable[Path],
    algorithm: str = "dhash",
    workers: int | None = None,
    *,
    exif: bool = True,
    progress: Progress | None = None,
) -> Hashes:
    """Return the hashes of files, in their order, as `phash` computes them; files without one are None and stand in ``errors``.

    Args:
        paths: files, or folders whose images are meant.
        workers: threads; as many as there are processors if None.
        progress: called with the numbers of files done and to do.
    """
    check_algorithm(algorithm)
    files = image_files(paths)
    found = fingerprints(files, algorithm=algorithm, exif=exif, workers=workers, progress=progress)
    errors = {path: result for path, result in zip(files, found) if isinstance(result, ImageError)}
    return Hashes(files, [None if isinstance(result, ImageError) else result.hash for result in found], errors)


def hamming_distance(a: int, b: int) -> int:
    """Return in how many bits two hashes differ.

    >>> hamming_distance(0, 2**64 - 1)
    64
    """
    return (_hash(a) ^ _hash(b)).bit_count()


def _hash(value: int) -> int:
    number = operator.index(value)
    if not 0 <= number < 1 << 64:
        raise ValueError(f"a hash has 64 bits, got {number}")
    return number


def hamming_pairs(
    hashes: Iterable[int], radius: int, workers: int | None = None, *, limit: int = 50_000_000
) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs of hashes that differ in at most ``radius`` bits.

    The search is exact; a million evenly spread hashes take about a second within radius 5.

    Args:
        hashes: numbers of 64 bits.
        limit: more pairs than this are an error, as many equal hashes make more pairs than memory holds.

    Returns:
        ``pairs`` uint32 ``[P, 2]`` (numbers of the hashes, the lower one first, in order) and ``distances`` uint32 ``[P]``.

    Source: Norouzi, Punjani, Fleet, "Fast Exact Search in Hamming Space with Multi-Index Hashing", 2014.

    >>> pairs, distances = hamming_pairs([0b0000, 0b0011, 0b1111], radius=2)
    >>> pairs.tolist(), distances.tolist()
    ([[0, 1], [1, 2]], [2, 2])
    """
    found = native.pairs(hash_array(hashes), check_radius(radius), worker_count(workers), limit)
    if found is None:
        raise ValueError(f"more than limit={limit} pairs of hashes are within radius {radius}")
    return found


def hash_array(hashes: Iterable[int]) -> np.ndarray:
    """Return hashes as one array of uint64; the signed numbers that databases store are read by their bits."""
    if not isinstance(hashes, np.ndarray):
        return np.fromiter(map(_hash, hashes), np.uint64)
    if hashes.ndim != 1 or hashes.dtype.kind not in "ui":
        raise ValueError(f"hashes must be an array [N] of whole numbers, got {list(hashes.shape)} of {hashes.dtype}")
    return np.ascontiguousarray(hashes).astype(np.uint64, copy=False)


def check_algorithm(algorithm: object) -> None:
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm must be 'dhash' or 'phash', got {algorithm!r}")


def check_radius(radius: int) -> int:
    """Return a number of bits, if it is one."""
    number = operator.index(radius)
    if not 0 <= number <= 64:
        raise ValueError(f"a radius or threshold is a number of bits from 0 to 64, got {radius}")
    return number
