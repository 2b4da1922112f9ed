"""The profiler with the arguments of its first version."""

from typing import Any

from rushlight import profiler
from rushlight.profiler import EventList, FunctionEvent, record_function

__all__ = ["EventList", "FunctionEvent", "emit_nvtx", "profile", "record_function"]


class profile(profiler.profile):
    """`rushlight.profiler.profile`, which records only if ``enabled``.

    >>> with profile(enabled=False) as recording:
    ...     _ = rl.ones(3).add(1)
    >>> len(recording.events())
    0
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool | None = None,
        use_device: str | None = None,
        use_kineto: bool = False,
        use_cpu: bool = True,
        **options: Any,
    ) -> None:
        if use_cuda or use_device not in (None, "cpu"):
            raise RuntimeError("profile: there is no device but the CPU; leave use_cuda and use_device out")
        super().__init__(**options)
        self.enabled = enabled and use_cpu

    def __enter__(self) -> "profile":
        return super().__enter__() if self.enabled else self

    def __repr__(self) -> str:
        return self.table() if self.recorded else f"<{type(self).__name__} that recorded nothing>"


class emit_nvtx:
    """Not available: ranges for the profiler of CUDA; raises RuntimeError unless ``enabled`` is false."""

    def __init__(self, enabled=True, record_shapes=False):
        if enabled:
            raise RuntimeError("emit_nvtx: there is no CUDA device; use rushlight.profiler.profile")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False
