"""``torch._dynamo``: the switches that programs set around `rushlight.compile`, which returns its argument."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

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

config = SimpleNamespace(
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
