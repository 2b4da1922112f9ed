"""One package under another's name: the import system's side of `rushlight.compat`."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class Alias(MetaPathFinder):
    """Finds ``name.x.y`` by importing ``target.x.y``, and hands out that module object itself.

    A module that the target lacks, or that is in ``hidden``, raises ModuleNotFoundError naming it;
    `importlib.util.find_spec` gets None as it expects.
    """

    def __init__(self, name: str, target: str, hidden: Collection[str] = ()) -> None:
        self.name, self.target, self.hidden = name, target, hidden

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        head, _, tail = fullname.partition(".")
        if head != self.name:
            return None
        if tail.partition(".")[0] not in self.hidden:
            module = _import(f"{self.target}.{tail}" if tail else self.target)
            if module is not None:
                return _same(fullname, module)
        if sys._getframe(2).f_code.co_name != "_find_and_load_unlocked":
            return None
        raise ModuleNotFoundError(f"No module named {fullname!r}: Rushlight has no {fullname}", name=fullname)


class Fallback(MetaPathFinder):
    """Finds ``name.x.y`` in ``target`` where the package ``name`` has no such module of its own."""

    def __init__(self, name: str, target: str) -> None:
        self.name, self.target = name, target

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        head, _, tail = fullname.partition(".")
        if head != self.name or not tail or fullname.startswith(self.target.rpartition(".")[0]):
            return None
        # A parent that came from the target searches the target's folder: left to itself, the import
        # system would load the module a second time under this name.
        parent = fullname.rpartition(".")[0]
        if sys.modules[parent].__spec__.name == parent and PathFinder.find_spec(fullname, path) is not None:
            return None
        module = _import(f"{self.target}.{tail}")
        return None if module is None else _same(fullname, module)


def _import(name: str) -> ModuleType | None:
    """Import ``name``; None when it or one of its parents does not exist."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        return None


def _same(fullname: str, module: ModuleType) -> ModuleSpec:
    return ModuleSpec(fullname, _SameModule(module), is_package=hasattr(module, "__path__"))


class _SameModule(Loader):
    """Loads by handing out a module that exists, its own ``__spec__`` restored afterwards."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec
