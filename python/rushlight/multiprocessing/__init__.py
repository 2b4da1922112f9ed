"""Python's `multiprocessing`, with tensors that travel between processes.

A tensor put into a `Queue`, a `Pipe` or the arguments of a `Process` arrives as a copy. After
`share_memory_()` it arrives as the same memory, so that a change in one process is seen in all.
"""

from multiprocessing import *  # noqa: F403
from multiprocessing import __all__ as _standard

from .reductions import register
from .sharing import share_memory_
from .spawn import (
    ProcessContext,
    ProcessExitedException,
    ProcessRaisedException,
    SpawnContext,
    spawn,
    start_processes,
)

__all__ = [
    *_standard,
    "ProcessContext",
    "ProcessExitedException",
    "ProcessRaisedException",
    "SpawnContext",
    "get_all_sharing_strategies",
    "get_sharing_strategy",
    "set_sharing_strategy",
    "share_memory_",
    "spawn",
    "start_processes",
]

_STRATEGIES = {"file_descriptor", "file_system"}
_strategy = "file_descriptor"


def set_sharing_strategy(new_strategy):
    """Accepted for compatibility: shared memory is always passed by file descriptor."""
    global _strategy
    if new_strategy not in _STRATEGIES:
        raise AssertionError(f"invalid sharing strategy {new_strategy!r}, expected one of {_STRATEGIES}")
    _strategy = new_strategy


def get_sharing_strategy():
    """The name last given to `set_sharing_strategy`."""
    return _strategy


def get_all_sharing_strategies():
    """The names that `set_sharing_strategy` accepts."""
    return _STRATEGIES


register()
