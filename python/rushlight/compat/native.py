"""Names of ``torch._C`` that packages reach for: the interpreter's state, always that of plain eager execution."""

from __future__ import annotations

from contextlib import nullcontext
from enum import Enum
from types import SimpleNamespace
from typing import Any

import rushlight as rl


def _get_tracing_state() -> None:
    """None: nothing is traced."""
    return None


def _are_functorch_transforms_active() -> bool:
    """Return whether this code runs inside of `func.vmap`, or of a derivative such as `func.grad`."""
    from rushlight.func.recorded import recording
    from rushlight.func.rules.random import levels

    return bool(levels()) or recording()


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


_TensorMeta = type(rl.Tensor)
"""The class of `Tensor`, for metaclasses that derive from it."""


def _parse_to(*args: Any, **kwargs: Any) -> tuple:
    """Return the device, dtype, non_blocking and memory format that a call of ``to`` asks for."""
    from rushlight.nn.modules.module_conversion import parse_to

    return parse_to(*args, **kwargs)


_nn = SimpleNamespace(_parse_to=_parse_to)

_NAMES = frozenset(
    """DispatchKey DispatchKeySet _ExcludeDispatchKeyGuard _TensorMeta _are_functorch_transforms_active
    _get_default_device _get_tracing_state _log_api_usage_once _nn""".split()
)


def lookup(name: str) -> Any:
    """Return the function or class ``name``; for the native module's ``__getattr__``."""
    if name not in _NAMES:
        raise AttributeError(f"module 'rushlight._C' has no attribute {name!r}: Rushlight has no torch._C.{name}")
    return globals()[name]
