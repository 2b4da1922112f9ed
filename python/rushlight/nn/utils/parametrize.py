"""Parameters computed from others: each use of the tensor runs a module on what is stored and learned.

`module.parametrizations.<name>` holds the modules and the stored tensors (`original`, or `original0`, `original1`, ...
where `right_inverse` gives several); the module's class gets a property `<name>` that computes the tensor.
"""

import copyreg
from collections.abc import Sequence
from contextlib import contextmanager
from copy import deepcopy

import rushlight as rl

from ..modules.container import ModuleDict, ModuleList
from ..parameter import Parameter

__all__ = [
    "cached", "ParametrizationList", "register_parametrization", "is_parametrized", "remove_parametrizations",
    "type_before_parametrizations", "transfer_parametrizations_and_params",
]  # fmt: skip

_cache_enabled = 0
_cache = {}


@contextmanager
def cached():
    """Compute each parametrized tensor once within the block."""
    global _cache_enabled, _cache
    _cache_enabled += 1
    try:
        yield
    finally:
        _cache_enabled -= 1
        if not _cache_enabled:
            _cache = {}


def _register(module, name, tensor):
    register = module.register_parameter if isinstance(tensor, Parameter) else module.register_buffer
    register(name, tensor)


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, in the order in which they are applied, and what they start from."""

    def __init__(self, modules, original, unsafe=False):
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        stored = self._stored_for(original)
        if not isinstance(stored, rl.Tensor | Sequence):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(stored).__name__}"
            )
        self.is_tensor = isinstance(stored, rl.Tensor)
        self.ntensors = 1 if self.is_tensor else len(stored)
        if self.is_tensor:
            self._store_one(original, stored)
        else:
            self._store_several(original, stored)
        if not unsafe:
            _check_like("A parametrization", "Registering a parametrization", self(), shape, dtype)

    @rl.no_grad()
    def _stored_for(self, original):
        """What to store so that the tensor starts as `original`, as far as the modules can tell."""
        stored = original
        for module in reversed(list(self)):
            if hasattr(module, "right_inverse"):
                try:
                    stored = module.right_inverse(stored)
                except NotImplementedError:
                    continue
        return stored

    def _store_one(self, original, stored):
        for name in ("dtype", "device"):
            before, after = getattr(original, name), getattr(stored, name)
            if before != after:
                raise ValueError(
                    f"When `right_inverse` outputs one tensor, it may not change the {name}.\n"
                    f"original.{name}: {before}\nright_inverse(original).{name}: {after}"
                )
        if stored is not original:
            original.data = stored.detach()
        _register(self, "original", original)

    def _store_several(self, original, stored):
        for i, tensor in enumerate(stored):
            if not isinstance(tensor, rl.Tensor):
                raise ValueError(
                    "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                    f"Got element {i} of the sequence with type {type(tensor).__name__}."
                )
            if isinstance(original, Parameter):
                tensor = Parameter(tensor, original.requires_grad)
            _register(self, f"original{i}", tensor.requires_grad_(original.requires_grad))

    @rl.no_grad()
    def right_inverse(self, value):
        """Store what makes the tensor equal `value`: the assignment `module.<name> = value`."""
        for module in reversed(list(self)):
            if not hasattr(module, "right_inverse"):
                raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
            value = module.right_inverse(value)
        if self.is_tensor:
            self._restore("original", value, "The tensor")
            return
        if not isinstance(value, Sequence):
            raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {type(value).__name__}.")
        if len(value) != self.ntensors:
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. "
                f"Got a sequence of length {len(value)}."
            )
        for i, tensor in enumerate(value):
            self._restore(f"original{i}", tensor, f"Tensor {i}")

    def _restore(self, name, tensor, what):
        if not isinstance(tensor, rl.Tensor):
            raise ValueError(f"`right_inverse` should return a tensor. Got {type(tensor).__name__}")
        stored = getattr(self, name)
        if tensor.dtype != stored.dtype:
            raise ValueError(
                f"{what} returned by `right_inverse` has dtype {tensor.dtype} while `{name}` has dtype {stored.dtype}"
            )
        stored.data = tensor.detach()

    def forward(self):
        first, *others = self
        names = ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]
        value = first(*(getattr(self, name) for name in names))
        for module in others:
            value = module(value)
        return value


def _check_like(what, doing, tensor, shape, dtype):
    """Raise unless `tensor` is a tensor of this shape and dtype."""
    if not isinstance(tensor, rl.Tensor):
        raise ValueError(f"{what} must return a tensor. Got {type(tensor).__name__}.")
    for name, wanted in (("dtype", dtype), ("shape", shape)):
        if getattr(tensor, name) != wanted:
            raise ValueError(
                f"{doing} may not change the {name} of the tensor, unless the `unsafe` flag is enabled.\n"
                f"unparametrized {name}: {wanted}\nparametrized {name}: {getattr(tensor, name)}"
            )


def _inject_new_class(module):
    """Give the module a class of its own, on which properties can be set."""
    cls = type(module)

    def default_deepcopy(self, memo):
        if id(self) in memo:
            return memo[id(self)]
        replica = self.__new__(type(self))
        memo[id(self)] = replica
        replica.__dict__ = deepcopy(self.__dict__, memo)
        for slot in copyreg._slotnames(type(self)):
            if hasattr(self, slot):
                setattr(replica, slot, deepcopy(getattr(self, slot), memo))
        return replica

    def getstate(self):
        raise RuntimeError("Serialization of parametrized modules is only supported through state_dict().")

    members = {"__getstate__": getstate, "__module__": ParametrizationList.__module__}
    if not hasattr(cls, "__deepcopy__"):
        members["__deepcopy__"] = default_deepcopy
    module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), members)


def _inject_property(module, tensor_name):
    def compute(self):
        if not _cache_enabled:
            return self.parametrizations[tensor_name]()
        key = (id(self), tensor_name)
        if key not in _cache:
            _cache[key] = self.parametrizations[tensor_name]()
        return _cache[key]

    def assign(self, value):
        self.parametrizations[tensor_name].right_inverse(value)

    setattr(type(module), tensor_name, property(compute, assign))


def register_parametrization(module, tensor_name, parametrization, *, unsafe=False):
    """Compute the parameter or buffer `tensor_name` by the module `parametrization` from now on.

    A parametrization with `right_inverse` starts from the present value and takes assignments. Without `unsafe` it
    must keep shape and dtype. A second one is applied to the result of the first.

    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).mT
    >>> layer = nn.utils.parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    >>> rl.equal(layer.weight, layer.weight.mT)
    True
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        present = module.parametrizations[tensor_name]
        if not unsafe:
            _check_addition(getattr(module, tensor_name), parametrization)
        present.append(parametrization)
        present.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        parametrizations = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _inject_new_class(module)
            module.parametrizations = ModuleDict()
        _inject_property(module, tensor_name)
        module.parametrizations[tensor_name] = parametrizations
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element "
            f"with name '{tensor_name}'"
        )
    return module


def _check_addition(tensor, parametrization):
    result = parametrization(tensor)
    _check_like("A parametrization", "Registering a parametrization", result, tensor.shape, tensor.dtype)
    if hasattr(parametrization, "right_inverse"):
        try:
            back = parametrization.right_inverse(result)
        except NotImplementedError:
            return
        _check_like("parametrization.right_inverse", "parametrization.right_inverse", back, tensor.shape, tensor.dtype)


def is_parametrized(module, tensor_name=None):
    """Whether the module has a parametrized tensor, or one of that name."""
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module, tensor_name, leave_parametrized=True):
    """Make `tensor_name` an ordinary tensor again: its present value, or what was stored."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations = module.parametrizations[tensor_name]
    if not parametrizations.is_tensor and not leave_parametrized:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized "
            "in terms of a sequence of tensors."
        )
    if parametrizations.is_tensor:
        tensor = parametrizations.original
        if leave_parametrized:
            with rl.no_grad():
                tensor.data = getattr(module, tensor_name)
    else:
        value = getattr(module, tensor_name)
        tensor = Parameter(value.detach()) if value.requires_grad else value
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, tensor)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module):
    """The class of the module without its parametrizations."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module, to_module, tensor_name=None):
    """Register the parametrizations of one module on another, together with what they store."""
    if not is_parametrized(from_module):
        return to_module
    for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
        source = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach()))
        for parametrization in source:
            register_parametrization(to_module, name, parametrization)
        target = to_module.parametrizations[name]
        names = ["original"] if source.is_tensor else [f"original{i}" for i in range(source.ntensors)]
        for stored in names:
            setattr(target, stored, getattr(source, stored))
    return to_module
