"""``torch.cpu``: the CPU in the form in which other devices present themselves."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from . import amp

__all__ = ["Stream", "amp", "current_device", "current_stream", "device_count", "is_available", "is_initialized",
           "set_device", "stream", "synchronize"]  # fmt: skip


class Stream:
    """Stands for the order in which the CPU computes; there is one."""

    def __init__(self, priority: int = -1) -> None:
        self.priority = priority

    def wait_stream(self, stream: Any) -> None:
        """Return at once: what was called before is done."""

    def record_event(self) -> None:
        """Do nothing: calls are done when they return."""

    def wait_event(self, event: Any) -> None:
        """Return at once."""


_stream = Stream()


def is_available() -> bool:
    """True."""
    return True


def is_initialized() -> bool:
    """True."""
    return True


def device_count() -> int:
    """1: all cores are one device."""
    return 1


def current_device() -> str:
    """The name of the device."""
    return "cpu"


def set_device(device: Any) -> None:
    """Do nothing: there is one device."""


def synchronize(device: Any = None) -> None:
    """Return at once: calls are done when they return."""


def current_stream(device: Any = None) -> Stream:
    """The one stream."""
    return _stream


@contextlib.contextmanager
def stream(stream: Stream | None) -> Iterator[None]:
    """Compute as everywhere else: there is one stream."""
    yield
