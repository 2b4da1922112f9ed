"""``rushlight images dedup``: groups of equal and similar images."""

from __future__ import annotations

import argparse

SUMMARY = "find equal and similar images"


def describe(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``dedup``."""
    parser.add_argument(
        "--algorithm",
        choices=("dhash", "phash", "exact"),
        default="dhash",
        help="kind of hash; exact finds only files that are equal (default dhash)",
    )
    parser.add_argument("--threshold", type=int, help="bits that may differ (default 4 for dhash, 6 for phash)")
    parser.add_argument(
        "--prefer",
        choices=("largest", "first"),
        default="largest",
        help="which image of a group is kept (default largest)",
    )
    parser.add_argument("--list", action="store_true", help="print only the paths of the duplicates")
    parser.add_argument("--sheet", metavar="FILE.html", help="write a page with pictures of the groups")
    parser.add_argument("--workers", type=int, help="threads (default: one for each processor)")


def main(paths: list[str], options: argparse.Namespace) -> list[OSError]:
    """Print the groups, or the duplicates only; no file is changed."""
    from rushlight.cli.file_progress import file_progress
    from rushlight.image.curation import deduplicate

    algorithm = None if options.algorithm == "exact" else options.algorithm
    with file_progress("hashing") as progress:
        result = deduplicate(
            paths, algorithm, options.threshold, options.workers, prefer=options.prefer, progress=progress
        )
    print("\n".join(map(str, result.duplicates)) if options.list else _report(result))
    if options.sheet:
        result.contact_sheet(options.sheet)
    return list(result.errors.values())


def _report(result) -> str:
    lines = []
    for group in result.groups:
        lines.append(f"keep      {group.keep}")
        for duplicate in group.duplicates:
            kind = "equal" if duplicate.exact else f"{duplicate.distance:>2} bits"
            lines.append(f"  {kind:<8}{duplicate.path}")
    count = len(result.keep) + len(result.duplicates)
    lines.append(
        f"{count:,} images: {len(result.keep):,} kept, {len(result.duplicates):,} duplicates in {len(result.groups):,} groups"
    )
    return "\n".join(lines)
