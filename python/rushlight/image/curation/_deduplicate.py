"""Groups of equal and of similar images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from rushlight._C import image as native
from rushlight.image._errors import ImageError
from rushlight.image.curation._files import Path, image_files
from rushlight.image.curation._fingerprints import Fingerprint, Progress, fingerprints, worker_count
from rushlight.image.curation._hashes import check_algorithm, check_radius, hash_array

THRESHOLDS = {"dhash": 4, "phash": 6}
"""The number of differing bits up to which two images count as the same, unless the caller says otherwise."""


@dataclass(frozen=True)
class Duplicate:
    """A file that another one stands for.

    ``distance`` is the number of differing bits of their perceptual hashes, ``exact`` whether the files are equal byte for byte.
    """

    path: Path
    distance: int
    exact: bool


@dataclass(frozen=True)
class Group:
    """The file that is kept, and those it stands for."""

    keep: Path
    duplicates: list[Duplicate]


@dataclass(frozen=True)
class Deduplication:
    """Which files of a collection to keep; its length and its items are those of ``keep``.

    Attributes:
        keep: files that are kept, in the order given.
        groups: the kept files that have duplicates, with them.
        duplicates: the files of all groups that are not kept, in the order given.
        errors: files that cannot be read as images, with the reason. They are in none of the above.
    """

    keep: list[Path]
    groups: list[Group]
    duplicates: list[Path]
    errors: dict[Path, ImageError] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keep)

    def __iter__(self) -> Iterator[Path]:
        return iter(self.keep)


def deduplicate(
    paths: Path | Iterable[Path],
    algorithm: str | None = "dhash",
    threshold: int | None = None,
    workers: int | None = None,
    *,
    prefer: str = "largest",
    exif: bool = True,
    progress: Progress | None = None,
) -> Deduplication:
    """Return which files to keep so that no two of them are equal or similar.

    Equal files are found by their content (BLAKE3), similar ones by perceptual hashes. A file is a duplicate if its hash differs from that of
    a kept file in at most ``threshold`` bits; so every duplicate is near the one kept for it, and kept ones are further apart. A file that
    cannot be read never ends the run: it is reported in ``errors``.

    Args:
        paths: files, or folders whose images are meant.
        algorithm: ``"dhash"``, ``"phash"``, or None to compare contents only.
        threshold: differing bits, 0 to 64. By default 4 for dhash and 6 for phash, which finds recompressed, rescaled and slightly edited
            copies; the more, the more pictures that only look alike are taken for copies.
        workers: threads; as many as there are processors if None.
        prefer: ``"largest"`` keeps of a group the image with most pixels, then of most bytes, then the first; ``"first"`` the first.
        exif: turn images upright before comparing them.
        progress: called with the numbers of files done and to do.

    >>> result = deduplicate([])
    >>> result.keep, result.duplicates
    ([], [])
    """
    bits = hash_threshold_bits(algorithm, threshold)
    if prefer not in ("largest", "first"):
        raise ValueError(f"prefer must be 'largest' or 'first', got {prefer!r}")
    files = image_files(paths)
    found = fingerprints(files, algorithm=algorithm, content=True, exif=exif, workers=workers, progress=progress)
    return group_fingerprints(files, found, bits, prefer, worker_count(workers))


def hash_threshold_bits(algorithm: str | None, threshold: int | None) -> int | None:
    """Return the number of bits a threshold means, None for the comparison of contents only."""
    if algorithm is None:
        if threshold is not None:
            raise ValueError(f"threshold={threshold} needs a perceptual hash: pass algorithm='dhash' or 'phash'")
        return None
    check_algorithm(algorithm)
    return check_radius(THRESHOLDS[algorithm] if threshold is None else threshold)


def group_fingerprints(
    files: list[Path], found: list[Fingerprint | ImageError], bits: int | None, prefer: str, workers: int
) -> Deduplication:
    """Return the groups of files with fingerprints; ``bits`` None compares contents only."""
    ranked = [at for at, result in enumerate(found) if not isinstance(result, ImageError)]
    if prefer == "largest":
        ranked.sort(key=lambda at: (-found[at].width * found[at].height, -found[at].bytes))
    first_of = _first_of_equals(ranked, found)
    unequal = [at for at in ranked if first_of[at] == at]
    nearest, distance = _nearest(unequal, found, bits, workers)
    members: dict[int, list[tuple[int, Duplicate]]] = {}
    for at in ranked:
        first = first_of[at]
        if at != nearest[first]:
            duplicate = Duplicate(files[at], distance[first], exact=first == nearest[first])
            members.setdefault(nearest[first], []).append((at, duplicate))
    dropped = sorted(at for group in members.values() for at, _ in group)
    kept = sorted(set(ranked).difference(dropped))
    groups = [Group(files[at], [duplicate for _, duplicate in members[at]]) for at in kept if at in members]
    errors = {path: result for path, result in zip(files, found) if isinstance(result, ImageError)}
    return Deduplication([files[at] for at in kept], groups, [files[at] for at in dropped], errors)


def _first_of_equals(ranked: list[int], found: list[Fingerprint]) -> dict[int, int]:
    """For each file the first one in rank with the same content."""
    first: dict[bytes, int] = {}
    return {at: first.setdefault(found[at].content, at) for at in ranked}


def _nearest(
    ranked: list[int], found: list[Fingerprint], bits: int | None, workers: int
) -> tuple[dict[int, int], dict[int, int]]:
    """For each file the kept one it is near to (itself if it is kept), and how near."""
    if bits is None:
        return {at: at for at in ranked}, dict.fromkeys(ranked, 0)
    hashes = hash_array(np.array([found[at].hash for at in ranked], np.uint64))
    kept, distances = native.group(hashes, bits, workers)
    nearest = {at: ranked[k] for at, k in zip(ranked, kept.tolist())}
    return nearest, dict(zip(ranked, distances.tolist()))
