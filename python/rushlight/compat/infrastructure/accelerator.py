"""``torch.accelerator``: no accelerator of any kind."""

from __future__ import annotations

from rushlight.compat.absent import attributes

_NEED_A_DEVICE = frozenset(
    """current_device_idx current_device_index current_stream device_index get_device_capability get_memory_info
    set_device_idx set_device_index set_stream synchronize""".split()
)

__getattr__ = attributes(
    "torch.accelerator", _NEED_A_DEVICE, "Rushlight computes on the CPU; there is no accelerator", RuntimeError
)


def is_available() -> bool:
    """False: there is no accelerator."""
    return False


def device_count() -> int:
    """0: there is no accelerator."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """None: there is no accelerator."""
    return None


def empty_cache() -> None:
    """Free cached device memory: there is none."""


def memory_allocated(device_index: object = None) -> int:
    """0 bytes of device memory."""
    return 0


memory_reserved = max_memory_allocated = max_memory_reserved = memory_allocated
