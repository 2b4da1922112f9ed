"""`DistributedDataParallel`, for ``isinstance``: there is one process."""

from ..modules.module import Module

__all__ = ["DistributedDataParallel"]


class DistributedDataParallel(Module):
    """Not available: there is no distributed backend."""

    def __init__(self, module, *args, **kwargs):
        raise RuntimeError(
            "DistributedDataParallel: distributed is not available "
            "(torch.distributed.is_available() is False); use the module itself"
        )
