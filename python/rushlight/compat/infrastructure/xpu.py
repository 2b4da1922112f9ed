"""``torch.xpu``: no Intel GPU device."""

from __future__ import annotations

from rushlight.compat.absent import attributes

_NEED_A_DEVICE = frozenset(
    """current_device current_stream current_allocated_memory driver_allocated_memory get_device_name
    get_device_properties get_rng_state memory_allocated set_device set_per_process_memory_fraction set_rng_state
    synchronize""".split()
)

__getattr__ = attributes(
    "torch.xpu", _NEED_A_DEVICE, "Rushlight computes on the CPU; there is no Intel GPU device", AssertionError
)


def is_available() -> bool:
    """False: there is no Intel GPU device."""
    return False


def device_count() -> int:
    """0: there is no Intel GPU device."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed the device's generator: there is none, so nothing happens."""
    int(seed)


def empty_cache() -> None:
    """Free cached device memory: there is none."""
