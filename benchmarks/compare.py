"""Timing two packages in turn, and the table of the result."""

import math
import os
import platform
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from timeit import Timer

PAGE, README = Path("docs/benchmarks.md"), Path("README.md")


@dataclass
class Row:
    """One line of a table: a figure of ours and PyTorch's, and how to read their ratio."""

    what: str
    ours: float
    theirs: float | None  # None: there is nothing of PyTorch's to measure here
    unit: str
    goal: str = ""
    faster: bool = True  # the ratio is theirs / ours (time); else ours / theirs (size)

    @property
    def ratio(self) -> float:
        return self.theirs / self.ours if self.faster else self.ours / self.theirs

    def line(self) -> str:
        if self.theirs is None:
            return f"| {self.what} | {show(self.ours)} {self.unit} | | | {self.goal} |"
        reading = "faster" if self.faster else "of PyTorch"
        return f"| {self.what} | {show(self.ours)} {self.unit} | {show(self.theirs)} {self.unit} | {self.ratio:.2f}x {reading} | {self.goal} |"


def show(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


HEADER = ["| what | Rushlight | PyTorch | ratio | goal |", "|---|---:|---:|---:|---|"]


def table(title: str, rows: list[Row]) -> str:
    """Return rows as a Markdown section."""
    return "\n".join([f"## {title}", "", *HEADER, *(r.line() for r in rows), ""])


def in_turn(
    ours: Callable | Timer, theirs: Callable | Timer, rounds: int = 15, seconds: float = 0.05
) -> tuple[float, float]:
    """Return the median time of a call of each in seconds, measured in alternating rounds of about ``seconds``."""
    calls = [ours, theirs]
    counts = [repetitions(call, seconds) for call in calls]
    times: list[list[float]] = [[], []]
    for _ in range(rounds):
        for call, count, found in zip(calls, counts, times, strict=True):
            found.append(timed(call, count))
    return statistics.median(times[0]), statistics.median(times[1])


def fastest_in_turn(ours: Callable, theirs: Callable, rounds: int = 15, seconds: float = 0.01) -> tuple[float, float]:
    """Return the shortest time of a call of each, measured in alternating rounds: what a busy machine disturbs least."""
    calls = [ours, theirs]
    counts = [max(2, repetitions(call, seconds)) for call in calls]
    best = [math.inf, math.inf]
    for _ in range(rounds):
        for i, call in enumerate(calls):
            best[i] = min(best[i], *(timed(call, 1) for _ in range(counts[i])))
    return best[0], best[1]


def repetitions(call: Callable, seconds: float) -> int:
    """Return how many calls fill a round, after warming up."""
    timed(call, 3)
    return max(1, int(seconds / max(timed(call, 3), 1e-9)))


def timed(call: Callable | Timer, count: int) -> float:
    """Return the time of one of ``count`` calls, or runs of a timer's statement, which cost no call."""
    if isinstance(call, Timer):
        return call.timeit(count) / count
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


def machine() -> str:
    """Return one line about the machine and the versions."""
    import numpy
    import torch

    import rushlight

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{processor()}, {cores} cores, {platform.system()} {platform.machine()}; Rushlight {rushlight.__version__}, "
        f"PyTorch {torch.__version__}, NumPy {numpy.__version__}, Python {platform.python_version()}"
    )


def processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def replace_marked(path: Path, mark: str, text: str) -> None:
    """Replace what stands between ``<!-- mark -->`` and ``<!-- end -->`` in a file; raises ValueError without the marks."""
    pattern = re.compile(rf"(<!-- {re.escape(mark)} -->\n).*?(<!-- end -->)", re.DOTALL)
    written, count = pattern.subn(lambda found: f"{found[1]}{text.rstrip()}\n{found[2]}", path.read_text())
    if count != 1:
        raise ValueError(f"{path} has {count} parts marked <!-- {mark} --> ... <!-- end -->; one is needed")
    path.write_text(written)


def report(title: str, rows: list[Row]) -> None:
    """Print the table of a script."""
    print(table(title, rows))
    print(machine())
