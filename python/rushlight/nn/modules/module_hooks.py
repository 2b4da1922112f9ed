"""Hooks that run around a module's call: on one module, or on all of them."""

import functools
import warnings
import weakref
from collections import OrderedDict

import rushlight as rl
from rushlight.utils.hooks import RemovableHandle

from ..hooks import BackwardHook

_global_buffer_registration_hooks = OrderedDict()
_global_module_registration_hooks = OrderedDict()
_global_parameter_registration_hooks = OrderedDict()
_global_backward_pre_hooks = OrderedDict()
_global_backward_hooks = OrderedDict()
_global_forward_pre_hooks = OrderedDict()
_global_forward_hooks = OrderedDict()
_global_forward_hooks_always_called = OrderedDict()
_global_forward_hooks_with_kwargs = OrderedDict()
_global_is_full_backward_hook = None

_TWO_KINDS = "Cannot use both regular backward hooks and full backward hooks on {}. Please use only one of them."


def _add(table, hook, *flags, prepend=False):
    """Put `hook` into `table`; each flag is (its table, whether it is set)."""
    handle = RemovableHandle(table, extra_dict=[flag_table for flag_table, _ in flags])
    table[handle.id] = hook
    for flag_table, is_set in flags:
        if is_set:
            flag_table[handle.id] = True
    if prepend:
        table.move_to_end(handle.id, last=False)
    return handle


def register_module_buffer_registration_hook(hook):
    """Call `hook(module, name, buffer)` when any buffer is registered; it may return another one."""
    return _add(_global_buffer_registration_hooks, hook)


def register_module_module_registration_hook(hook):
    """Call `hook(module, name, submodule)` when any child is registered; it may return another one."""
    return _add(_global_module_registration_hooks, hook)


def register_module_parameter_registration_hook(hook):
    """Call `hook(module, name, param)` when any parameter is registered; it may return another one."""
    return _add(_global_parameter_registration_hooks, hook)


def register_module_forward_pre_hook(hook):
    """Call `hook(module, args)` before every module's forward."""
    return _add(_global_forward_pre_hooks, hook)


def register_module_forward_hook(hook, *, with_kwargs=False, always_call=False):
    """Call `hook(module, args, output)` after every module's forward."""
    return _add(
        _global_forward_hooks,
        hook,
        (_global_forward_hooks_with_kwargs, with_kwargs),
        (_global_forward_hooks_always_called, always_call),
    )


def register_module_full_backward_pre_hook(hook):
    """Call `hook(module, grad_output)` before every module's backward pass."""
    return _add(_global_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook):
    """Call `hook(module, grad_input, grad_output)` after every module's backward pass."""
    return _add_global_backward_hook(hook, is_full=True)


def register_module_backward_hook(hook):
    """Call `hook` on the last graph node of every module; `register_module_full_backward_hook` is the sound form."""
    return _add_global_backward_hook(hook, is_full=False)


def _add_global_backward_hook(hook, is_full):
    global _global_is_full_backward_hook
    if _global_is_full_backward_hook is (not is_full):
        raise RuntimeError(_TWO_KINDS.format("all modules"))
    _global_is_full_backward_hook = is_full
    return _add(_global_backward_hooks, hook)


def replaced_by_hooks(table, module, name, value):
    """`value` after the registration hooks of `table` have seen it."""
    for hook in table.values():
        replacement = hook(module, name, value)
        value = value if replacement is None else replacement
    return value


class WrappedHook:
    """A hook that receives the module first where it was registered with one; the module is held weakly."""

    def __init__(self, hook, module=None):
        functools.update_wrapper(self, hook)
        self.hook = hook
        self.with_module = module is not None
        if self.with_module:
            self.module = weakref.ref(module)

    def __call__(self, *args, **kwargs):
        if not self.with_module:
            return self.hook(*args, **kwargs)
        module = self.module()
        if module is None:
            raise RuntimeError("the module of this hook no longer exists")
        return self.hook(module, *args, **kwargs)

    def __getstate__(self):
        state = {"hook": self.hook, "with_module": self.with_module}
        return state | {"module": self.module()} if self.with_module else state

    def __setstate__(self, state):
        self.hook = state["hook"]
        self.with_module = state["with_module"]
        if self.with_module:
            if state["module"] is None:
                raise RuntimeError("the module of this hook no longer exists")
            self.module = weakref.ref(state["module"])


class ModuleHooks:
    """The part of Module that registers hooks around its call and runs them."""

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Call `hook(module, args)` before forward; it may return new arguments.

        With `with_kwargs` it is called as `hook(module, args, kwargs)` and returns `(args, kwargs)`.
        """
        flags = (self._forward_pre_hooks_with_kwargs, with_kwargs)
        return _add(self._forward_pre_hooks, hook, flags, prepend=prepend)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Call `hook(module, args, output)` after forward; it may return a new output.

        With `always_call` it also runs when forward raises.
        """
        return _add(
            self._forward_hooks,
            hook,
            (self._forward_hooks_with_kwargs, with_kwargs),
            (self._forward_hooks_always_called, always_call),
            prepend=prepend,
        )

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Call `hook(module, grad_output)` before the module's backward pass; it may return a new `grad_output`."""
        return _add(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook, prepend=False):
        """Call `hook(module, grad_input, grad_output)` after the backward pass; it may return a new `grad_input`."""
        return self._add_backward_hook(hook, is_full=True, prepend=prepend)

    def register_backward_hook(self, hook):
        """Call `hook` on the module's last graph node; `register_full_backward_hook` is the sound form."""
        return self._add_backward_hook(hook, is_full=False)

    def _add_backward_hook(self, hook, is_full, prepend=False):
        if self._is_full_backward_hook is (not is_full):
            raise RuntimeError(_TWO_KINDS.format("a single Module"))
        self._is_full_backward_hook = is_full
        return _add(self._backward_hooks, hook, prepend=prepend)

    def _get_backward_hooks(self):
        """The hooks of the full and of the older kind."""
        full, older = [], []
        tables = (
            (_global_is_full_backward_hook, _global_backward_hooks),
            (
                self._is_full_backward_hook,
                self._backward_hooks,
            ),
        )
        for is_full, table in tables:
            (full if is_full else older).extend(table.values())
        return full, older

    def _get_backward_pre_hooks(self):
        return [*_global_backward_pre_hooks.values(), *self._backward_pre_hooks.values()]

    def _call_with_hooks(self, args, kwargs):
        call = _HookedCall(self, args, kwargs)
        try:
            return call.run()
        except Exception:
            call.run_remaining_always_called()
            raise


class _HookedCall:
    """One call of a module that has hooks."""

    def __init__(self, module, args, kwargs):
        self.module = module
        self.args = args
        self.kwargs = kwargs
        self.result = None
        self.called = set()

    def run(self):
        full, older = self.module._get_backward_hooks()
        pre = self.module._get_backward_pre_hooks()
        self.run_pre_hooks()
        gates = BackwardHook(self.module, full, pre) if full or pre else None
        if gates:
            self.args = gates.setup_input_hook(self.args)
        self.result = self.module.forward(*self.args, **self.kwargs)
        self.run_forward_hooks()
        if gates:
            self.gate_output(gates)
        if older:
            self.hook_last_node(older)
        return self.result

    def run_pre_hooks(self):
        with_kwargs = self.module._forward_pre_hooks_with_kwargs
        for key, hook in [*_global_forward_pre_hooks.items(), *self.module._forward_pre_hooks.items()]:
            if key in with_kwargs:
                self.take_args_and_kwargs(hook(self.module, self.args, self.kwargs))
            else:
                replacement = hook(self.module, self.args)
                if replacement is not None:
                    self.args = replacement if isinstance(replacement, tuple) else (replacement,)

    def take_args_and_kwargs(self, replacement):
        if replacement is None:
            return
        if not (isinstance(replacement, tuple) and len(replacement) == 2):
            raise RuntimeError(
                f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {replacement}."
            )
        self.args, self.kwargs = replacement

    def run_forward_hooks(self):
        for key, hook in [*_global_forward_hooks.items(), *self.module._forward_hooks.items()]:
            self.run_forward_hook(key, hook)

    def run_forward_hook(self, key, hook):
        self.called.add(key)
        with_kwargs = key in self.module._forward_hooks_with_kwargs or key in _global_forward_hooks_with_kwargs
        args = (self.args, self.kwargs) if with_kwargs else (self.args,)
        replacement = hook(self.module, *args, self.result)
        if replacement is not None:
            self.result = replacement

    def gate_output(self, gates):
        if not isinstance(self.result, rl.Tensor | tuple):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors "
                f"but received {type(self.result)}",
                stacklevel=5,
            )
        self.result = gates.setup_output_hook(self.result)

    def hook_last_node(self, hooks):
        value = self.result
        while not isinstance(value, rl.Tensor):
            if isinstance(value, dict):
                value = next(v for v in value.values() if isinstance(v, rl.Tensor))
            else:
                value = value[0]
        if value.grad_fn is not None:
            for hook in hooks:
                value.grad_fn.register_hook(WrappedHook(hook, self.module))

    def run_remaining_always_called(self):
        """After an error: the hooks marked `always_call` that have not run; what they raise becomes a warning."""
        marked = _global_forward_hooks_always_called.keys() | self.module._forward_hooks_always_called.keys()
        for key, hook in [*_global_forward_hooks.items(), *self.module._forward_hooks.items()]:
            if key in marked and key not in self.called:
                try:
                    self.run_forward_hook(key, hook)
                except Exception as error:
                    warnings.warn(
                        "module forward hook with ``always_call=True`` raised an exception that was silenced "
                        f"as another error was raised in forward: {error}",
                        stacklevel=4,
                    )
