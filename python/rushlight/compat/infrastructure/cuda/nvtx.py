"""``torch.cuda.nvtx``: marks for a profiler of CUDA, which is not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


def range_push(msg: str) -> int:
    """Begin a range: nobody records it."""
    return 0


def range_pop() -> int:
    """End a range: nobody records it."""
    return 0


def mark(msg: str) -> None:
    """Mark a moment: nobody records it."""


@contextmanager
def range(msg: str, *args: object, **kwargs: object) -> Iterator[None]:
    """A range around a ``with``: nobody records it."""
    yield
