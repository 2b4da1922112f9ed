"""A module's state as a flat dictionary of tensors, and back."""

import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Mapping

import rushlight as rl

from ..parameter import Parameter, is_lazy
from .module_hooks import WrappedHook, _add

_EXTRA_STATE_KEY_SUFFIX = "_extra_state"


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict` did not find, and what it found without a place."""

    __slots__ = ()

    def __repr__(self):
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


class ModuleState:
    """The part of Module that writes and reads state dictionaries."""

    def get_extra_state(self):
        """Override together with `set_extra_state` to keep more than tensors in the state dictionary."""
        raise RuntimeError("get_extra_state: the module keeps no extra state; override it to return one")

    def set_extra_state(self, state):
        """Override together with `get_extra_state`."""
        raise RuntimeError("set_extra_state: the module keeps no extra state; override it to take one")

    def state_dict(self, *args, destination=None, prefix="", keep_vars=False):
        """The parameters and persistent buffers here and below by dotted name; detached unless `keep_vars`.

        >>> list(nn.Linear(2, 3).state_dict())
        ['weight', 'bias']
        """
        if args:
            warnings.warn("Positional args are being deprecated, use kwargs instead.", FutureWarning, stacklevel=2)
            destination, prefix, keep_vars = (*args, *(destination, prefix, keep_vars)[len(args) :])
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return self._run_state_dict_hooks(destination, prefix, metadata)

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        for name, tensor in self._persistent_members():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if type(self).get_extra_state is not ModuleState.get_extra_state:
            destination[prefix + _EXTRA_STATE_KEY_SUFFIX] = self.get_extra_state()

    def _persistent_members(self):
        """Name and tensor of the parameters, then of the persistent buffers, leaving out those that are None."""
        for name, parameter in self._parameters.items():
            if parameter is not None:
                yield name, parameter
        for name, buffer in self._buffers.items():
            if buffer is not None and name not in self._non_persistent_buffers_set:
                yield name, buffer

    def _run_state_dict_hooks(self, destination, prefix, metadata):
        for hook in self._state_dict_hooks.values():
            replacement = hook(self, destination, prefix, metadata)
            if replacement is not None and getattr(hook, "_from_public_api", False):
                raise RuntimeError("state_dict post-hook must return None")
            destination = destination if replacement is None else replacement
        return destination

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copy the tensors of `state_dict` into the parameters and buffers of the same names.

        With `strict` every name must match; with `assign` the tensors are taken as they are instead of copied.
        Returns the missing and unexpected names.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        loading = _Loading(getattr(state_dict, "_metadata", None), assign)
        state = OrderedDict(state_dict)
        if loading.metadata is not None:
            state._metadata = loading.metadata
        loading.load(self, state, "")
        return loading.finish(type(self).__name__, strict)

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ):
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        own = dict(self._persistent_members())
        assign = local_metadata.get("assign_to_params_buffers", False)
        for name, tensor in own.items():
            key = prefix + name
            if key in state_dict:
                error = self._load_member(name, key, tensor, state_dict[key], assign)
                error_msgs.extend([] if error is None else [error])
            elif strict:
                missing_keys.append(key)
        extra_key = prefix + _EXTRA_STATE_KEY_SUFFIX
        self._load_extra_state(state_dict, extra_key, strict, missing_keys, unexpected_keys)
        if strict:
            unexpected_keys.extend(key for key in state_dict if key != extra_key and self._is_stray(key, prefix, own))

    def _load_extra_state(self, state_dict, key, strict, missing_keys, unexpected_keys):
        takes_extra_state = type(self).set_extra_state is not ModuleState.set_extra_state
        if takes_extra_state and key in state_dict:
            self.set_extra_state(state_dict[key])
        elif strict and takes_extra_state:
            missing_keys.append(key)
        elif strict and key in state_dict:
            unexpected_keys.append(key)

    def _is_stray(self, key, prefix, own):
        if not key.startswith(prefix):
            return False
        name, dot, _ = key[len(prefix) :].partition(".")
        return name not in (self._modules if dot else own)

    def _load_member(self, name, key, tensor, loaded, assign):
        """Copy or assign `loaded`; returns what went wrong as text, or None."""
        if not isinstance(loaded, rl.Tensor):
            return (
                f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object '
                f"from checkpoint but received {type(loaded)}"
            )
        if not is_lazy(tensor):
            if tensor.dim() == 0 and tuple(loaded.shape) == (1,):
                loaded = loaded[0]
            if loaded.shape != tensor.shape:
                return (
                    f"size mismatch for {key}: copying a param with shape {loaded.shape} from checkpoint, "
                    f"the shape in current model is {tensor.shape}."
                )
        if tensor.is_meta and not loaded.is_meta and not assign:
            warnings.warn(
                f"for {key}: copying from a non-meta parameter in the checkpoint to a meta parameter in the current "
                "model, which is a no-op. (Did you mean to pass `assign=True` to assign items in the state dictionary to "
                "their corresponding key in the module instead of copying them in place?)",
                stacklevel=5,
            )
        try:
            with rl.no_grad():
                if assign:
                    setattr(self, name, _as_member_like(tensor, loaded))
                else:
                    tensor.copy_(loaded)
        except Exception as error:
            return (
                f'While copying the parameter named "{key}", whose dimensions in the model are {tensor.size()} and '
                f"whose dimensions in the checkpoint are {loaded.size()}, an exception occurred : {error.args}."
            )
        return None

    def _register_state_dict_hook(self, hook):
        """Call `hook(module, state_dict, prefix, metadata)` after `state_dict()`; it may return another dictionary."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError("this function is already a hook registered by register_state_dict_post_hook")
        return _add(self._state_dict_hooks, hook)

    def register_state_dict_post_hook(self, hook):
        """Call `hook(module, state_dict, prefix, metadata)` after `state_dict()`; it may change it in place."""
        hook._from_public_api = True
        return _add(self._state_dict_hooks, hook)

    def register_state_dict_pre_hook(self, hook):
        """Call `hook(module, prefix, keep_vars)` before `state_dict()`."""
        return _add(self._state_dict_pre_hooks, hook)

    def _register_load_state_dict_pre_hook(self, hook, with_module=False):
        return _add(self._load_state_dict_pre_hooks, WrappedHook(hook, self if with_module else None))

    def register_load_state_dict_pre_hook(self, hook):
        """Call `hook(module, state_dict, prefix, ...)` before the module loads; it may change the dictionary."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def register_load_state_dict_post_hook(self, hook):
        """Call `hook(module, incompatible_keys)` after the module has loaded; it may change the lists of keys."""
        return _add(self._load_state_dict_post_hooks, hook)


def _as_member_like(tensor, loaded):
    if not isinstance(tensor, Parameter):
        return loaded
    if isinstance(loaded, Parameter):
        return loaded.requires_grad_(tensor.requires_grad)
    return Parameter(loaded, requires_grad=tensor.requires_grad)


class _Loading:
    """One call of `load_state_dict` on its way down the tree."""

    def __init__(self, metadata, assign):
        self.metadata = metadata
        self.assign = assign
        self.missing = []
        self.unexpected = []
        self.errors = []

    def load(self, module, state, prefix):
        metadata = {} if self.metadata is None else self.metadata.get(prefix[:-1], {})
        if self.assign:
            metadata["assign_to_params_buffers"] = True
        module._load_from_state_dict(state, prefix, metadata, True, self.missing, self.unexpected, self.errors)
        for name, child in module._modules.items():
            if child is not None:
                child_prefix = f"{prefix}{name}."
                self.load(child, {k: v for k, v in state.items() if k.startswith(child_prefix)}, child_prefix)
        keys = _IncompatibleKeys(self.missing, self.unexpected)
        for hook in module._load_state_dict_post_hooks.values():
            if hook(module, keys) is not None:
                raise AssertionError(
                    "hooks of register_load_state_dict_post_hook must return None; change incompatible_keys in place"
                )

    def finish(self, name, strict):
        if strict:
            kinds = ("Missing", self.missing), ("Unexpected", self.unexpected)
            quoted = [(kind, ", ".join(f'"{key}"' for key in keys)) for kind, keys in kinds if keys]
            self.errors[:0] = [f"{kind} key(s) in state_dict: {keys}. " for kind, keys in quoted]
        if self.errors:
            raise RuntimeError("Error(s) in loading state_dict for {}:\n\t{}".format(name, "\n\t".join(self.errors)))
        return _IncompatibleKeys(self.missing, self.unexpected)
