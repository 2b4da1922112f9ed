"""``torch._dynamo``: the switches that programs set around `rushlight.compile`, which returns its argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from rushlight.compat.infrastructure._dynamo.eval_frame import OptimizedModule as OptimizedModule
from rushlight.compat.infrastructure.compiler import (
    allow_in_graph,
    assume_constant_result,
    disable,
    is_compiling,
    reset,
)

__all__ = [
    "allow_in_graph",
    "assume_constant_result",
    "config",
    "disable",
    "graph_break",
    "is_compiling",
    "mark_dynamic",
    "mark_static",
    "optimize",
    "reset",
    "run",
]


class Settings(SimpleNamespace):
    """Settings that can be set for good, or by ``patch`` for the time of a ``with``."""

    @contextmanager
    def patch(self, name: str | dict | None = None, value: Any = None, **values: Any) -> Iterator[None]:
        """Set ``name`` to ``value``, a dictionary, or keywords, until the end of the ``with``."""
        given = name if isinstance(name, dict) else {} if name is None else {name: value}
        before = dict(vars(self))
        vars(self).update(given | values)
        try:
            yield
        finally:
            vars(self).clear()
            vars(self).update(before)


config = Settings(
    cache_size_limit=8, capture_scalar_outputs=False, optimize_ddp=True, recompile_limit=8, suppress_errors=False
)
"""Settings of a compiler that is not there: they can be set and read, and change nothing."""


def optimize(*arguments: Any, **options: Any) -> Callable:
    """Return a decorator that returns its function unchanged."""
    return lambda fn: fn


def run(fn: Callable | None = None) -> Callable:
    """Return ``fn`` unchanged."""
    return fn if fn is not None else lambda decorated: decorated


def graph_break(msg: str = "") -> None:
    """End a captured graph: there is none."""


def mark_dynamic(t: Any, index: int | tuple[int, ...], **options: Any) -> None:
    """Declare a dimension as varying: every size is accepted anyway."""


def mark_static(t: Any, index: int | tuple[int, ...] | None = None) -> None:
    """Declare a dimension as fixed: every size is accepted anyway."""


mark_static_address = mark_unbacked = maybe_mark_dynamic = mark_static
