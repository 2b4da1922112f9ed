"""What every script here finds: a section of Markdown, and the figures that have a goal."""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.compare import Row, processor, show
from rushlight.image.bench import Measured, Task, measure

HEADER = ["| what | Rushlight | rival | ratio | goal |", "|---|---:|---:|---:|---|"]


@dataclass(frozen=True)
class Figure:
    """One line of the README's table; ``rival`` is empty where only our own time has a goal."""

    what: str
    ours: str
    rival: str
    ratio: str
    goal: str

    def line(self) -> str:
        return f"| {self.what} | {self.ours} | {self.rival} | {self.ratio} | {self.goal} |"

    @classmethod
    def of_row(cls, row: Row, rival: str) -> Figure:
        """A row of a comparison in which "PyTorch" stands for ``rival``."""
        reading = f"{row.ratio:.2f}x faster" if row.faster else f"{row.ratio:.2f}x of it"
        theirs = f"{rival}: {show(row.theirs)} {row.unit}"
        return cls(row.what, f"{show(row.ours)} {row.unit}", theirs, reading, row.goal)


@dataclass(frozen=True)
class Section:
    """What a script found."""

    text: str
    figures: list[Figure]


@dataclass(frozen=True)
class Comparison:
    """One task on files, one thread, the packages in turn; ``goals`` by the names of rivals."""

    title: str
    task: Task
    files: Callable[[Path], list[bytes]]
    goals: dict[str, str]

    def measured(self, data: Path, rounds: int = 9, clock: Callable[[], float] = time.perf_counter) -> Section:
        """Measure and return the section; the clock may count processor time."""
        contents = self.files(data)
        rows = measure(self.task, contents, rounds, clock=clock)
        about = f"{len(contents)} files, {sum(map(len, contents)) / len(contents) / 1e3:.0f} kB each"
        about += ", processor time" if clock is time.process_time else ""
        figures = [self._figure(rows[0], row) for row in rows if row.name in self.goals]
        text = table(f"{self.title} ({about})", rows, self.goals)
        return Section(f"{text}\n{machine(rows)}", figures)

    def _figure(self, ours: Measured, rival: Measured) -> Figure:
        # Both times are of the files that the rival reads too.
        own = f"{show(1e3 * rival.seconds / rival.ratio)} ms"
        theirs = f"{rival.name}: {show(1e3 * rival.seconds)} ms"
        return Figure(self.title, own, theirs, f"{rival.ratio:.2f}x faster", self.goals[rival.name])

    def main(self) -> None:
        """Measure what the command line asks for and print it."""
        options = arguments(self.title)
        clock = time.process_time if options.cpu else time.perf_counter
        print(self.measured(options.data, options.rounds, clock).text)


def arguments(description: str) -> argparse.Namespace:
    """Return ``data``, ``rounds`` and ``cpu`` of the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the photographs")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--cpu", action="store_true", help="measure processor time: for a machine that others use too")
    return parser.parse_args()


def table(title: str, rows: list[Measured], goals: dict[str, str]) -> str:
    """Return rows as a Markdown section."""
    lines = [f"## {title}", "", "| package | time | Rushlight is | goal |", "|---|---:|---:|---:|"]
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
