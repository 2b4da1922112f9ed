"""Blocks of memory: as bytes, and as elements of one dtype."""

from rushlight._C import UntypedStorage
from rushlight.serialization.storage import TypedStorage

__all__ = ["TypedStorage", "UntypedStorage"]
