"""Blocks of memory: as bytes, and as elements of one dtype."""

import io

from rushlight._C import UntypedStorage
from rushlight.serialization.loading import load
from rushlight.serialization.storage import TypedStorage

__all__ = ["TypedStorage", "UntypedStorage"]


def _load_from_bytes(data):
    """The storage in a pickle that PyTorch wrote, as trusting as pickle itself."""
    return load(io.BytesIO(data), weights_only=False)
