"""``torch._utils``: several tensors as one vector, errors that cross from worker to parent, and what pickles of tensors name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import rushlight as rl
from rushlight.serialization.globals import REBUILD_FUNCTIONS
from rushlight.utils.data.exception import ExceptionWrapper, KeyErrorMessage

__all__ = ["ExceptionWrapper", "KeyErrorMessage", "_flatten_dense_tensors", "_unflatten_dense_tensors"]

globals().update({function.__name__: function for function in REBUILD_FUNCTIONS})


def _get_device_index(device: object, optional: bool = False, allow_cpu: bool = False) -> int:
    """Return the number of an accelerator, -1 for the CPU if that is allowed; raises ValueError otherwise."""
    if rl.device(device).type == "cpu" and allow_cpu:
        return -1
    raise ValueError(f"Expected a cuda device, but got: {device}; there is only the CPU")


def _flatten_dense_tensors(tensors: Iterable[rl.Tensor]) -> rl.Tensor:
    """Return the elements of all tensors as one vector."""
    return rl.cat([t.reshape(-1) for t in tensors])


def _unflatten_dense_tensors(flat: rl.Tensor, tensors: Sequence[rl.Tensor]) -> tuple[rl.Tensor, ...]:
    """Return views of ``flat`` with the shapes of ``tensors``."""
    parts = flat.split([t.numel() for t in tensors])
    return tuple(part.view(t.shape) for part, t in zip(parts, tensors, strict=True))
