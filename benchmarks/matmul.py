"""Products of square float32 matrices."""

import torch

import rushlight
from benchmarks.compare import Row, in_turn, report

TITLE = "Matrix products"
SIZES = (64, 128, 256, 512, 1024, 2048)


def product(package, n: int):
    """Return a call that multiplies two matrices."""
    package.manual_seed(0)
    a, b = package.rand(n, n), package.rand(n, n)
    return lambda: a @ b


def rows() -> list[Row]:
    made = []
    for n in SIZES:
        ours, theirs = in_turn(product(rushlight, n), product(torch, n), rounds=9)
        goal = ">= 0.9x" if n >= 256 else ""
        made.append(
            Row(f"float32 {n} x {n} x {n} ({2e-9 * n**3 / ours:.0f} GFLOP/s)", ours * 1e3, theirs * 1e3, "ms", goal)
        )
    return made


if __name__ == "__main__":
    report(TITLE, rows())
