"""``torch.backends.mkldnn``: not used; its switches are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

enabled = True
deterministic = False
allow_tf32 = False


def is_available() -> bool:
    """False: convolutions run on Rushlight's own kernels."""
    return False


@contextmanager
def flags(enabled: bool = False, deterministic: bool = False, allow_tf32: bool = True) -> Iterator[None]:
    """Set the switches inside the block."""
    switches = globals()
    names = ("enabled", "deterministic", "allow_tf32")
    before = {name: switches[name] for name in names}
    switches.update(enabled=enabled, deterministic=deterministic, allow_tf32=allow_tf32)
    try:
        yield
    finally:
        switches.update(before)
