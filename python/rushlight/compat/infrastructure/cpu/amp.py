"""``torch.cpu.amp``: automatic mixed precision for the CPU."""

from __future__ import annotations

from rushlight import amp, bfloat16

__all__ = ["GradScaler", "autocast"]


class autocast(amp.autocast):
    """`rushlight.amp.autocast` for the device "cpu"."""

    def __init__(self, enabled: bool = True, dtype: object = bfloat16, cache_enabled: bool = True) -> None:
        super().__init__("cpu", dtype=dtype, enabled=enabled, cache_enabled=cache_enabled)


class GradScaler(amp.GradScaler):
    """`rushlight.amp.GradScaler` for the device "cpu"."""

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        super().__init__("cpu", init_scale, growth_factor, backoff_factor, growth_interval, enabled)
