"""What is found out about every file of a collection, in one reading."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from rushlight._C import image as native
from rushlight.image._calls import thread_count
from rushlight.image._errors import ImageError
from rushlight.image.curation._files import Path

Progress: TypeAlias = Callable[[int, int], object]
"""Called with the number of files done and the number of all files."""

_BATCH = 256


class Fingerprint(NamedTuple):
    """Size in pixels (upright), length in bytes, and the hashes that were asked for."""

    width: int
    height: int
    bytes: int
    content: bytes | None
    hash: int | None


def fingerprints(
    paths: list[Path],
    *,
    algorithm: str | None = None,
    content: bool = False,
    exif: bool = True,
    max_pixels: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Fingerprint | ImageError]:
    """Return for each file its fingerprint, or the error that says why it has none.

    Files go to the threads in batches, so that a run can be interrupted and its progress shown.
    """
    threads = thread_count(workers)
    found: list[Fingerprint | ImageError] = []
    size = _BATCH * threads
    for start in range(0, len(paths), size):
        batch = [os.fsdecode(path) for path in paths[start : start + size]]
        for result in native.fingerprint_files(batch, algorithm, content, exif, max_pixels, threads):
            found.append(result if isinstance(result, ImageError) else Fingerprint(*result))
        if progress is not None:
            progress(len(found), len(paths))
    return found
