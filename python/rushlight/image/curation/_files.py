"""Which files are meant by paths that may be folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TypeAlias

Path: TypeAlias = str | os.PathLike

EXTENSIONS = frozenset(
    "apng avif bmp dib gif jfif jpe jpeg jpg pam pbm pgm png pnm ppm qoi tif tiff webp".split()  # fmt: skip
)
"""What the names of image files end with. Only for finding files in folders: what a file is, its content says."""


def image_files(paths: Path | Iterable[Path]) -> list[Path]:
    """Return the files that ``paths`` mean: files as given, of folders all images below them in the order of their names.

    A single path may be given instead of several. A path that does not exist stays in the list: reading it says so.

    >>> image_files("holiday.jpg")
    ['holiday.jpg']
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else paths
    found: list[Path] = []
    for path in given:
        if not isinstance(path, str | os.PathLike):
            raise TypeError(f"paths must be strings or path objects, got {type(path).__name__}")
        found.extend(_below(path) if os.path.isdir(path) else [path])
    return found


def _below(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        folders.sort()
        yield from (os.path.join(parent, name) for name in sorted(files) if _is_image_name(name))


def _is_image_name(name: str) -> bool:
    return name.rpartition(".")[2].lower() in EXTENSIONS and not name.startswith(".")
