"""The switches of `torch.autocast` that are functions of `torch`; those without a device are CUDA's, of which there is none."""

from typing import Any

import rushlight as rl
from rushlight.amp import autocast_mode

__all__ = [
    "clear_autocast_cache",
    "get_autocast_cpu_dtype",
    "get_autocast_gpu_dtype",
    "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled",
    "set_autocast_cache_enabled",
    "set_autocast_cpu_dtype",
    "set_autocast_cpu_enabled",
    "set_autocast_dtype",
    "set_autocast_enabled",
    "set_autocast_gpu_dtype",
]

set_autocast_dtype = autocast_mode.set_autocast_dtype
_cache = {"enabled": True}


def set_autocast_enabled(*switch: Any) -> None:
    """Turn ``autocast`` on or off: ``(device_type, enabled)``, or ``(enabled)`` for CUDA."""
    device_type, enabled = switch if len(switch) == 2 else ("cuda", *switch)
    autocast_mode.set_autocast_enabled(device_type, enabled)


def set_autocast_cpu_enabled(enabled: bool) -> None:
    """`set_autocast_enabled` of the CPU."""
    autocast_mode.set_autocast_enabled("cpu", enabled)


def set_autocast_cpu_dtype(dtype: Any) -> None:
    """`set_autocast_dtype` of the CPU."""
    autocast_mode.set_autocast_dtype("cpu", dtype)


def set_autocast_gpu_dtype(dtype: Any) -> None:
    """`set_autocast_dtype` of the device "cuda"."""
    autocast_mode.set_autocast_dtype("cuda", dtype)


def is_autocast_cache_enabled() -> bool:
    """Return what `set_autocast_cache_enabled` set: casts are not kept either way."""
    return _cache["enabled"]


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Remember the setting."""
    _cache["enabled"] = bool(enabled)


def get_autocast_cpu_dtype() -> Any:
    """`get_autocast_dtype` of the CPU."""
    return rl.get_autocast_dtype("cpu")


def get_autocast_gpu_dtype() -> Any:
    """`get_autocast_dtype` of the device "cuda"."""
    return rl.get_autocast_dtype("cuda")


def is_autocast_cpu_enabled() -> bool:
    """`is_autocast_enabled` of the CPU."""
    return rl.is_autocast_enabled("cpu")


def clear_autocast_cache() -> None:
    """Do nothing: casts are not kept."""
