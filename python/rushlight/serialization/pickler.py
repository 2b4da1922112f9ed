"""Writes pickles in which everything of this package carries PyTorch's name.

Python's own pickler in its readable form, because only that one lets the name of a class or
function be chosen without importing it.
"""

import pickle

import rushlight as rl
from rushlight._places import torch_module

from . import rebuild
from .globals import REBUILD_FUNCTIONS
from .storage import (
    DTYPE_NAMES,
    STORAGE_TYPE_OF,
    UNTYPED,
    StorageType,
    TypedStorage,
    dtype_name,
)

TORCH_NAMES = {f: ("torch._utils", f.__name__) for f in REBUILD_FUNCTIONS}
TORCH_NAMES[rebuild._get_layout] = ("torch.serialization", "_get_layout")
TORCH_NAMES[rebuild._rebuild_from_type_v2] = ("torch._tensor", "_rebuild_from_type_v2")


class StorageTable:
    """The storages met while pickling, each under a number; shared ones are met once."""

    def __init__(self):
        self.storages = []
        self._keys = {}

    def add(self, storage):
        """The key of a `TypedStorage`; raises `RuntimeError` when it has another dtype already."""
        place = (storage.data_ptr(), storage.nbytes())
        if storage.nbytes() == 0:
            place = (None, dtype_name(storage.dtype))
        if place not in self._keys:
            self._keys[place] = len(self.storages)
            self.storages.append(storage)
        known = self.storages[self._keys[place]]
        if known.dtype != storage.dtype:
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different "
                f"types: {known.dtype} and {storage.dtype}. Clone one of them first."
            )
        return str(self._keys[place])


def torch_pickler(base):
    """A pickler class on top of `base` that writes PyTorch's names and keeps storages aside."""

    class TorchPickler(base):
        def __init__(self, file, protocol, storage_id):
            super().__init__(file, protocol=protocol)
            self._storage_id = storage_id

        def persistent_id(self, obj):
            if isinstance(obj, TypedStorage):
                kind = UNTYPED if obj.raw else STORAGE_TYPE_OF[dtype_name(obj.dtype)]
                return self._storage_id(kind, obj)
            if isinstance(obj, rl.UntypedStorage):
                return self._storage_id(UNTYPED, TypedStorage(obj, rl.uint8, raw=True))
            return None

        def reducer_override(self, obj):
            if isinstance(obj, rl.Tensor) and not _reduces_itself(type(obj)):
                return rebuild.reduce_tensor(obj)
            if isinstance(obj, rl.dtype):
                return _checked_dtype_name(obj)
            if isinstance(obj, rl.device):
                return rl.device, (obj.type,) if obj.index is None else (obj.type, obj.index)
            if isinstance(obj, rl.layout):
                return rebuild._get_layout, (str(obj),)
            if isinstance(obj, rl.Size):
                return rl.Size, (tuple(obj),)
            return obj.name if isinstance(obj, StorageType) else NotImplemented

        def save_global(self, obj, name=None):
            place = _torch_place(obj, name)
            if place is None:
                super().save_global(obj, name)
            else:
                self._write_global(*place)
                self.memoize(obj)

        # The table of the base is by exact type and knows only its own method.
        dispatch = {**base.dispatch, type(rebuild.reduce_tensor): save_global}

        def save_type(self, obj):
            if _torch_place(obj, None) is None:
                super().save_type(obj)
            else:
                self.save_global(obj)

        dispatch[type] = save_type

        def _write_global(self, module, name):
            if self.proto >= 4:
                self.save(module)
                self.save(name)
                self.write(pickle.STACK_GLOBAL)
            else:
                self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode("ascii"))

    return TorchPickler


def _reduces_itself(cls):
    owner = next((c for c in cls.__mro__ if "__reduce_ex__" in vars(c)), object)
    return owner not in (object, rl.nn.Parameter, *rl.Tensor.__mro__)


def _checked_dtype_name(dtype):
    name = dtype_name(dtype)
    if name not in DTYPE_NAMES:
        raise pickle.PicklingError(f"save: dtype {dtype} cannot be written to a file")
    return name


def _torch_place(obj, name):
    if isinstance(obj, (rl.dtype, StorageType)):
        module = "torch.storage" if obj is UNTYPED else "torch"
        return module, name
    if obj in (rl.Size, rl.device, rl.Tensor):
        return "torch", obj.__name__
    if obj is rl.nn.Parameter:
        return "torch.nn.parameter", "Parameter"
    if isinstance(obj, type(rebuild.reduce_tensor)) and obj in TORCH_NAMES:
        return TORCH_NAMES[obj]
    module = getattr(obj, "__module__", None) or ""
    if module.split(".")[0] == "rushlight":
        name = name or obj.__qualname__
        return torch_module(module, name), name
    return None
