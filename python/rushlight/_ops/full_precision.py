"""Functions that autocast runs in float32."""

import functools
from collections.abc import Callable
from typing import Any

from rushlight import _C

_HALVES = (_C.float16, _C.bfloat16)


def in_full_precision(call: Callable) -> Callable:
    """Return ``call`` with its 16-bit operands converted to float32 inside of an autocast region, and autocast off."""

    @functools.wraps(call)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if _C._get_autocast() is None:
            return call(*args, **kwargs)
        previous = _C._set_autocast(None)
        try:
            return call(*map(_raised, args), **{name: _raised(value) for name, value in kwargs.items()})
        finally:
            _C._set_autocast(previous)

    return wrapper


def _raised(value: Any) -> Any:
    return value.to(_C.float32) if isinstance(value, _C.Tensor) and value.dtype in _HALVES else value
