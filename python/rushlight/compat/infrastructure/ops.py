"""``torch.ops``: operators defined with `torch.library`, as ``torch.ops.NAMESPACE.NAME``, and PyTorch's own as ``torch.ops.aten``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight import _C
from rushlight.compat.absent import absent
from rushlight.compat.infrastructure.library import CustomOpDef, registered

load_library = absent("torch.ops.load_library", "Rushlight cannot load operators compiled for PyTorch", OSError)


class OpOverload:
    """An operator by its full name, ``aten.add.Tensor``: overloads share one function, which looks at its arguments."""

    def __init__(self, name: str, overload: str, function: Callable) -> None:
        self._name, self._overload, self._function = name, overload, function
        self.__name__ = f"{name}.{overload}" if overload else name
        self.absent = getattr(function, "absent", False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<OpOverload(op='aten.{self._name}', overload='{self._overload}')>"


class OpOverloadPacket(OpOverload):
    """An operator whose overloads are attributes, ``aten.add``: the same object each time."""

    def __init__(self, name: str, function: Callable) -> None:
        super().__init__(name, "", function)

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='aten.{self._name}')>"

    def __getattr__(self, overload: str) -> OpOverload:
        if overload.startswith("__"):
            raise AttributeError(f"'OpOverloadPacket' object has no attribute {overload!r}")
        found = OpOverload(self._name, overload, self._function)
        setattr(self, overload, found)
        return found


class Namespace:
    """The operators of one namespace as attributes."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, operator: str) -> CustomOpDef:
        full = f"{self.name}::{operator}"
        if full not in registered:
            raise AttributeError(
                f"'_OpNamespace' '{self.name}' object has no attribute '{operator}': no operator {full}"
            )
        return registered[full]


def _to_copy(self: Any, *, dtype: Any = None, device: Any = None, **options: Any) -> Any:
    """Return a copy of ``self`` as another dtype or on another device."""
    return self.to(dtype=dtype, device=device, copy=True, **options)


# Names that only the operators have.
_OWN = {"_pin_memory": rl.Tensor.pin_memory, "_to_copy": _to_copy, "sym_numel": rl.numel, "sym_size": rl.Tensor.size}

# Operators that packages have as keys of tables; calling them raises NotImplementedError.
_KEYS = frozenset({"_sparse_addmm", "_sparse_mm_reduce_impl"})


class Aten(Namespace):
    """PyTorch's own operators: the functions of those names, or the methods of tensors."""

    def __getattr__(self, operator: str) -> OpOverloadPacket:
        homes = (getattr(home, operator, None) for home in (rl, rl.nn.functional, _C, rl.Tensor))
        function = _OWN.get(operator) or next(filter(callable, homes), None)
        if function is None and operator in _KEYS:
            function = absent(f"torch.ops.aten.{operator}", "Rushlight has no sparse tensors")
        if function is None:
            return super().__getattr__(operator)
        packet = OpOverloadPacket(operator, function)
        setattr(self, operator, packet)
        return packet


aten = Aten("aten")


def __getattr__(name: str) -> Namespace:
    if name.startswith("__"):
        raise AttributeError(f"module 'torch.ops' has no attribute {name!r}")
    return Namespace(name)
