"""Data loading, checkpointing, hooks and trees; each module is imported when first used."""

import importlib

from ._swap_tensors import swap_tensors

__all__ = ["swap_tensors"]

_MODULES = {"_pytree", "benchmark", "checkpoint", "data", "dlpack", "hooks", "tensorboard"}


def __getattr__(name: str):
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
