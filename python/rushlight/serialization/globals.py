"""The fixed list of names that a file may use without running anything of its own.

The functions of the list may be called by the file and check their arguments; the objects of
`MARKERS` may only be passed on to such a function.
"""

import threading
from collections import Counter, OrderedDict, defaultdict
from contextlib import contextmanager
from functools import cache

import numpy as np

import rushlight as rl
from rushlight._places import torch_module

from . import rebuild
from .excerpt import excerpt
from .storage import DTYPE_NAMES, STORAGE_TYPE_OF, STORAGE_TYPES, UNTYPED

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "safe_globals"]

# Modules whose names are refused even when a caller added them.
BLOCKED_MODULES = ("sys", "os", "posix", "nt")

# Python 2's names for today's modules.
PYTHON2_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg", "UserDict": "collections"}

REBUILD_FUNCTIONS = [
    rebuild._rebuild_parameter,
    rebuild._rebuild_parameter_with_state,
    rebuild._rebuild_tensor,
    rebuild._rebuild_tensor_v2,
    rebuild._rebuild_tensor_v3,
    rebuild._rebuild_meta_tensor_no_storage,
    rebuild._rebuild_device_tensor_from_cpu_tensor,
    rebuild._rebuild_device_tensor_from_numpy,
    rebuild._rebuild_sparse_tensor,
    rebuild._rebuild_qtensor,
]

FACTORIES = {f"builtins.{kind.__name__}": kind for kind in (int, float, str, list, dict, tuple)}


def make_bytes(text, encoding):
    """`_codecs.encode`, which protocol 2 uses to write bytes."""
    if type(text) is not str or encoding not in ("latin1", "latin-1", "ascii", "utf-8"):
        raise ValueError(f"encode: expected text and 'latin1', got encoding {excerpt(encoding)}")
    return text.encode(encoding)


def make_bytearray(data=b"", encoding=None):
    if type(data) is str:
        data = make_bytes(data, encoding)
    if type(data) is not bytes:
        raise ValueError(f"bytearray: expected bytes, got {type(data).__name__}")
    return bytearray(data)


def make_complex(real, imag=0.0):
    if not all(type(part) in (int, float) for part in (real, imag)):
        raise ValueError("complex: expected two numbers")
    return complex(real, imag)


def make_set(items=()):
    return set(check_keys(items))


def make_frozenset(items=()):
    return frozenset(check_keys(items))


def make_slice(start, stop, step):
    if not all(type(part) in (int, type(None)) for part in (start, stop, step)):
        raise ValueError("slice: expected integers or None")
    return slice(start, stop, step)


def make_ordered_dict(items=()):
    return OrderedDict((key, value) for key, value in _checked_pairs(items))


def make_counter(items=()):
    return Counter(dict(_checked_pairs(items)))


def make_default_dict(factory=None, items=()):
    if factory is not None and factory not in (*FACTORIES.values(), make_set, make_ordered_dict):
        raise ValueError(f"defaultdict: factory {excerpt(factory)} is not in the list of safe ones")
    factory = {make_set: set, make_ordered_dict: OrderedDict}.get(factory, factory)
    return defaultdict(factory, dict(_checked_pairs(items)))


def make_size(items=()):
    if not all(type(n) is int for n in items):
        raise ValueError("Size: expected integers")
    return rl.Size(items)


def make_dtype(code, align=False, copy=True):
    """A NumPy dtype of numbers, booleans or fixed-length text; never of objects."""
    dtype = np.dtype(code) if type(code) is str else None
    if dtype is None or dtype.kind not in "biufcSUmM" or dtype.itemsize > 1 << 20:
        raise ValueError(f"numpy.dtype: {excerpt(code)} is not a plain number or text type")
    return DTypeRecord(dtype)


class DTypeRecord:
    """A NumPy dtype under construction: its byte order arrives after it was made."""

    def __init__(self, dtype):
        self.dtype = dtype

    def set_state(self, state):
        order = state[1]
        if order in ("<", ">", "=", "|"):
            self.dtype = self.dtype.newbyteorder(order)


def make_numpy_scalar(dtype, data):
    if type(data) is str:
        data = data.encode("latin1")
    if type(dtype) is not DTypeRecord or type(data) is not bytes:
        raise ValueError("numpy scalar: expected a dtype and bytes")
    return np.frombuffer(data, dtype.dtype, count=1)[0]


class ArrayRecord(np.ndarray):
    """Stands for `numpy.ndarray` in a file; only passed to `_reconstruct`."""


def make_array(kind, shape, code):
    if kind is not ArrayRecord:
        raise ValueError("numpy._reconstruct: expected numpy.ndarray")
    return np.empty(0, np.uint8)


def set_array_state(array, state):
    """Fill an array made by `make_array`, after checking its size against its bytes."""
    _, shape, dtype, fortran, data = state
    data = data.encode("latin1") if type(data) is str else data
    if type(dtype) is not DTypeRecord or type(data) is not bytes:
        raise ValueError("numpy array: expected a plain dtype and bytes")
    if not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"numpy array: invalid shape {excerpt(shape)}")
    array.__setstate__((1, shape, dtype.dtype, bool(fortran), data))


def make_array_from_buffer(data, dtype, shape, order):
    if type(dtype) is not DTypeRecord or order not in ("C", "F"):
        raise ValueError("numpy array: expected a plain dtype and order 'C' or 'F'")
    return np.frombuffer(bytes(data), dtype.dtype).reshape(shape, order=order).copy(order)


# Objects that a file may name but not call.
MARKERS = (ArrayRecord, rl.Tensor, *FACTORIES.values())


@cache
def safe_table():
    """Name in the file -> object."""
    table = {
        "builtins.set": make_set,
        "builtins.frozenset": make_frozenset,
        "builtins.bytearray": make_bytearray,
        "builtins.complex": make_complex,
        "builtins.slice": make_slice,
        "_codecs.encode": make_bytes,
        "collections.OrderedDict": make_ordered_dict,
        "collections.Counter": make_counter,
        "collections.defaultdict": make_default_dict,
        "torch.Size": make_size,
        "torch.device": rl.device,
        "torch.Tensor": rl.Tensor,
        "torch.nn.parameter.Parameter": rl.nn.Parameter,
        "torch.serialization._get_layout": rebuild._get_layout,
        "torch._tensor._rebuild_from_type_v2": rebuild._rebuild_from_type_v2,
        "torch.storage.UntypedStorage": UNTYPED,
        "torch.UntypedStorage": UNTYPED,
        "numpy.dtype": make_dtype,
        "numpy.ndarray": ArrayRecord,
    }
    for module in ("numpy.core", "numpy._core"):
        table[f"{module}.multiarray.scalar"] = make_numpy_scalar
        table[f"{module}.multiarray._reconstruct"] = make_array
        table[f"{module}.numeric._frombuffer"] = make_array_from_buffer
    table.update(FACTORIES)
    table.update({f"torch._utils.{f.__name__}": f for f in REBUILD_FUNCTIONS})
    table.update({f"torch.{name}": getattr(rl, name) for name in DTYPE_NAMES if hasattr(rl, name)})
    for dtype, name in STORAGE_TYPES.items():
        table[f"torch.{name}"] = table[f"torch.storage.{name}"] = STORAGE_TYPE_OF[dtype]
    return table


# Keys and set members larger than this are refused: hashing nested tuples that share parts
# takes time exponential in their depth.
MOST_KEY_ITEMS = 1000


def check_keys(keys):
    """Return `keys` when all of them are small values, else raise `ValueError`."""
    for key in keys:
        _check_key(key)
    return keys


def _check_key(key):
    waiting, budget = [key], MOST_KEY_ITEMS
    while waiting:
        item = waiting.pop()
        budget -= 1
        if type(item) in (tuple, frozenset):
            waiting.extend(item)
        if budget < 0 or len(waiting) > MOST_KEY_ITEMS:
            raise ValueError("a dictionary key or set member is nested too deeply")


def _checked_pairs(items):
    pairs = list(items.items() if isinstance(items, dict) else items)
    check_keys(key for key, _ in pairs)
    return pairs


_lock = threading.Lock()
_added = []


def add_safe_globals(safe_globals):
    """Let files loaded with `weights_only=True` use these classes or functions.

    An item is an object, or a pair of an object and the full name it has in the file.
    """
    with _lock:
        _added.extend(item for item in safe_globals if item not in _added)


def clear_safe_globals():
    """Forget everything given to `add_safe_globals`."""
    with _lock:
        _added.clear()


def get_safe_globals():
    """What was given to `add_safe_globals`."""
    return list(_added)


@contextmanager
def safe_globals(safe_globals):
    """`add_safe_globals` for the length of a `with` block."""
    new = [item for item in safe_globals if item not in _added]
    add_safe_globals(new)
    try:
        yield
    finally:
        with _lock:
            _added[:] = [item for item in _added if item not in new]


def added_table():
    """Name in the file -> object, for what callers have added."""
    table = {}
    for item in _added:
        if isinstance(item, tuple):
            _check_named(item)
            item, name = item
        else:
            name = f"{item.__module__}.{item.__qualname__}"
            table[f"{torch_module(item.__module__, item.__qualname__)}.{item.__qualname__}"] = item
        table[name] = item
        table[_torch_name(name)] = item
    return table


def _check_named(item):
    if len(item) != 2 or type(item[1]) is not str:
        raise ValueError(f"add_safe_globals: expected an object and its full name, got {item!r}")


def _torch_name(name):
    """The name that a file has for a name of this package."""
    return "torch" + name[len("rushlight") :] if name.split(".")[0] == "rushlight" else name
