"""Functions directly under ``torch`` that concern compilation, precision, determinism and devices, or have older names."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import rushlight as rl
from rushlight import _C
from rushlight._dtypes import ABSENT_NAMES, AbsentDtype
from rushlight.compat.absent import absent, absent_type
from rushlight.compat.infrastructure.futures import Future
from rushlight.compat.infrastructure.jit import ScriptModule
from rushlight.compat.infrastructure.sparse import REASON as NO_SPARSE
from rushlight.compat.version import TorchVersion

__all__ = [
    "Event",
    "Future",
    "OutOfMemoryError",
    "PyTorchFileReader",
    "ScriptModule",
    "Stream",
    "TensorType",
    "TorchVersion",
    "_assert_async",
    "_cast_Double",
    "_cast_Float",
    "_cast_Int",
    "_cast_Long",
    "_convert_indices_from_coo_to_csr",
    "_convert_indices_from_csr_to_coo",
    "are_deterministic_algorithms_enabled",
    "compile",
    "detach",
    "frobenius_norm",
    "get_deterministic_debug_mode",
    "get_device_module",
    "get_float32_matmul_precision",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_distributed",
    "is_vulkan_available",
    "is_warn_always_enabled",
    "legacy_contiguous_format",
    "norm_except_dim",
    "nuclear_norm",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_warn_always",
    "sparse_coo_tensor",
    "sparse_csc_tensor",
    "sparse_csr_tensor",
    "typename",
    "use_deterministic_algorithms",
]


ABSENT = {name: AbsentDtype(name, size) for names, size in ABSENT_NAMES.items() for name in names.split()}
globals().update(ABSENT)
__all__ += ABSENT

sparse_coo_tensor = absent("torch.sparse_coo_tensor", NO_SPARSE)
sparse_csc_tensor = absent("torch.sparse_csc_tensor", NO_SPARSE)
sparse_csr_tensor = absent("torch.sparse_csr_tensor", NO_SPARSE)

legacy_contiguous_format = rl.contiguous_format
Event = absent_type("torch.Event", "events belong to accelerators, and there is none")
PyTorchFileReader = absent_type(
    "torch.PyTorchFileReader", "rushlight.load reads files, with mmap=True only what is used"
)
TensorType = absent_type("torch.TensorType", "it describes tensors to the compiler of TorchScript, which is not here")
Stream = absent_type("torch.Stream", "streams belong to accelerators, and there is none")


class OutOfMemoryError(RuntimeError):
    """An accelerator's memory is exhausted; never raised here, where it is MemoryError."""


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


def _assert_async(input: Any, assert_msg: str = "Expected Tensor with single nonzero value, but got zero") -> None:
    """Raise RuntimeError unless the only element of ``input`` is true."""
    if not input:
        raise RuntimeError(assert_msg)


def _convert_indices_from_coo_to_csr(input: Any, size: int, *, out_int32: bool = False) -> Any:
    """Return where each of ``size`` rows begins in the sorted row numbers ``input``, and the end."""
    starts = rl.searchsorted(input.contiguous(), rl.arange(size + 1, dtype=input.dtype))
    return starts.int() if out_int32 else starts


def _convert_indices_from_csr_to_coo(
    crow_indices: Any, col_indices: Any, *, out_int32: bool = False, transpose: bool = False
) -> Any:
    """Return the row and the column of each element, one above the other; the column first with ``transpose``."""
    rows = rl.repeat_interleave(rl.arange(len(crow_indices) - 1, dtype=crow_indices.dtype), crow_indices.diff())
    both = rl.stack([col_indices, rows] if transpose else [rows, col_indices])
    return both.int() if out_int32 else both


def _cast_Double(input: Any, non_blocking: bool = False) -> Any:
    """Return ``input`` as float64."""
    return input.double()


def _cast_Float(input: Any, non_blocking: bool = False) -> Any:
    """Return ``input`` as float32."""
    return input.float()


def _cast_Int(input: Any, non_blocking: bool = False) -> Any:
    """Return ``input`` as int32."""
    return input.int()


def _cast_Long(input: Any, non_blocking: bool = False) -> Any:
    """Return ``input`` as int64."""
    return input.long()


def detach(input: Any) -> Any:
    """Return the same elements outside the graph."""
    return input.detach()
