"""The region in which products and convolutions run in a 16-bit dtype."""

import functools
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import rushlight as rl
from rushlight import _C

__all__ = [
    "autocast",
    "custom_bwd",
    "custom_fwd",
    "get_autocast_dtype",
    "is_autocast_available",
    "is_autocast_enabled",
    "set_autocast_dtype",
    "set_autocast_enabled",
]

_DEFAULT_DTYPES = {"cpu": "bfloat16", "cuda": "float16"}


class autocast:
    """Runs matrix products, convolutions and attention in ``dtype`` inside of its block or decorated function.

    Reductions and losses run in float32, other operations in the widest dtype of their operands; float64 stays as it
    is. Parameters keep their dtype, and gradients come out in it. ``dtype`` is bfloat16 (default) or float16. On
    device ``"cuda"``, of which there is none, it warns and does nothing.
    Raises ``RuntimeError`` for other devices.

    >>> with rl.autocast("cpu"):
    ...     y = rl.ones(2, 2) @ rl.ones(2, 2)
    >>> y.dtype
    torch.bfloat16
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        _check_known(device_type)
        self.device = device_type
        self.fast_dtype = get_autocast_dtype(device_type) if dtype is None else dtype
        self._enabled = bool(enabled) and self._supported()

    def _supported(self) -> bool:
        if self.device == "cuda":
            warnings.warn("CUDA is not available. Disabling autocast.", stacklevel=3)
        elif self.fast_dtype not in (rl.bfloat16, rl.float16):
            warnings.warn(
                "In CPU autocast, but the target dtype is not supported. Disabling autocast.\nCPU Autocast only supports "
                f"dtypes of {rl.bfloat16}, {rl.float16} currently.",
                stacklevel=3,
            )
        else:
            return True
        return False

    def __enter__(self) -> "autocast":
        # One object may be entered several times, nested: the old settings form a stack.
        self.__dict__.setdefault("_previous", []).append(_C._get_autocast())
        if self.device == "cpu":
            _C._set_autocast(self.fast_dtype if self._enabled else None)
        return self

    def __exit__(self, *exc: Any) -> bool:
        _C._set_autocast(self._previous.pop())
        return False

    def __call__(self, func: Callable) -> Callable:
        if not callable(func):
            raise TypeError(
                f"autocast()(func) requires a callable, but got {type(func).__name__}. Did you mean to use autocast as a "
                "context manager?"
            )

        @functools.wraps(func)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return wrapper


def is_autocast_available(device_type: str) -> bool:
    """Return whether ``autocast`` takes the device."""
    return device_type in _DEFAULT_DTYPES


def is_autocast_enabled(device_type: str = "cpu") -> bool:
    """Return whether an ``autocast`` of the device is on."""
    return device_type == "cpu" and _C._get_autocast() is not None


def set_autocast_enabled(device_type: str, enabled: bool) -> None:
    """Turn ``autocast`` on or off from here on."""
    _check_known(device_type)
    if device_type == "cpu":
        _C._set_autocast(get_autocast_dtype("cpu") if enabled else None)


def set_autocast_dtype(device_type: str, dtype: Any) -> None:
    """Set the 16-bit dtype that ``autocast`` takes by default."""
    _check_known(device_type)
    _DEFAULT_DTYPES[device_type] = str(dtype).rpartition(".")[2]
    if device_type == "cpu" and is_autocast_enabled("cpu"):
        _C._set_autocast(dtype)


def _check_known(device_type: str) -> None:
    if device_type not in _DEFAULT_DTYPES:
        raise RuntimeError(f"User specified an unsupported autocast device_type '{device_type}'")


def get_autocast_dtype(device_type: str) -> Any:
    """Return the 16-bit dtype in use, or that which ``autocast`` takes by default."""
    _check_known(device_type)
    current = _C._get_autocast() if device_type == "cpu" else None
    return getattr(rl, _DEFAULT_DTYPES[device_type]) if current is None else current


def custom_fwd(fwd: Callable | None = None, *, device_type: str, cast_inputs: Any = None) -> Callable:
    """Decorate ``forward`` of an ``autograd.Function``: with ``cast_inputs``, run it on inputs of that dtype, autocast off.

    Casting happens only inside of an ``autocast`` region. To go with ``custom_bwd``.
    """
    _check_device(device_type)
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def wrapper(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        ctx._dtype = get_autocast_dtype(device_type)
        on = is_autocast_enabled(device_type)
        ctx._fwd_used_autocast = on and cast_inputs is None
        if not on or cast_inputs is None:
            return fwd(ctx, *args, **kwargs)
        with autocast(device_type, enabled=False):
            return fwd(ctx, *_cast(args, cast_inputs), **_cast(kwargs, cast_inputs))

    return wrapper


def custom_bwd(bwd: Callable | None = None, *, device_type: str) -> Callable:
    """Decorate ``backward`` of an ``autograd.Function``: run it with autocast as ``forward`` was."""
    _check_device(device_type)
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def wrapper(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        with autocast(device_type, enabled=ctx._fwd_used_autocast, dtype=ctx._dtype):
            return bwd(ctx, *args, **kwargs)

    return wrapper


def _check_device(device_type: Any) -> None:
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")


def _cast(value: Any, dtype: Any) -> Any:
    if isinstance(value, rl.Tensor):
        return value.to(dtype) if value.is_floating_point() and value.dtype != rl.float64 else value
    if isinstance(value, Mapping):
        return {key: _cast(v, dtype) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_cast(v, dtype) for v in value)
    return value
