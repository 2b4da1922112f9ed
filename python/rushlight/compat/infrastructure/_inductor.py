"""``torch._inductor``: the switches of a compiler that is not there."""

from __future__ import annotations

from rushlight.compat.infrastructure._dynamo import Settings

config = Settings(max_autotune=False, coordinate_descent_tuning=False, fallback_random=False)


def cudagraph_mark_step_begin() -> None:
    """Begin a step of captured graphs: there are none."""


def list_mode_options(mode: str | None = None, dynamic: bool | None = None) -> dict:
    """Return the settings of a mode: none."""
    return {}
