"""All pairs of near hashes among a million, and the groups they make: ``python -m benchmarks.image.hashes``.

Two collections: random hashes of which a tenth are near another one, and the hashes of blended random parts of photographs, whose bits depend on
each other.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from benchmarks.compare import processor
from benchmarks.image.photographs import camera, lossless
from benchmarks.image.report import Figure, Section
from rushlight.image.curation import hamming_pairs, phash
from rushlight.image.curation._deduplicate import native

GOAL = "< 15 s"


def random_hashes(count: int, seed: int = 0) -> np.ndarray:
    """Return hashes of which the last tenth differ from an earlier one in three bits or less."""
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 2**64, count, dtype=np.uint64)
    near = count // 10
    copies = hashes[random.integers(0, count - near, near)]
    for _ in range(3):
        copies ^= np.uint64(1) << random.integers(0, 64, near).astype(np.uint64)
    hashes[count - near :] = copies
    return hashes


def hashes_of_blends(data: Path, count: int, seed: int = 0) -> np.ndarray:
    """Return the dHash of pictures that are the mean of random parts, 64 pixels wide and high, of two photographs."""
    from PIL import Image

    random = np.random.default_rng(seed)
    pictures = []
    for file in (*camera(data), *lossless(data)):
        image = Image.open(BytesIO(file)).convert("L")
        image.thumbnail((1024, 1024))
        pictures.append(np.asarray(image, np.uint16))

    def part() -> np.ndarray:
        picture = pictures[random.integers(len(pictures))]
        top, left = random.integers(picture.shape[0] - 64), random.integers(picture.shape[1] - 64)
        return picture[top : top + 64, left : left + 64]

    return np.fromiter((phash(((part() + part()) // 2).astype(np.uint8)) for _ in range(count)), np.uint64, count)


def timed(call: Callable, rounds: int) -> tuple[float, object]:
    """Return the median time of a call in seconds and its result."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2], result


def found(what: str, hashes: np.ndarray, radius: int, threads: int, rounds: int) -> tuple[str, Figure]:
    """The line of the table, and the figure that has a goal."""
    searching, (_, distances) = timed(lambda: hamming_pairs(hashes, radius, threads), rounds)
    grouping, (kept, _) = timed(lambda: native.group(hashes, radius, threads), rounds)
    groups = len(np.unique(kept))
    line = f"| {what} | {searching:.2f} s | {len(distances):,} | {grouping:.2f} s | {groups:,} | {GOAL} |"
    title = f"near pairs of {len(hashes):,} hashes, {what}, radius {radius}, {threads} threads"
    return line, Figure(title, f"{searching:.2f} s", "", "", GOAL)


@dataclass(frozen=True)
class Hashes:
    """What is searched, and how."""

    count: int = 1_000_000
    radius: int = 5
    threads: int = 2

    def measured(self, data: Path | None, rounds: int = 3) -> Section:
        """Search random hashes and, with photographs, those of their blends."""
        rest = (self.radius, self.threads, min(rounds, 3))
        rows = [found("random", random_hashes(self.count), *rest)]
        if data:
            rows.append(found("blends of photographs", hashes_of_blends(data, self.count), *rest))
        title = f"## {self.count:,} hashes of 64 bits, radius {self.radius}, exact, {self.threads} threads"
        head = "| hashes | all pairs | found | groups of them | found | goal |\n|---|---:|---:|---:|---:|---|"
        lines, figures = zip(*rows, strict=True)
        return Section("\n".join([title, "", head, *lines, ""]), list(figures))


HASHES = Hashes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the photographs; random hashes only without it")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--radius", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(Hashes(options.count, options.radius, options.threads).measured(options.data, options.rounds).text)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{processor()}, {os.cpu_count()} cores; Python {platform.python_version()}; peak memory {memory:,.0f} MB")


if __name__ == "__main__":
    main()
