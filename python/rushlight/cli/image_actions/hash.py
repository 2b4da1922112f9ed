"""``rushlight images hash``: perceptual hashes, one line for each file."""

from __future__ import annotations

import argparse

SUMMARY = "print perceptual hashes of image files"


def describe(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``hash``."""
    parser.add_argument("--algorithm", choices=("dhash", "phash"), default="dhash", help="kind of hash (default dhash)")
    parser.add_argument("--workers", type=int, help="threads (default: one for each processor)")


def main(paths: list[str], options: argparse.Namespace) -> list[OSError]:
    """Print 16 hexadecimal digits and the path of every file."""
    from rushlight.cli.file_progress import file_progress
    from rushlight.image.curation import phash_batch

    with file_progress("hashing") as progress:
        hashes = phash_batch(paths, options.algorithm, options.workers, progress=progress)
    for path, value in zip(hashes.paths, hashes):
        if value is not None:
            print(f"{value:016x}  {path}")
    return list(hashes.errors.values())
