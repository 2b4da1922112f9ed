"""``torch.distributed.rpc``: calls of other processes, of which there are none; everything raises RuntimeError."""

from __future__ import annotations

from rushlight.compat.absent import absent_type, attributes
from rushlight.compat.infrastructure.distributed import REASON

__getattr__ = attributes(
    "torch.distributed.rpc",
    frozenset("get_worker_info init_rpc remote rpc_async rpc_sync shutdown".split()),
    REASON,
    RuntimeError,
)

RRef = absent_type("torch.distributed.rpc.RRef", REASON, RuntimeError)
TensorPipeRpcBackendOptions = absent_type("torch.distributed.rpc.TensorPipeRpcBackendOptions", REASON, RuntimeError)
