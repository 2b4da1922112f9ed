"""Classes and functions under PyTorch's names: ``type(x)`` prints ``<class 'torch.Tensor'>`` in an unmodified program."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import FunctionType, ModuleType

from rushlight._places import torch_module


class Naming(MetaPathFinder):
    """Names what modules of ``package`` define: those loaded already at `begin`, others as they are loaded, until `end`.

    A named module is found in `sys.modules` under both names, for those who look there for what a class refers to.
    """

    def __init__(self, package: str, own: Collection[str]) -> None:
        self._package, self._own = package, own
        self._named: list[tuple[type | FunctionType, str]] = []

    def begin(self) -> None:
        """Name what is loaded, and look for more to come."""
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] == self._package:
                self.name(module)
        sys.meta_path.append(self)
        sys.meta_path.insert(sys.meta_path.index(PathFinder), sys.meta_path.pop())

    def end(self) -> None:
        """Give everything its own name back."""
        sys.meta_path.remove(self)
        while self._named:
            item, module = self._named.pop()
            item.__module__ = module

    def name(self, module: ModuleType) -> None:
        """Name the classes and functions that say they are of ``module``; not those of modules that PyTorch has no like of."""
        name = module.__spec__.name
        inner = name.partition(".")[2]
        if inner.partition(".")[0] in self._own or torch_module(name, "").startswith("torch.compat"):
            return
        homes = {name, self._package} if name == f"{self._package}._C" else {name}
        for item in list(vars(module).values()):
            if isinstance(item, type | FunctionType) and item.__module__ in homes:
                self._named.append((item, item.__module__))
                item.__module__ = torch_module(item.__module__, item.__qualname__)
        if inner and not inner.startswith("compat."):
            sys.modules.setdefault(f"torch.{inner}", module)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != self._package:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        spec.loader = _NamingLoader(self, spec.loader)
        return spec


class _NamingLoader(SourceFileLoader):
    def __init__(self, naming: Naming, loader: SourceFileLoader) -> None:
        super().__init__(loader.name, loader.path)
        self._naming = naming

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        self._naming.name(module)
