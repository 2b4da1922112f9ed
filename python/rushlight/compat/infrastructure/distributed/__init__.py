"""``torch.distributed`` in one process: not available, not initialised; anything else raises RuntimeError."""

from __future__ import annotations

from enum import Enum
from importlib import import_module

from rushlight.compat.absent import absent_type, attributes

REASON = "Rushlight runs in one process. Guard the call with torch.distributed.is_available()"

_NEED_PROCESSES = frozenset(
    """all_gather all_gather_into_tensor all_gather_object all_reduce all_to_all all_to_all_single barrier
    batch_isend_irecv broadcast broadcast_object_list destroy_process_group gather gather_object get_backend
    get_global_rank get_process_group_ranks get_rank get_world_size init_device_mesh init_process_group irecv isend monitored_barrier
    new_group new_subgroups recv reduce reduce_scatter reduce_scatter_tensor scatter scatter_object_list send
    split_group""".split()
)

_refuse = attributes("torch.distributed", _NEED_PROCESSES, REASON, RuntimeError)


def __getattr__(name: str) -> object:
    if name in ("device_mesh", "fsdp", "nn", "rpc", "tensor"):
        return import_module(f"{__name__}.{name}")
    return _refuse(name)


ProcessGroup = absent_type("torch.distributed.ProcessGroup", REASON, RuntimeError)
P2POp = absent_type("torch.distributed.P2POp", REASON, RuntimeError)
Store = absent_type("torch.distributed.Store", REASON, RuntimeError)
TCPStore = absent_type("torch.distributed.TCPStore", REASON, RuntimeError)


class ReduceOp(Enum):
    """How values of several processes are joined."""

    SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR, BXOR, PREMUL_SUM = range(9)


class GroupMember:
    """The group of all processes, which `init_process_group` would make."""

    WORLD = None
    NON_GROUP_MEMBER = -100


group = GroupMember


def is_available() -> bool:
    """False: there is no communication between processes."""
    return False


def is_initialized() -> bool:
    """False: no process group can be made."""
    return False


is_nccl_available = is_gloo_available = is_mpi_available = is_ucc_available = is_xccl_available = is_available


def is_torchelastic_launched() -> bool:
    """False: no launcher of several processes is involved."""
    return False
