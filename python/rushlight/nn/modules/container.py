"""Modules that hold modules: in a row, in a list, under names."""

import operator
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from .module import Module, _addindent
from .parameter_container import ParameterDict, ParameterList

__all__ = ["Container", "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"]


class Container(Module):
    """Holds the modules given by keyword; deprecated, `Module` does the same."""

    def __init__(self, **kwargs):
        super().__init__()
        warnings.warn("`nn.Container` is deprecated: subclass `nn.Module` instead.", FutureWarning, stacklevel=2)
        for name, module in kwargs.items():
            self.add_module(name, module)


class _ModuleRow(Module):
    """Modules under the names "0", "1", ..., reached by position."""

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def __dir__(self):
        return [name for name in super().__dir__() if not name.isdigit()]

    def _key(self, index):
        """The name of the module at a position that may be negative."""
        index = operator.index(index)
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} is out of range")
        return list(self._modules)[index]

    def __setitem__(self, index, module):
        setattr(self, self._key(index), module)

    def __delitem__(self, index):
        keys = list(self._modules)[index] if isinstance(index, slice) else [self._key(index)]
        for key in keys:
            delattr(self, key)
        self._modules = OrderedDict((str(i), module) for i, module in enumerate(self))

    def _shift_in(self, index, module):
        """Put `module` at a position from 0 to `len(self)`, moving those behind it one further."""
        modules = list(self)
        modules.insert(index, module)
        self._modules = OrderedDict((str(i), m) for i, m in enumerate(modules))

    def append(self, module):
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def pop(self, key):
        """Take out the module at a position and return it."""
        module = self[key]
        del self[key]
        return module


class Sequential(_ModuleRow):
    """Calls its modules in order, each with the output of the one before.

    Takes the modules as arguments or as one `OrderedDict` of names.

    >>> nn.Sequential(nn.Linear(4, 2), nn.ReLU())(rl.ones(3, 4)).shape
    torch.Size([3, 2])
    """

    def __init__(self, *args):
        super().__init__()
        named = args[0].items() if len(args) == 1 and isinstance(args[0], OrderedDict) else enumerate(args)
        for name, module in named:
            self.add_module(str(name), module)

    def forward(self, input):
        for module in self._modules.values():
            input = module(input)
        return input

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._key(index)]

    def insert(self, index, module):
        """Put a module at a position, moving those behind it one further."""
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index}")
        self._shift_in(index, module)
        return self

    def extend(self, sequential):
        """Add the modules of an iterable at the end."""
        for module in sequential:
            self.append(module)
        return self

    def __add__(self, other):
        return Sequential().extend(self).extend(_sequential(other))

    def __iadd__(self, other):
        return self.extend(list(_sequential(other)))

    def __mul__(self, count):
        return Sequential().extend(list(self) * _positive(count, self))

    __rmul__ = __mul__

    def __imul__(self, count):
        return self.extend(list(self) * (_positive(count, self) - 1))


def _sequential(other):
    if not isinstance(other, Sequential):
        raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")
    return other


def _positive(count, module):
    if not isinstance(count, int):
        raise TypeError(f"unsupported operand type(s) for *: {type(module)} and {type(count)}")
    if count <= 0:
        raise ValueError(f"Non-positive multiplication factor {count} for {type(module)}")
    return count


class ModuleList(_ModuleRow):
    """A list of modules whose parameters belong to the owner; it has no forward.

    >>> layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
    >>> len(layers[1:])
    2
    """

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self += modules

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._modules[self._key(index)]

    def insert(self, index, module):
        """Put a module before a position."""
        self._shift_in(index, module)

    def extend(self, modules):
        """Add the modules of an iterable at the end."""
        if not isinstance(modules, Iterable):
            raise TypeError(f"ModuleList.extend should be called with an iterable, but got {type(modules).__name__}")
        for index, module in enumerate(list(modules), len(self)):
            self.add_module(str(index), module)
        return self

    def __iadd__(self, modules):
        return self.extend(modules)

    def __add__(self, other):
        return ModuleList([*self, *other])

    def __repr__(self):
        if len(self) == 0:
            return f"{self._get_name()}()"
        lines = [_addindent(_run_repr(*run), 2) for run in _equal_runs([repr(module) for module in self])]
        return "\n  ".join([f"{self._get_name()}(", *lines]) + "\n)"


def _equal_runs(texts):
    """First index, last index and text of each run of equal neighbours."""
    runs = []
    for index, text in enumerate(texts):
        if runs and runs[-1][2] == text:
            runs[-1][1] = index
        else:
            runs.append([index, index, text])
    return runs


def _run_repr(first, last, text):
    return f"({first}): {text}" if first == last else f"({first}-{last}): {last - first + 1} x {text}"


class ModuleDict(Module):
    """A dictionary of modules whose parameters belong to the owner; it has no forward.

    >>> list(nn.ModuleDict({"conv": nn.Conv2d(1, 2, 3), "act": nn.ReLU()}))
    ['conv', 'act']
    """

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key):
        return self._modules[key]

    def __setitem__(self, key, module):
        self.add_module(key, module)

    def __delitem__(self, key):
        del self._modules[key]

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules)

    def __contains__(self, key):
        return key in self._modules

    def clear(self):
        """Take out all modules."""
        self._modules.clear()

    def pop(self, key):
        """Take out the module of a key and return it."""
        return self._modules.pop(key)

    def keys(self):
        """The keys in order."""
        return self._modules.keys()

    def items(self):
        """Pairs of key and module in order."""
        return self._modules.items()

    def values(self):
        """The modules in order."""
        return self._modules.values()

    def update(self, modules):
        """Add the modules of a mapping or of an iterable of pairs."""
        for key, module in _pairs("ModuleDict", modules):
            self[key] = module


def _pairs(name, entries):
    """The pairs of a mapping or of an iterable of pairs."""
    if not isinstance(entries, Iterable):
        raise TypeError(
            f"{name}.update should be called with an iterable of key/value pairs, but got {type(entries).__name__}"
        )
    if isinstance(entries, Mapping | ModuleDict):
        return list(entries.items())
    return [_pair_at(name, index, entry) for index, entry in enumerate(entries)]


def _pair_at(name, index, entry):
    if not isinstance(entry, Iterable):
        raise TypeError(f"{name} update sequence element #{index} should be Iterable; is{type(entry).__name__}")
    entry = tuple(entry)
    if len(entry) != 2:
        raise ValueError(f"{name} update sequence element #{index} has length {len(entry)}; 2 is required")
    return entry
