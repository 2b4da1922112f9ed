"""Times of several packages in turn on the same files."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rushlight.image.bench.rivals import Task, installed

OURS = "Rushlight"


@dataclass(frozen=True)
class Measured:
    """The time of one package on the files that it and Rushlight can read.

    Attributes:
        name: of the package or packages, and ``versions``.
        seconds: for an image, mean over the files of the medians of the rounds.
        ratio: how many times as long as Rushlight it takes for the same files; 1 for Rushlight.
        files: how many files were compared.
    """

    name: str
    versions: str
    seconds: float
    ratio: float
    files: int


def measure(
    task: Task,
    contents: Sequence[bytes],
    rounds: int = 7,
    progress: Callable[[int, int], object] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Measured]:
    """Return the times of Rushlight and of every installed rival, the fastest rival first.

    In every round each file goes through all packages in turn, so that a busy machine disturbs all alike;
    ``clock=time.process_time`` counts processor time, which others disturb least.
    """
    import rushlight

    rivals = installed(task)
    calls = [task.ours(), *(rival.prepare() for rival in rivals)]
    times: list[list[float | None]] = []
    for done, data in enumerate(contents, 1):
        times.append(_times(calls, data, rounds, clock))
        if progress is not None:
            progress(done, len(contents))
    names = [OURS, *(rival.name for rival in rivals)]
    versions = [f"rushlight {rushlight.__version__}", *(rival.versions() or "" for rival in rivals)]
    found = [_measured(names[k], versions[k], k, times) for k in range(len(calls))]
    ours, theirs = found[0], [rival for rival in found[1:] if rival is not None]
    if ours is None:
        raise ValueError("none of the files can be read")
    return [ours, *sorted(theirs, key=lambda rival: rival.ratio)]


def _times(
    calls: list[Callable[[bytes], Any]], data: bytes, rounds: int, clock: Callable[[], float]
) -> list[float | None]:
    """The median time of each call, None for those that cannot read the file."""
    able = [_works(call, data) for call in calls]
    samples: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, works, found in zip(calls, able, samples):
            if works:
                start = clock()
                call(data)
                found.append(clock() - start)
    return [statistics.median(found) if found else None for found in samples]


def _works(call: Callable[[bytes], Any], data: bytes) -> bool:
    try:
        call(data)
    except Exception:
        # Packages raise what they like for a file they do not read.
        return False
    return True


def _measured(name: str, versions: str, at: int, times: list[list[float | None]]) -> Measured | None:
    both = [(row[0], row[at]) for row in times if row[0] is not None and row[at] is not None]
    if not both:
        return None
    ours, theirs = (sum(column) for column in zip(*both))
    return Measured(name, versions, theirs / len(both), theirs / ours, len(both))
