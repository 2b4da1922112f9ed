"""Functions directly under ``torch`` that concern compilation, precision, determinism and devices, or have older names."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import rushlight as rl
from rushlight import _C
from rushlight.compat.version import TorchVersion

__all__ = [
    "TorchVersion",
    "are_deterministic_algorithms_enabled",
    "compile",
    "clear_autocast_cache",
    "complex32",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "frobenius_norm",
    "get_autocast_cpu_dtype",
    "get_autocast_gpu_dtype",
    "get_deterministic_debug_mode",
    "get_device_module",
    "get_float32_matmul_precision",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_autocast_cpu_enabled",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_distributed",
    "is_vulkan_available",
    "is_warn_always_enabled",
    "norm_except_dim",
    "nuclear_norm",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_warn_always",
    "typename",
    "use_deterministic_algorithms",
]


class AbsentDtype:
    """The name of a dtype that Rushlight does not compute with; tensors of it cannot be made."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> str:
        return self._name


complex32 = AbsentDtype("complex32")
float8_e4m3fn = AbsentDtype("float8_e4m3fn")
float8_e4m3fnuz = AbsentDtype("float8_e4m3fnuz")
float8_e5m2 = AbsentDtype("float8_e5m2")
float8_e5m2fnuz = AbsentDtype("float8_e5m2fnuz")

_PRECISIONS = ("highest", "high", "medium")
_DEBUG_MODES = ("default", "warn", "error")
_chosen: dict[str, Any] = {"precision": "highest", "deterministic": 0, "warn_always": False}


def compile(
    model: Callable | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable = "inductor",
    mode: str | None = None,
    options: dict | None = None,
    disable: bool = False,
) -> Callable:
    """Return ``model`` itself: eager execution computes what a compiled function would.

    Without ``model`` returns the decorator. Raises RuntimeError when both ``mode`` and ``options`` are given.
    """
    if mode is not None and options is not None:
        raise RuntimeError("compile: either mode or options can be given, not both")
    if model is None:
        return lambda decorated: decorated
    return model


def set_float32_matmul_precision(precision: str) -> None:
    """Allow matrix products of float32 to lose precision for speed; products here are always "highest".

    Raises RuntimeError unless ``precision`` is "highest", "high" or "medium".
    """
    if precision not in _PRECISIONS:
        raise RuntimeError(f"set_float32_matmul_precision: {precision!r} is not one of {', '.join(_PRECISIONS)}")
    _chosen["precision"] = precision


def get_float32_matmul_precision() -> str:
    """Return the precision last set; "highest" at the start."""
    return _chosen["precision"]


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for reproducible results; every kernel gives them on any number of threads, so this is only remembered."""
    _chosen["deterministic"] = (1 if warn_only else 2) if mode else 0


def are_deterministic_algorithms_enabled() -> bool:
    """Return what `use_deterministic_algorithms` was last told."""
    return _chosen["deterministic"] > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Return the ``warn_only`` that `use_deterministic_algorithms` was last told."""
    return _chosen["deterministic"] == 1


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """`use_deterministic_algorithms` by number or name: 0 "default", 1 "warn", 2 "error"."""
    modes = dict(zip(_DEBUG_MODES, range(3), strict=True)) | {0: 0, 1: 1, 2: 2}
    if debug_mode not in modes:
        raise RuntimeError(f"set_deterministic_debug_mode: {debug_mode!r} is not 0, 1, 2, 'default', 'warn' or 'error'")
    _chosen["deterministic"] = modes[debug_mode]


def get_deterministic_debug_mode() -> int:
    """Return the mode as 0, 1 or 2."""
    return _chosen["deterministic"]


def set_warn_always(b: bool, /) -> None:
    """Remember whether warnings shall repeat; Python's own warning filters decide here."""
    _chosen["warn_always"] = bool(b)


def is_warn_always_enabled() -> bool:
    """Return what `set_warn_always` was last told."""
    return _chosen["warn_always"]


def is_vulkan_available() -> bool:
    """False: there is no Vulkan device here."""
    return False


def typename(obj: object, /) -> str:
    """Return the type's full name, for a tensor its legacy type such as ``torch.FloatTensor``."""
    if isinstance(obj, rl.Tensor):
        return obj.type()
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(named, "__module__", None) or ""
    return named.__qualname__ if module in ("", "builtins") else f"{module}.{named.__qualname__}"


def get_device_module(device: Any = None) -> ModuleType:
    """Return the module of a device's type, such as ``torch.cpu``; of the CPU by default."""
    kind = "cpu" if device is None else rl.device(device).type
    if kind not in ("cpu", "cuda", "mps", "xpu"):
        raise RuntimeError(
            f"get_device_module: there is no module for the device type {kind!r}; use cpu, cuda, mps or xpu"
        )
    return import_module(f"rushlight.compat.infrastructure.{kind}")


def is_distributed(input: Any) -> bool:
    """False: tensors are in one process."""
    return False


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


def is_anomaly_enabled() -> bool:
    """Return whether ``autograd.set_detect_anomaly`` is on."""
    return _C._is_anomaly_enabled()


def is_anomaly_check_nan_enabled() -> bool:
    """Return whether anomaly detection looks for NaN in gradients."""
    return _C._is_anomaly_check_nan_enabled()


def nuclear_norm(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Return the sum of the singular values of matrices along ``dim``, or of a matrix: ``nuclear_norm(input, keepdim)``."""
    dim, keepdim = (None, dim) if isinstance(dim, bool) else (dim, keepdim)
    return rl.linalg.matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim)


def frobenius_norm(input: Any, dim: Any, keepdim: bool = False) -> Any:
    """Return the root of the sum of squares along ``dim``, one or two dimensions."""
    return rl.linalg.vector_norm(input, 2, dim, keepdim)


def norm_except_dim(v: Any, pow: int = 2, dim: int = 0) -> Any:
    """Return the norms of the slices of ``v`` at every index of ``dim``, with its number of dimensions; -1: the norm of all."""
    if dim == -1:
        return v.norm(pow)
    return rl.linalg.vector_norm(v, pow, [d for d in range(v.dim()) if d != dim], keepdim=True)
