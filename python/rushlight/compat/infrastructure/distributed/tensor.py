"""``torch.distributed.tensor``: types for ``isinstance`` and annotations; there are no tensors in several processes."""

from __future__ import annotations

from rushlight.compat.absent import absent, absent_type
from rushlight.compat.infrastructure.distributed import REASON

_HERE = "torch.distributed.tensor"

DTensor = absent_type(f"{_HERE}.DTensor", REASON, RuntimeError)
Placement = absent_type(f"{_HERE}.Placement", REASON, RuntimeError)
Partial = absent_type(f"{_HERE}.Partial", REASON, RuntimeError)
Replicate = absent_type(f"{_HERE}.Replicate", REASON, RuntimeError)
Shard = absent_type(f"{_HERE}.Shard", REASON, RuntimeError)

distribute_module = absent(f"{_HERE}.distribute_module", REASON, RuntimeError)
distribute_tensor = absent(f"{_HERE}.distribute_tensor", REASON, RuntimeError)
