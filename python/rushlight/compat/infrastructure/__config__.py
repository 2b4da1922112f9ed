"""``torch.__config__``: how the engine was built, and its threads."""

from __future__ import annotations

import platform

import rushlight as rl

__all__ = ["parallel_info", "show"]


def show() -> str:
    """Return a text about the build."""
    return f"Rushlight {rl.__version__} built with:\n  - Rust\n  - {platform.machine()} kernels chosen at run time\n"


def parallel_info() -> str:
    """Return a text about the threads in use."""
    return f"Rushlight: {rl.get_num_threads()} threads\n"
