"""Modules that learn the sizes of their parameters from the first input."""

import rushlight as rl

from ..parameter import is_lazy

__all__ = ["LazyModuleMixin"]


class LazyModuleMixin:
    """Put before a module class: parameters start as `UninitializedParameter` and get their shape in the first call.

    A subclass defines `initialize_parameters(*args, **kwargs)`, which looks at the arguments of that call and
    materializes every parameter. Afterwards the module is of class `cls_to_become`.
    """

    cls_to_become = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args, **kwargs):
        """Materialize the parameters for the arguments of the first call."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self):
        """Whether a parameter or buffer still waits for its shape."""
        return any(is_lazy(t) for t in (*self._parameters.values(), *self._buffers.values()))

    def _materialize(self, name, shape):
        """Give the parameter or buffer `name` its shape; a buffer becomes an ordinary tensor."""
        tensor = getattr(self, name)
        if name in self._buffers:
            self._buffers[name] = rl.empty(shape, device=tensor.data.device, dtype=tensor.data.dtype)
        else:
            with rl.no_grad():
                tensor.materialize(shape)

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        for name, tensor in self._persistent_members():
            destination[prefix + name] = tensor if keep_vars or is_lazy(tensor) else tensor.detach()

    def _lazy_load_hook(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs):
        for name, tensor in (*self._parameters.items(), *self._buffers.items()):
            loaded = state_dict.get(prefix + name)
            if is_lazy(tensor) and loaded is not None and not is_lazy(loaded):
                self._materialize(name, loaded.shape)

    def _infer_parameters(self, module, args, kwargs=None):
        module.initialize_parameters(*args, **(kwargs or {}))
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {self._get_name()} has not been fully initialized")
        for name in ("_initialize_hook", "_load_hook"):
            getattr(module, name).remove()
            delattr(module, name)
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become
