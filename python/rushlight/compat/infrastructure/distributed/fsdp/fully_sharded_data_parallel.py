"""``torch.distributed.fsdp.fully_sharded_data_parallel``: where the types of `torch.distributed.fsdp` are defined."""

from rushlight.compat.infrastructure import distributed

_SHOWN = ("BackwardPrefetch", "CPUOffload", "FullStateDictConfig", "FullyShardedDataParallel")
_SHOWN += ("MixedPrecision", "ShardingStrategy", "StateDictType")

globals().update({name: getattr(distributed.fsdp, name) for name in _SHOWN})
