"""The arguments and the printed table of every script here."""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.compare import processor
from rushlight.image.bench import Measured, Task, measure


def arguments(description: str) -> argparse.Namespace:
    """Return ``data``, ``rounds`` and ``cpu`` of the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the photographs")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--cpu", action="store_true", help="measure processor time: for a machine that others use too")
    return parser.parse_args()


def run(task: Task, files: Callable[[Path], list[bytes]], goals: dict[str, str]) -> None:
    """Measure one task on files and print its table; ``goals`` by the names of rivals."""
    options = arguments(task.title)
    contents = files(options.data)
    rows = measure(task, contents, options.rounds, clock=time.process_time if options.cpu else time.perf_counter)
    about = f"{len(contents)} files, {sum(map(len, contents)) / len(contents) / 1e3:.0f} kB each"
    about += ", processor time" if options.cpu else ""
    print(table(f"{task.title} ({about})", rows, goals))
    print(machine(rows))


def table(title: str, rows: list[Measured], goals: dict[str, str]) -> str:
    """Return rows as a Markdown section."""
    lines = [f"## {title}", "", "| package | time | Rushlight is | goal |", "|---|---:|---:|---|"]
    for row in rows:
        ratio = "" if row is rows[0] else f"{row.ratio:.2f}x as fast"
        some = "" if row.files == rows[0].files else f" ({row.files} files)"
        lines.append(f"| {row.name}{some} | {row.seconds * 1e3:.3g} ms | {ratio} | {goals.get(row.name, '')} |")
    return "\n".join([*lines, ""])


def machine(rows: list[Measured]) -> str:
    """Return one line about the machine and the versions."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = sorted({version for row in rows for version in row.versions.split(", ")})
    return f"{processor()}, {cores} cores, one thread used; {', '.join(versions)}, Python {platform.python_version()}\n"
