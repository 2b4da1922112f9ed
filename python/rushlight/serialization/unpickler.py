"""Reads pickles without running anything from them.

A subclass of Python's own interpreter of the pickle language, cut down to the instructions
that build plain values. Names are looked up in a table, never imported; only functions of that
table are called, and they check their arguments.
"""

import pickle
from collections import Counter, OrderedDict, defaultdict
from pickle import UnpicklingError

import numpy as np

import rushlight as rl

from .excerpt import excerpt
from .globals import (
    BLOCKED_MODULES,
    MARKERS,
    PYTHON2_MODULES,
    DTypeRecord,
    added_table,
    check_keys,
    safe_table,
    set_array_state,
)
from .rebuild import set_state

INSTRUCTIONS = (
    "PROTO FRAME STOP MARK POP POP_MARK DUP NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG "
    "LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES "
    "BINBYTES8 UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 "
    "TUPLE3 EMPTY_LIST LIST APPEND APPENDS EMPTY_DICT DICT SETITEM SETITEMS EMPTY_SET ADDITEMS "
    "FROZENSET PUT BINPUT LONG_BINPUT MEMOIZE GET BINGET LONG_BINGET GLOBAL STACK_GLOBAL REDUCE "
    "NEWOBJ BUILD BINPERSID"
).split()

DAMAGED = (
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    AssertionError,
)


LONGEST_LINE = 1 << 24


class BoundedReader:
    """A seekable file from which no more can be asked for than it has."""

    def __init__(self, file):
        self._file = file
        start = file.tell()
        self._end = file.seek(0, 2)
        file.seek(start)

    def read(self, count):
        if count > self._end - self._file.tell():
            if count == 1:
                raise EOFError("Ran out of input")
            raise UnpicklingError(f"pickle data was truncated: {count} more bytes were expected")
        return self._file.read(count)

    def readline(self):
        line = self._file.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise UnpicklingError("pickle data was truncated in a line of text")
        return line

    def readinto(self, buffer):
        buffer[:] = self.read(len(buffer))
        return len(buffer)


class WeightsUnpickler(pickle._Unpickler):
    """Builds numbers, text, containers, tensors and what `add_safe_globals` allows."""

    dispatch = {getattr(pickle, name)[0]: pickle._Unpickler.dispatch[getattr(pickle, name)[0]] for name in INSTRUCTIONS}

    def __init__(self, file, load_storage, *, encoding="utf-8"):
        super().__init__(BoundedReader(file), fix_imports=False, encoding=encoding)
        self._load_storage = load_storage
        self._added = added_table()
        # Kept by identity: a file may put anything on the stack, also unhashable things.
        known = (*safe_table().values(), *self._added.values())
        self._callable = {id(item) for item in known} - {id(item) for item in MARKERS}

    def load(self):
        try:
            return super().load()
        except DAMAGED as error:
            message = f"{type(error).__name__}: {error}"
            if type(error) is KeyError and error.args and type(error.args[0]) is int:
                message = f"Unsupported operand or unknown reference {error.args[0]}"
            raise UnpicklingError(message) from error

    def find_class(self, module, name):
        module = PYTHON2_MODULES.get(module, module)
        path = f"{module}.{name}"
        if module in BLOCKED_MODULES:
            raise UnpicklingError(f"Trying to load unsupported GLOBAL {path} whose module {module} is blocked.")
        found = safe_table().get(path)
        if found is None:
            found = self._added.get(path)
        if found is None:
            raise UnpicklingError(unsupported_global(path))
        return found

    def persistent_load(self, saved_id):
        kind = saved_id[0] if type(saved_id) is tuple and saved_id else saved_id
        if kind not in ("storage", b"storage") and type(saved_id) is not int:
            raise UnpicklingError(f"Only persistent_load of storage is allowed, but got {excerpt(saved_id)}")
        return self._load_storage(saved_id)

    def load_reduce(self):
        args = self.stack.pop()
        function = self.stack[-1]
        if type(args) is not tuple or id(function) not in self._callable:
            raise UnpicklingError(f"Trying to call reduce for unrecognized function {excerpt(function)}")
        self.stack[-1] = function(*args)

    dispatch[pickle.REDUCE[0]] = load_reduce

    def load_newobj(self):
        args = self.stack.pop()
        cls = self.stack.pop()
        if cls is rl.nn.Parameter:
            self.append(rl.nn.Parameter(*args))
        elif isinstance(cls, type) and any(cls is known for known in self._added.values()):
            self.append(cls.__new__(cls, *args))
        else:
            raise UnpicklingError(
                "Can only create new object for nn.Parameter or classes allowlisted "
                f"via `add_safe_globals` but got {excerpt(cls)}"
            )

    dispatch[pickle.NEWOBJ[0]] = load_newobj

    def load_build(self):
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) is DTypeRecord:
            target.set_state(state)
        elif type(target) is np.ndarray:
            set_array_state(target, state)
        elif type(target) is OrderedDict or isinstance(target, rl.nn.Parameter):
            set_state(target, state)
        elif any(type(target) is known for known in self._added.values()):
            _restore(target, state)
        else:
            raise UnpicklingError(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted "
                f"via `add_safe_globals`, but got {type(target)}"
            )

    dispatch[pickle.BUILD[0]] = load_build

    def load_append(self):
        item = self.stack.pop()
        self._target(list, "append to").append(item)

    dispatch[pickle.APPEND[0]] = load_append

    def load_appends(self):
        items = self.pop_mark()
        self._target(list, "extend").extend(items)

    dispatch[pickle.APPENDS[0]] = load_appends

    def load_setitem(self):
        value, key = self.stack.pop(), self.stack.pop()
        self._set_items([key, value])

    dispatch[pickle.SETITEM[0]] = load_setitem

    def load_setitems(self):
        self._set_items(self.pop_mark())

    dispatch[pickle.SETITEMS[0]] = load_setitems

    def load_dict(self):
        items = self.pop_mark()
        self.append({})
        self._set_items(items)

    dispatch[pickle.DICT[0]] = load_dict

    def _set_items(self, items):
        keys, values = check_keys(items[::2]), items[1::2]
        target = self._target((dict, OrderedDict, Counter, defaultdict), "set items of")
        for key, value in zip(keys, values, strict=True):
            target[key] = value

    def load_additems(self):
        items = self.pop_mark()
        self._target(set, "add items to").update(check_keys(items))

    dispatch[pickle.ADDITEMS[0]] = load_additems

    def load_frozenset(self):
        self.append(frozenset(check_keys(self.pop_mark())))

    dispatch[pickle.FROZENSET[0]] = load_frozenset

    def _target(self, kinds, action):
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        target = self.stack[-1]
        if type(target) not in kinds:
            names = ", ".join(kind.__name__ for kind in kinds)
            raise UnpicklingError(f"Can only {action} {names}, but got {type(target)}")
        return target


def _restore(target, state):
    if hasattr(target, "__setstate__"):
        target.__setstate__(state)
    else:
        set_state(target, state)


def unsupported_global(path):
    """The refusal of a name outside the table, with the way to allow it."""
    name = path.removeprefix("builtins.")
    return (
        f"Unsupported global: GLOBAL {name} was not an allowed global by default. "
        f"Please use `torch.serialization.add_safe_globals([{name}])` or the "
        f"`torch.serialization.safe_globals([{name}])` context manager to allowlist this global "
        "if you trust this class/function."
    )
