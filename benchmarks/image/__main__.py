"""Run every benchmark of images; write their part of ``docs/benchmarks.md``, and the rows that have a goal into the README.

``python -m benchmarks.image [--data FOLDER] [--rounds N] [--print]``
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from benchmarks.compare import PAGE, README, machine, replace_marked
from benchmarks.image.report import HEADER, Figure, Section

MARK = "image benchmarks"
HEAD = """# Images

Written by `make bench`: real photographs, the packages in turn within one run, medians. {machine}.
"""
PARTS = {
    "jpeg": "JPEG",
    "evaluation_chain": "CHAIN",
    "camera": "CAMERA",
    "png": "PNG",
    "resize": "RESIZE DOWNSCALE",
    "augment": "AUGMENT",
    "loader": "LOADER",
    "hashes": "HASHES",
    "training": "TRAINING",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split(";")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)}; only printed then")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the photographs")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--print", action="store_true", help="write no file")
    options = parser.parse_args()
    if not (options.data / "photos" / "camera").is_dir() or not (options.data / "kodak").is_dir():
        print(
            f"benchmarks of images are skipped: {options.data} has no photos/camera and kodak; --data FOLDER names them"
        )
        return
    sections = [section for name in options.parts or PARTS for section in measured(name, options)]
    if options.parts or options.print:
        print(summary([figure for section in sections for figure in section.figures]))
        return
    head = HEAD.format(machine=machine())
    replace_marked(PAGE, MARK, "\n".join([head, *(section.text for section in sections)]))
    replace_marked(README, MARK, summary([figure for section in sections for figure in section.figures]))
    print(f"wrote the parts about images of {PAGE} and {README}")


def measured(name: str, options: argparse.Namespace) -> Iterator[Section]:
    """Run one script and print what it found."""
    module = import_module(f"benchmarks.image.{name}")
    for part in PARTS[name].split():
        section = getattr(module, part).measured(options.data, options.rounds)
        print(section.text, flush=True)
        yield section


def summary(figures: list[Figure]) -> str:
    """Return the table of the README and the machine."""
    return "\n".join([*HEADER, *(figure.line() for figure in figures), "", f"{machine()}."])


if __name__ == "__main__":
    main()
