"""``rushlight images filter``: the images of a collection that are worth keeping."""

from __future__ import annotations

import argparse

SUMMARY = "print the images that are large enough, not duplicates, and pleasing"


def describe(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``filter``."""
    parser.add_argument("--min-width", type=int, help="fewest columns of pixels")
    parser.add_argument("--min-height", type=int, help="fewest rows of pixels")
    parser.add_argument("--no-dedup", action="store_true", help="keep equal and similar images")
    parser.add_argument("--algorithm", choices=("dhash", "phash"), default="dhash", help="kind of hash (default dhash)")
    parser.add_argument("--threshold", type=int, help="bits that may differ (default 4 for dhash, 6 for phash)")
    parser.add_argument("--min-aesthetic", type=float, help="lowest aesthetic score; needs open_clip_torch")
    parser.add_argument("--removed", action="store_true", help="print what is removed and why instead")
    parser.add_argument("--workers", type=int, help="threads (default: one for each processor)")


def main(paths: list[str], options: argparse.Namespace) -> list[OSError]:
    """Print the paths that are kept, and the totals to standard error; no file is changed."""
    from rushlight.cli.file_progress import file_progress
    from rushlight.image.curation import filter_dataset

    with file_progress("reading") as progress:
        result = filter_dataset(
            paths,
            options.min_width,
            options.min_height,
            not options.no_dedup,
            options.algorithm,
            options.threshold,
            options.min_aesthetic,
            options.workers,
            verbose=True,
            progress=progress,
        )
    lines = [f"{path}: {reason}" for path, reason in result.removed.items()] if options.removed else result.keep
    print(*lines, sep="\n", end="\n" if lines else "")
    return list(result.errors.values())
