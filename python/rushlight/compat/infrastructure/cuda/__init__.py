"""``torch.cuda`` on a machine without CUDA: no devices, nothing allocated, seeds accepted."""

from __future__ import annotations

from typing import Any

from rushlight.compat.absent import absent_type, attributes
from rushlight.compat.infrastructure.cuda import amp as amp

_REASON = "Rushlight computes on the CPU; there is no CUDA device. Guard the call with torch.cuda.is_available()"

_NEED_A_DEVICE = frozenset(
    """can_device_access_peer clock_rate cudart current_blas_handle current_device current_stream default_stream
    device_memory_used get_device_capability get_device_name get_device_properties get_per_process_memory_fraction
    get_rng_state graph graph_pool_handle init initial_seed ipc_collect is_current_stream_capturing list_gpu_processes
    make_graphed_callables mem_get_info memory_snapshot memory_summary memory_usage power_draw set_device
    set_per_process_memory_fraction set_rng_state set_stream set_sync_debug_mode synchronize temperature
    utilization""".split()
)

__getattr__ = attributes("torch.cuda", _NEED_A_DEVICE, _REASON, AssertionError)

CUDAGraph = absent_type("torch.cuda.CUDAGraph", _REASON, RuntimeError)
Event = absent_type("torch.cuda.Event", _REASON, RuntimeError)
Stream = absent_type("torch.cuda.Stream", _REASON, RuntimeError)

default_generators: tuple[()] = ()
has_half = _initialized = False


class OutOfMemoryError(RuntimeError):
    """Raised when a device runs out of memory; never raised here."""


class device:
    """Context that selects a CUDA device; an index below 0 or None selects nothing, any other raises AssertionError."""

    def __init__(self, device: Any) -> None:
        if device is not None and not (isinstance(device, int) and device < 0):
            raise AssertionError(f"torch.cuda.device({device!r}): {_REASON}")

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> bool:
        return False


class StreamContext(device):
    """Context that selects a stream; only None exists here."""


def stream(stream: Any) -> StreamContext:
    """Return the context for ``stream``, which can only be None."""
    return StreamContext(stream)


def is_available() -> bool:
    """False: there is no CUDA device."""
    return False


def is_initialized() -> bool:
    """False: there is nothing to initialise."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False: there is no CUDA device to support it."""
    return False


def is_tf32_supported() -> bool:
    """False: there is no CUDA device to support it."""
    return False


def device_count() -> int:
    """0: there is no CUDA device."""
    return 0


def get_arch_list() -> list[str]:
    """Empty: no architecture was compiled for."""
    return []


def get_gencode_flags() -> str:
    """Empty: no architecture was compiled for."""
    return ""


def get_allocator_backend() -> str:
    """The name PyTorch reports for its own allocator."""
    return "native"


def manual_seed(seed: int) -> None:
    """Seed the current CUDA device's generator: there is none, so nothing happens."""
    int(seed)


manual_seed_all = manual_seed


def seed() -> None:
    """Seed the current CUDA device's generator from entropy: there is none, so nothing happens."""


seed_all = seed


def get_rng_state_all() -> list:
    """The generator states of all CUDA devices: an empty list."""
    return []


def set_rng_state_all(new_states: list) -> None:
    """Restore the generators of all CUDA devices; raises RuntimeError for a state that has no device."""
    if len(new_states) > 0:
        raise RuntimeError(f"torch.cuda.set_rng_state_all: {len(new_states)} states for 0 devices. {_REASON}")


def empty_cache() -> None:
    """Free cached device memory: there is none."""


def reset_peak_memory_stats(device: Any = None) -> None:
    """Forget the peak of device memory, which is 0."""


def memory_stats(device: Any = None) -> dict[str, int]:
    """Empty: nothing was allocated on a device."""
    return {}


def memory_allocated(device: Any = None) -> int:
    """0 bytes of device memory."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_cached = max_memory_cached = memory_allocated
reset_max_memory_allocated = reset_max_memory_cached = reset_accumulated_memory_stats = reset_peak_memory_stats
