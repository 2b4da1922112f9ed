"""``torch.distributed`` in one process: not available, not initialised; anything else raises RuntimeError."""

from __future__ import annotations

from rushlight.compat.absent import absent_type, attributes

_REASON = "Rushlight runs in one process. Guard the call with torch.distributed.is_available()"

_NEED_PROCESSES = frozenset(
    """all_gather all_gather_into_tensor all_gather_object all_reduce all_to_all all_to_all_single barrier
    batch_isend_irecv broadcast broadcast_object_list destroy_process_group gather gather_object get_backend
    get_process_group_ranks get_rank get_world_size init_device_mesh init_process_group irecv isend monitored_barrier
    new_group new_subgroups recv reduce reduce_scatter reduce_scatter_tensor scatter scatter_object_list send
    split_group""".split()
)

__getattr__ = attributes("torch.distributed", _NEED_PROCESSES, _REASON, RuntimeError)

ProcessGroup = absent_type("torch.distributed.ProcessGroup", _REASON, RuntimeError)


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
