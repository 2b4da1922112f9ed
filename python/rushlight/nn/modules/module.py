"""`Module`: the base class of all layers and models."""

import inspect
from collections import OrderedDict

import rushlight as rl

from ..parameter import Buffer, Parameter
from .module_conversion import ModuleConversion
from .module_hooks import (
    ModuleHooks,
    _global_backward_hooks,
    _global_backward_pre_hooks,
    _global_buffer_registration_hooks,
    _global_forward_hooks,
    _global_forward_pre_hooks,
    _global_module_registration_hooks,
    _global_parameter_registration_hooks,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
    replaced_by_hooks,
)
from .module_state import _EXTRA_STATE_KEY_SUFFIX, ModuleState, _IncompatibleKeys  # noqa: F401
from .module_tree import ModuleTree

__all__ = [
    "register_module_forward_pre_hook",
    "register_module_forward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_backward_hook",
    "register_module_full_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
    "Module",
]

_STATE = {
    "training": lambda: True,
    "_parameters": dict,
    "_buffers": dict,
    "_non_persistent_buffers_set": set,
    "_backward_pre_hooks": OrderedDict,
    "_backward_hooks": OrderedDict,
    "_is_full_backward_hook": lambda: None,
    "_forward_hooks": OrderedDict,
    "_forward_hooks_with_kwargs": OrderedDict,
    "_forward_hooks_always_called": OrderedDict,
    "_forward_pre_hooks": OrderedDict,
    "_forward_pre_hooks_with_kwargs": OrderedDict,
    "_state_dict_hooks": OrderedDict,
    "_state_dict_pre_hooks": OrderedDict,
    "_load_state_dict_pre_hooks": OrderedDict,
    "_load_state_dict_post_hooks": OrderedDict,
    "_modules": dict,
}


def _forward_unimplemented(self, *input):
    """Override in every subclass: the computation of the module's call."""
    raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')


class Module(ModuleHooks, ModuleTree, ModuleState, ModuleConversion):
    """A piece of a model: it owns parameters, buffers and other modules, and is called like a function.

    Assigning a `Parameter`, a `Buffer` or a `Module` as an attribute registers it. A subclass calls
    `super().__init__()` first and defines `forward`.

    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter(rl.tensor(2.0))
    ...     def forward(self, input):
    ...         return input * self.factor
    >>> Scale()(rl.ones(2))
    tensor([2., 2.], grad_fn=<MulBackward0>)
    """

    dump_patches = False
    call_super_init = False
    _version = 1
    _compiled_call_impl = None

    def __init__(self, *args, **kwargs):
        if not self.call_super_init and (args or kwargs):
            problem = (
                f"got an unexpected keyword argument '{next(iter(kwargs))}'"
                if kwargs
                else f"takes 1 positional argument but {len(args) + 1} were given"
            )
            raise TypeError(f"{type(self).__name__}.__init__() {problem}")
        self.__dict__.update({name: make() for name, make in _STATE.items()})
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    forward = _forward_unimplemented

    def _call_impl(self, *args, **kwargs):
        if (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or _global_forward_hooks
            or _global_forward_pre_hooks
            or _global_backward_hooks
            or _global_backward_pre_hooks
        ):
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    _wrapped_call_impl = _call_impl
    __call__ = _call_impl

    def compile(self, *args, **kwargs):
        """Accepts the arguments of `torch.compile`; calls keep running eagerly, with the same results."""

    def register_buffer(self, name, tensor, persistent=True):
        """Add a tensor that belongs to the module's state but is not learned.

        With `persistent=False` it is left out of `state_dict()`.
        """
        self._check_name("buffer", name, self.__dict__.get("_buffers"))
        if tensor is not None and not _is_tensor_like(tensor):
            raise TypeError(
                f"cannot assign '{rl.typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = replaced_by_hooks(_global_buffer_registration_hooks, self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_parameter(self, name, param):
        """Add a parameter; None keeps the name without a value."""
        self._check_name("parameter", name, self.__dict__.get("_parameters"))
        if param is None:
            self._parameters[name] = None
            return
        if not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{rl.typename(param)}' object to parameter '{name}' "
                "(torch.nn.Parameter or None required)"
            )
        if param.grad_fn:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. "
                f"To express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = replaced_by_hooks(_global_parameter_registration_hooks, self, name, param)

    def add_module(self, name, module):
        """Add a child module; None keeps the name without a value."""
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{rl.typename(module)} is not a Module subclass")
        self._check_name("module", name, self.__dict__.get("_modules"))
        self._modules[name] = replaced_by_hooks(_global_module_registration_hooks, self, name, module)

    def register_module(self, name, module):
        """The same as `add_module`."""
        self.add_module(name, module)

    def _check_name(self, kind, name, table):
        if table is None:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {rl.typename(name)}")
        if hasattr(self, name) and name not in table:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')

    def __getattr__(self, name):
        state = self.__dict__
        for table in ("_parameters", "_buffers", "_modules"):
            if table in state and name in state[table]:
                return state[table][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name, value):
        state = self.__dict__
        if isinstance(value, Parameter) or name in state.get("_parameters", ()):
            self._set_parameter(name, value)
        elif isinstance(value, Module) or name in state.get("_modules", ()):
            self._set_module(name, value)
        elif isinstance(value, Buffer) or name in state.get("_buffers", ()):
            self._set_buffer(name, value)
        else:
            super().__setattr__(name, value)

    def _set_parameter(self, name, value):
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameters before Module.__init__() call")
        if isinstance(value, Parameter):
            self._forget(name, self.__dict__, self._buffers, self._modules)
        elif value is not None:
            raise TypeError(
                f"cannot assign '{rl.typename(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
            )
        self.register_parameter(name, value)

    def _set_module(self, name, value):
        if "_modules" not in self.__dict__:
            raise AttributeError("cannot assign module before Module.__init__() call")
        if isinstance(value, Module):
            self._forget(name, self.__dict__, self._parameters, self._buffers)
        elif value is not None:
            raise TypeError(
                f"cannot assign '{rl.typename(value)}' as child module '{name}' (torch.nn.Module or None expected)"
            )
        self._modules[name] = replaced_by_hooks(_global_module_registration_hooks, self, name, value)

    def _set_buffer(self, name, value):
        if value is not None and not _is_tensor_like(value):
            raise TypeError(
                f"cannot assign '{rl.typename(value)}' as buffer '{name}' "
                "(torch.nn.Buffer, torch.Tensor or None expected)"
            )
        is_new = isinstance(value, Buffer)
        persistent = value.persistent if is_new else name not in self._non_persistent_buffers_set
        if "persistent" in inspect.signature(self.register_buffer).parameters:
            self.register_buffer(name, value, persistent)
        elif persistent:
            self.register_buffer(name, value)
        else:
            raise RuntimeError(
                f"{type(self).__name__}.register_buffer() has no argument `persistent`, "
                "which a non-persistent buffer needs"
            )

    def _forget(self, name, *tables):
        for table in tables:
            table.pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __delattr__(self, name):
        for table in (self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self):
        names = [*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers]
        return sorted(name for name in names if not name[0].isdigit())

    def __getstate__(self):
        state = self.__dict__.copy()
        state.pop("_compiled_call_impl", None)
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        for name, make in _STATE.items():
            if name not in self.__dict__:
                self.__dict__[name] = make()

    def _get_name(self):
        return type(self).__name__

    def extra_repr(self):
        """Override to show the module's settings in its `repr`."""
        return ""

    def __repr__(self):
        extra = self.extra_repr()
        extra_lines = extra.split("\n") if extra else []
        child_lines = [f"({name}): {_addindent(repr(module), 2)}" for name, module in self._modules.items()]
        if len(extra_lines) == 1 and not child_lines:
            return f"{self._get_name()}({extra})"
        body = "\n  ".join(["", *extra_lines, *child_lines]) + "\n" if extra_lines or child_lines else ""
        return f"{self._get_name()}({body})"


def _is_tensor_like(value):
    return isinstance(value, rl.Tensor) or hasattr(value, "__torch_function__")


def _addindent(text, spaces):
    """`text` with every line but the first moved right; blank lines become empty."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(" " * spaces + line if line.strip() else "" for line in rest)])
