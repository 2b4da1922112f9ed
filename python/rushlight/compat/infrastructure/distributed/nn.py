"""``torch.distributed.nn``: communication that gradients pass through; there is one process."""

from __future__ import annotations

from rushlight.compat.absent import attributes
from rushlight.compat.infrastructure.distributed import REASON

_NAMES = frozenset(
    "all_gather all_reduce all_to_all all_to_all_single broadcast gather reduce reduce_scatter scatter".split()
)
__getattr__ = attributes("torch.distributed.nn", _NAMES, REASON, RuntimeError)
