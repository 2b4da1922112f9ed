"""``rushlight images bench``: loading these files with Rushlight and with the other packages that are installed."""

from __future__ import annotations

import argparse
import platform

SUMMARY = "time loading these files against Pillow, OpenCV, torchvision and simplejpeg, where they are installed"


def describe(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``bench``."""
    parser.add_argument("--rounds", type=int, default=7, help="times each file is loaded by each package (default 7)")
    parser.add_argument("--most", type=int, default=64, help="files to load, evenly chosen (default 64)")
    parser.add_argument("--chart", metavar="FILE.html", default="images-bench.html", help="page to write")


def main(paths: list[str], options: argparse.Namespace) -> list[OSError]:
    """Print a table for each task and write the chart."""
    from rushlight.cli.file_progress import file_progress
    from rushlight.image.bench import TASKS, measure, write_chart

    if options.rounds < 1 or options.most < 1:
        raise ValueError("--rounds and --most must be at least 1")
    contents, errors = _read(paths[:: -(-len(paths) // options.most)])
    parts = {}
    for task in TASKS.values() if contents else ():
        with file_progress(task.title) as progress:
            parts[task.title] = measure(task, contents, options.rounds, progress)
        print(_table(task.title, parts[task.title]))
    if contents:
        notes = [f"{len(contents)} files, {sum(map(len, contents)) / 1e6:.1f} MB, {options.rounds} rounds", _machine()]
        write_chart(options.chart, parts, [*notes, *sorted({row.versions for rows in parts.values() for row in rows})])
        print(f"{notes[0]}; {notes[1]}\nwrote {options.chart}")
    return errors


def _read(paths: list[str]) -> tuple[list[bytes], list[OSError]]:
    """The contents of the files that are images."""
    from rushlight.image import ImageError, load_bytes

    contents, errors = [], []
    for path in paths:
        try:
            with open(path, "rb") as file:
                data = file.read()
            load_bytes(data)
            contents.append(data)
        except ImageError as error:
            errors.append(ImageError(str(path), error.format, error.reason))
        except OSError as error:
            errors.append(error)
    return contents, errors


def _table(title: str, rows) -> str:
    lines = [title]
    for row in rows:
        ratio = "" if row is rows[0] else f"Rushlight is {row.ratio:.2f}x as fast"
        same = "" if row.files == rows[0].files else f"  ({row.files} of {rows[0].files} files)"
        lines.append(f"  {row.name:<28}{row.seconds * 1e3:9.2f} ms  {ratio}{same}".rstrip())
    return "\n".join(lines)


def _machine() -> str:
    return f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, one thread"
