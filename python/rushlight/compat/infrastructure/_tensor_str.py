"""``torch._tensor_str``: how tensors are printed, for packages that print tensors of their own."""

from __future__ import annotations

from typing import Any

from rushlight import _print
from rushlight._print import Options as PRINT_OPTS  # noqa: F401
from rushlight._print import add_suffixes, tensor_str
from rushlight._print import printoptions as printoptions


def _tensor_str(self: Any, indent: int) -> str:
    """Return the elements, lines after the first indented."""
    return _print.contents(self, indent)


def _add_suffixes(tensor_str: str, suffixes: list[str], indent: int, force_newline: bool = False) -> str:
    """Append what is told after the elements; ``force_newline`` begins a line for it."""
    if force_newline and suffixes:
        tensor_str, suffixes = f"{tensor_str},\n{' ' * indent}{suffixes[0]}", suffixes[1:]
    return add_suffixes(tensor_str, suffixes, indent)


def _str_intern(inp: Any, *, tensor_contents: str | None = None) -> str:
    """Return the whole text, with ``tensor_contents`` in the place of the elements."""
    return tensor_str(inp, tensor_contents)
