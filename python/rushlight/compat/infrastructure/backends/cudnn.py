"""``torch.backends.cudnn``: not available; its switches are kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

enabled = True
benchmark = False
benchmark_limit = 10
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """False: there is no cuDNN."""
    return False


def version() -> None:
    """None: there is no cuDNN."""
    return None


def is_acceptable(tensor: Any) -> bool:
    """False: no tensor lies where cuDNN could take it."""
    return False


def set_flags(**switches: Any) -> tuple[Any, ...]:
    """Set switches by keyword, skipping None, and return the values they had."""
    module = sys.modules[__name__]
    names = [name.removeprefix("_") for name in switches]
    before = tuple(getattr(module, name) for name in names)
    for name, value in zip(names, switches.values(), strict=True):
        if value is not None:
            setattr(module, name, value)
    return before


@contextmanager
def flags(
    enabled: bool = False,
    benchmark: bool = False,
    benchmark_limit: int = 10,
    deterministic: bool = False,
    allow_tf32: bool = True,
) -> Iterator[None]:
    """Set the switches inside the block."""
    switches = dict(
        enabled=enabled,
        benchmark=benchmark,
        benchmark_limit=benchmark_limit,
        deterministic=deterministic,
        allow_tf32=allow_tf32,
    )
    before = set_flags(**switches)
    try:
        yield
    finally:
        set_flags(**dict(zip(switches, before, strict=True)))
