"""Attributes of ``rushlight`` that live in `rushlight.compat.infrastructure`: ``cuda``, ``compile`` and the like."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from rushlight.compat import native

_HOME = "rushlight.compat.infrastructure"


def lookup(name: str) -> object:
    """Return the infrastructure module or function ``name``; for a module's ``__getattr__``.

    Raises AttributeError naming what is missing.
    """
    if name == "torch":
        return import_module("rushlight")
    if not name.startswith("__") or name in ("__config__", "__future__"):
        if find_spec(f"{_HOME}.{name}") is not None:
            return import_module(f"{_HOME}.{name}")
        for home in map(import_module, ("rushlight.compat.toplevel", "rushlight.compat.autocast")):
            if name in home.__all__:
                return getattr(home, name)
    raise AttributeError(f"module 'rushlight' has no attribute {name!r}: Rushlight has no torch.{name}", name=name)


def expose(package: ModuleType) -> None:
    """Let attribute access on ``package`` fall back to `lookup` after its own ``__getattr__``."""
    own = package.__dict__.get("__getattr__")
    if getattr(own, "falls_back", False):
        return

    def __getattr__(name: str) -> object:
        if own is not None:
            try:
                return own(name)
            except AttributeError:
                pass
        return lookup(name)

    __getattr__.falls_back = True
    package.__getattr__ = __getattr__
    package._C.__getattr__ = native.lookup
