"""Names of ``torch._C`` that packages reach for: the interpreter's state, always that of plain eager execution."""

from __future__ import annotations

from contextlib import nullcontext
from enum import Enum
from typing import Any

import rushlight as rl


def _get_tracing_state() -> None:
    """None: nothing is traced."""
    return None


def _are_functorch_transforms_active() -> bool:
    """False outside of `func`: what runs inside of its transforms sees plain tensors."""
    return False


def _get_default_device() -> str:
    """Return the device of new tensors."""
    return str(rl.get_default_device())


def _log_api_usage_once(event: str) -> None:
    """Do nothing: no use is logged."""


class DispatchKey(Enum):
    """Where PyTorch sends a call; here every call goes to the CPU, recorded and cast by thread-wide modes."""

    CPU, CUDA, XPU, Meta, AutogradCPU, AutocastCPU, AutocastCUDA, AutocastXPU = range(8)


class DispatchKeySet:
    """Some of `DispatchKey`."""

    def __init__(self, *keys: DispatchKey) -> None:
        self.keys = frozenset(keys)

    def __or__(self, other: DispatchKeySet) -> DispatchKeySet:
        return DispatchKeySet(*self.keys, *other.keys)

    def has(self, key: DispatchKey) -> bool:
        """Return whether ``key`` is among them."""
        return key in self.keys


def _ExcludeDispatchKeyGuard(keys: DispatchKeySet) -> Any:
    """Return a context without some keys: without autocast, if all of ``keys`` are its."""
    if all(key.name.startswith("Autocast") for key in keys.keys):
        return rl.autocast("cpu", enabled=False)
    return nullcontext()


def lookup(name: str) -> Any:
    """Return the function or class ``name``; for the native module's ``__getattr__``."""
    known = globals().get(name)
    if getattr(known, "__module__", None) != __name__ or name == "lookup":
        raise AttributeError(f"module 'rushlight._C' has no attribute {name!r}: Rushlight has no torch._C.{name}")
    return known
