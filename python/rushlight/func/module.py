"""Modules as functions of their parameters."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import rushlight as rl


def functional_call(
    module: "rl.nn.Module",
    parameter_and_buffer_dicts: dict[str, "rl.Tensor"] | Sequence[dict[str, "rl.Tensor"]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call ``module`` with some of its parameters and buffers replaced by the given tensors, by their full names.

    With ``tie_weights`` a tensor the module has under several names is replaced under all of them; with ``strict`` every
    name must be given and exist. Raises ``ValueError`` for names in several dictionaries or tied ones that differ.

    >>> layer = rl.nn.Linear(2, 1, bias=False)
    >>> rl.func.functional_call(layer, {"weight": rl.ones(1, 2)}, rl.ones(2))
    tensor([2.])
    """
    tensors = _merged(parameter_and_buffer_dicts)
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    own = _named_tensors(module)
    if tie_weights:
        tensors = _untied(tensors, own)
    if strict:
        _check_names(tensors, own)
    with _replaced(module, tensors):
        return module(*args, **(kwargs or {}))


def stack_module_state(models: Sequence["rl.nn.Module"]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return parameters and buffers of equal ``models`` stacked along a new first dimension, for ``vmap``.

    Raises ``RuntimeError`` for no models, or ones of different class or training mode.
    """
    if len(models) == 0:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({m.training for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(m) for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    return _stacked([dict(m.named_parameters()) for m in models]), _stacked([dict(m.named_buffers()) for m in models])


def _stacked(dicts: list[dict]) -> dict:
    return {name: _stack_leaf(name, [d[name] for d in dicts]) for name in dicts[0]}


def _stack_leaf(name: str, tensors: list) -> "rl.Tensor":
    if len({t.requires_grad for t in tensors}) > 1:
        raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
    stacked = rl.stack(tensors)
    return stacked.detach().requires_grad_() if tensors[0].requires_grad else stacked


def _merged(dicts: Any) -> dict[str, "rl.Tensor"]:
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, Sequence):
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(dicts)}"
        )
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    repeated = [name for name, n in Counter(name for d in dicts for name in d).items() if n > 1]
    if repeated:
        raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
    return {name: tensor for d in dicts for name, tensor in d.items()}


def _named_tensors(module: "rl.nn.Module") -> dict[str, "rl.Tensor"]:
    named = dict(module.named_parameters(remove_duplicate=False))
    return named | dict(module.named_buffers(remove_duplicate=False))


def _untied(tensors: dict, own: dict) -> dict:
    """Give every name of a tied tensor the replacement that one of its names got."""
    names: dict[int, list[str]] = {}
    for name, tensor in own.items():
        names.setdefault(id(tensor), []).append(name)
    result = dict(tensors)
    for name, tensor in tensors.items():
        for other in names[id(own[name])] if name in own else ():
            if tensors.get(other, tensor) is not tensor:
                raise ValueError(
                    f"functional_call got multiple values for keys {sorted(names[id(own[name])])}, which are tied."
                )
            result[other] = tensor
    return result


def _check_names(tensors: dict, own: dict) -> None:
    unexpected, missing = sorted(tensors.keys() - own.keys()), sorted(own.keys() - tensors.keys())
    if unexpected or missing:
        raise RuntimeError(
            "Error(s) in calling module with functional_call:"
            + (f"\n\tUnexpected key(s): {', '.join(unexpected)}." if unexpected else "")
            + (f"\n\tMissing key(s): {', '.join(missing)}." if missing else "")
        )


@contextmanager
def _replaced(module: "rl.nn.Module", tensors: dict[str, "rl.Tensor"]) -> Iterator[None]:
    places = [_place(module, name) for name in tensors]
    before = [store[key] for store, key in places]
    try:
        for (store, key), tensor in zip(places, tensors.values(), strict=True):
            store[key] = tensor
        yield
    finally:
        for (store, key), tensor in zip(places, before, strict=True):
            store[key] = tensor


def _place(module: "rl.nn.Module", name: str) -> tuple[dict, str]:
    """Return the dictionary of the submodule that holds ``name``, and the key there."""
    path, _, key = name.rpartition(".")
    owner = module.get_submodule(path)
    for store in (owner._parameters, owner._buffers):
        if key in store:
            return store, key
    raise AttributeError(f"{type(owner).__name__} has no attribute `{key}`: no parameter or buffer is called {name!r}")


def replace_all_batch_norm_modules_(root: "rl.nn.Module") -> "rl.nn.Module":
    """Let every batch norm inside of ``root`` use the statistics of its batch only, which ``vmap`` needs; return ``root``.

    >>> rl.func.replace_all_batch_norm_modules_(rl.nn.BatchNorm1d(2)).running_mean is None
    True
    """
    for module in root.modules():
        if isinstance(module, rl.nn.modules.batchnorm._BatchNorm) and module.track_running_stats:
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root
