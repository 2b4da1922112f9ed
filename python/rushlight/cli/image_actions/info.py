"""``rushlight images info``: format, size and kind of pixels, from the headers."""

from __future__ import annotations

import argparse
import os
from collections import Counter

SUMMARY = "print format, size and kind of pixels of image files"


def describe(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``info``."""
    parser.add_argument("--summary", action="store_true", help="print totals only")


def main(paths: list[str], options: argparse.Namespace) -> list[OSError]:
    """Print one line for each file, and totals for several."""
    from rushlight.cli.file_progress import file_progress
    from rushlight.image import ImageError, image_info

    errors, formats, pixels, size = [], Counter(), 0, 0
    with file_progress("reading headers") as progress:
        for done, path in enumerate(paths, 1):
            try:
                info = image_info(path)
            except ImageError as error:
                errors.append(error)
                continue
            length = os.path.getsize(path)
            formats[info.format] += 1
            pixels, size = pixels + info.width * info.height, size + length
            if not options.summary:
                print(_line(path, info, length))
            progress(done, len(paths))
    if options.summary or len(paths) > 1:
        kinds = ", ".join(f"{count:,} {name}" for name, count in formats.most_common())
        print(f"{formats.total():,} images ({kinds or 'none'}), {pixels / 1e6:,.1f} megapixels, {size / 1e6:,.1f} MB")
    return errors


def _line(path, info, length: int) -> str:
    turned = "" if info.orientation == 1 else f", EXIF orientation {info.orientation}"
    kind = info.mode if info.bits == 8 else f"{info.mode} {info.bits} bit"
    return f"{info.format:<5} {info.width:>6} x {info.height:<6} {kind:<12} {length:>12,} bytes  {path}{turned}"
