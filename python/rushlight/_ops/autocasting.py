"""What autocast does with functions that are not rows of the table, by PyTorch's lists for the CPU."""

import functools
from collections.abc import Callable
from typing import Any

from rushlight import _C

_CONVERTED = (_C.float16, _C.bfloat16, _C.float32)


def _without_autocast(call: Callable, dtype_of: Callable) -> Callable:
    """Return ``call`` with autocast off inside, on operands of the dtype that ``dtype_of`` makes of autocast's."""

    @functools.wraps(call)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        low = _C._get_autocast()
        if low is None:
            return call(*args, **kwargs)
        dtype = dtype_of(low)
        previous = _C._set_autocast(None)
        try:
            return call(*(_cast(x, dtype) for x in args), **{name: _cast(x, dtype) for name, x in kwargs.items()})
        finally:
            _C._set_autocast(previous)

    return wrapper


def _cast(value: Any, dtype: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(_cast(x, dtype) for x in value) if type(value) in (tuple, list) else value
    return value.to(dtype) if dtype and isinstance(value, _C.Tensor) and value.dtype in _CONVERTED else value


def in_full_precision(call: Callable) -> Callable:
    """Return ``call`` computing in float32 inside of an autocast region."""
    return _without_autocast(call, lambda low: _C.float32)


def in_low_precision(call: Callable) -> Callable:
    """Return ``call`` computing in autocast's dtype inside of its region."""
    return _without_autocast(call, lambda low: low)


def in_own_precision(call: Callable) -> Callable:
    """Return ``call`` computing in the dtypes of its operands, also inside of an autocast region."""
    return _without_autocast(call, lambda low: None)
