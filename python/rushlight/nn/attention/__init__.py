"""Choice of the implementation of scaled dot product attention."""

import enum
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["SDPBackend", "sdpa_kernel", "WARN_FOR_UNFUSED_KERNELS"]

WARN_FOR_UNFUSED_KERNELS = False


class SDPBackend(enum.IntEnum):
    """Names of implementations. One implementation serves all of them here; the choice is kept and can be read back."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


_ALL = [SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION,
        SDPBackend.MATH, SDPBackend.OVERRIDEABLE]  # fmt: skip
_enabled = ContextVar("enabled_sdpa_backends", default=tuple(_ALL))


def _cur_sdpa_kernel_backends(with_priority=False):
    """The backends allowed now, in order of priority where one was set."""
    return list(_enabled.get())


@contextmanager
def sdpa_kernel(backends, set_priority=False):
    """Allow only `backends`, one or a list, within the block; with `set_priority` in that order.

    >>> with nn.attention.sdpa_kernel(nn.attention.SDPBackend.MATH):
    ...     nn.attention._cur_sdpa_kernel_backends()
    [<SDPBackend.MATH: 0>]
    """
    if not isinstance(backends, list | SDPBackend):
        raise AssertionError(
            "Backend must be an instance of SDPBackend or a list of SDPBackend instances, "
            f"got {type(backends).__name__}"
        )
    wanted = [backends] if isinstance(backends, SDPBackend) else list(dict.fromkeys(backends))
    ordered = wanted if set_priority else [backend for backend in _ALL if backend in wanted]
    token = _enabled.set(tuple(ordered))
    try:
        yield {}
    finally:
        _enabled.reset(token)
