"""``torch.distributed.fsdp``: types for ``isinstance`` and annotations; models lie whole in one process."""

from __future__ import annotations

from rushlight.compat.absent import absent, absent_type
from rushlight.compat.infrastructure.distributed import REASON

_TYPES = """BackwardPrefetch CPUOffload CPUOffloadPolicy FSDPModule FullStateDictConfig FullyShardedDataParallel
    MixedPrecision MixedPrecisionPolicy OffloadPolicy ShardingStrategy StateDictType""".split()

globals().update({name: absent_type(f"torch.distributed.fsdp.{name}", REASON, RuntimeError) for name in _TYPES})

fully_shard = absent("torch.distributed.fsdp.fully_shard", REASON, RuntimeError)
