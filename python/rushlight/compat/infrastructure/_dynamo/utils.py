"""``torch._dynamo.utils``: what programs ask of the compiler."""

from __future__ import annotations


def is_compile_supported(device_type: str) -> bool:
    """False: programs run eagerly."""
    return False
