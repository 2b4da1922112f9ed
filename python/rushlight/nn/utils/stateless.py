"""Calling a module with other tensors in place of its parameters and buffers."""

import warnings
from contextlib import contextmanager

__all__ = ["functional_call"]


def functional_call(module, parameters_and_buffers, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """The older name of `func.functional_call`."""
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated: use `torch.func.functional_call`.",
        FutureWarning,
        stacklevel=2,
    )
    return _functional_call(module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict)


def _functional_call(module, parameters_and_buffers, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """Call `module(*args, **kwargs)` with the tensors of `parameters_and_buffers` (by dotted name).

    With `tie_weights` a tensor that the module holds under several names is replaced under all of them; with
    `strict` the names must be exactly those of the module. Buffers that the call replaces are written back.
    """
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with _reparametrize_module(module, parameters_and_buffers, tie_weights=tie_weights, strict=strict):
        return module(*args, **(kwargs or {}))


@contextmanager
def _reparametrize_module(module, parameters_and_buffers, tie_weights=False, strict=False):
    """Swap the tensors in, and back at the end."""
    own = _named_tensors(module)
    if strict:
        _check_names(module, own, parameters_and_buffers)
    replacements = _tied(own, parameters_and_buffers) if tie_weights else dict(parameters_and_buffers)
    places = {name: _place(module, name) for name in replacements}
    before = {}
    try:
        for name, tensor in replacements.items():
            before[name] = _swap(*places[name], tensor)
        yield
    finally:
        after = {name: _swap(*places[name], tensor) for name, tensor in reversed(before.items())}
        parameters_and_buffers.update({n: after[n] for n in parameters_and_buffers if n in after})


def _named_tensors(module):
    return dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))


def _check_names(module, own, given):
    unexpected = [name for name in given if name not in own]
    missing = [name for name in own if name not in given]
    problems = []
    if unexpected:
        problems.append(f"Unexpected key(s): {', '.join(map(repr, unexpected))}.")
    if missing:
        problems.append(f"Missing key(s): {', '.join(map(repr, missing))}.")
    if problems:
        listed = "\n\t".join(problems)
        raise RuntimeError(f"Error(s) in reparametrizing for {module._get_name()}:\n\t{listed}")


def _tied(own, given):
    """`given`, with each tensor also under the other names that the module has for the same tensor."""
    names_of = {}
    for name, tensor in own.items():
        names_of.setdefault(id(tensor), []).append(name)
    replacements = dict(given)
    for names in names_of.values():
        chosen = [name for name in names if name in given]
        if len({id(given[name]) for name in chosen}) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(names)}, which are tied. "
                "Consider using tie_weights=False"
            )
        if chosen:
            replacements.update({name: given[chosen[0]] for name in names})
    return replacements


def _place(module, name):
    """The submodule that holds the tensor `name`, and its name there."""
    path, _, attribute = name.rpartition(".")
    owner = module.get_submodule(path)
    if not hasattr(owner, attribute):
        raise KeyError(f"{owner._get_name()} has no attribute `{attribute}`")
    return owner, attribute


def _swap(owner, name, tensor):
    """Put `tensor` in without turning it into a parameter; returns what was there."""
    for table in (owner._parameters, owner._buffers):
        if name in table:
            previous, table[name] = table[name], tensor
            return previous
    previous = getattr(owner, name)
    setattr(owner, name, tensor)
    return previous
