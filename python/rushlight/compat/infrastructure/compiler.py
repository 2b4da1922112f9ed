"""``torch.compiler`` where functions run as they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rushlight.compat.absent import attributes
from rushlight.compat.toplevel import compile as compile

__getattr__ = attributes(
    "torch.compiler",
    frozenset(
        "load_cache_artifacts load_compiled_function precompile save_cache_artifacts substitute_in_graph".split()
    ),
    "Rushlight runs functions as they are written and keeps no compiled ones",
)


def is_compiling() -> bool:
    """False: nothing is ever compiled."""
    return False


is_dynamo_compiling = is_exporting = is_compiling


def disable(fn: Callable | None = None, recursive: bool = True, *, reason: str | None = None) -> Callable:
    """Exempt ``fn`` from compilation: returns it. Works bare and with arguments."""
    return fn if fn is not None else lambda decorated: decorated


def allow_in_graph(fn: Callable | list[Callable]) -> Any:
    """Declare ``fn`` fit for a graph: returns it."""
    return fn


def assume_constant_result(fn: Callable) -> Callable:
    """Declare that ``fn`` always returns the same: returns it, and it is called every time."""
    return fn


nonstrict_trace = wrap_numpy = assume_constant_result


def nested_compile_region(fn: Callable | None = None, **options: Any) -> Callable:
    """Mark a function to be compiled once: returns it."""
    return fn if fn is not None else lambda decorated: decorated


def reset() -> None:
    """Forget compiled functions: there are none."""


cudagraph_mark_step_begin = reset


def list_backends(exclude_tags: tuple[str, ...] = ("debug", "experimental")) -> list[str]:
    """Empty: there is no compiler."""
    return []


@contextmanager
def set_stance(stance: str = "default", **options: Any) -> Iterator[None]:
    """Choose how the compiler behaves inside the block: there is none."""
    yield
