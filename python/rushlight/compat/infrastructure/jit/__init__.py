"""``torch.jit`` without a compiler: marks are ignored, scripting returns its argument, other requests are refused."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from rushlight.compat.absent import absent_type, attributes
from rushlight.compat.infrastructure.futures import Future

__all__ = [
    "Final",
    "annotate",
    "export",
    "ignore",
    "is_scripting",
    "is_tracing",
    "script",
    "script_if_tracing",
    "unused",
]

_REASON = (
    "Rushlight runs programs eagerly and has no TorchScript. Keep the Python module, and its weights as a state_dict"
)

__getattr__ = attributes(
    "torch.jit",
    frozenset("freeze load optimize_for_inference save trace trace_module".split()),
    _REASON,
)

ScriptModule = absent_type("torch.jit.ScriptModule", _REASON)
ScriptFunction = absent_type("torch.jit.ScriptFunction", _REASON)
RecursiveScriptModule = absent_type("torch.jit.RecursiveScriptModule", _REASON)
Error = RuntimeError


def is_scripting() -> bool:
    """False: nothing is ever compiled to TorchScript."""
    return False


def is_tracing() -> bool:
    """False: nothing is ever traced."""
    return False


def script(obj: Any, optimize: None = None, _frames_up: int = 0, _rcb: None = None, example_inputs: None = None) -> Any:
    """Return ``obj`` unchanged: run eagerly, a function or module computes what its scripted form would."""
    return obj


def script_if_tracing(fn: Callable) -> Callable:
    """Return ``fn``: nothing is ever traced."""
    return fn


_script_if_tracing = script_if_tracing


class TracerWarning(Warning):
    """The category of warnings about tracing, for filters; never given here."""


def export(fn: Callable) -> Callable:
    """Mark a method as an entry point of a scripted module: returns ``fn``."""
    return fn


def unused(fn: Callable) -> Callable:
    """Mark a method as not to be compiled: returns ``fn``."""
    return fn


script_method = interface = _overload = _overload_method = export


def ignore(drop: bool | Callable = False, **options: Any) -> Callable:
    """Mark a method as left to Python: returns it. Works bare and with arguments."""
    return drop if callable(drop) else lambda fn: fn


def annotate(the_type: Any, the_value: Any) -> Any:
    """Return ``the_value``; the type speaks to a compiler."""
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Return whether ``obj`` is an instance of ``target_type`` or of one type in the tuple."""
    return builtins.isinstance(obj, target_type)


def fork(func: Callable, *args: Any, **kwargs: Any) -> Any:
    """Run ``func`` now and return its result in a future for `wait`."""
    future = Future()
    future.set_result(func(*args, **kwargs))
    return future


def wait(future: Any) -> Any:
    """Return the result that `fork` computed."""
    return future.wait()


@contextmanager
def optimized_execution(should_optimize: bool) -> Iterator[None]:
    """Turn the optimiser of TorchScript on or off: there is none."""
    yield
