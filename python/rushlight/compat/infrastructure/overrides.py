"""``torch.overrides``: the protocol by which other types take part in functions on tensors (``__torch_function__``)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import rushlight as rl
from rushlight import _C, Tensor
from rushlight._ops.registry import entered_modes

__all__ = ["BaseTorchFunctionMode", "TorchFunctionMode", "get_ignored_functions", "get_overridable_functions", "handle_torch_function", "has_torch_function", "has_torch_function_unary",
           "has_torch_function_variadic", "is_tensor_like", "is_tensor_method_or_property", "resolve_name", "wrap_torch_function"]  # fmt: skip


def _overrides(value: Any) -> bool:
    own = _function(type(value))
    return own is not None and own is not _function(Tensor)


def _function(cls: type) -> Any:
    method = getattr(cls, "__torch_function__", None)
    return getattr(method, "__func__", method)


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Return whether some argument's type has its own ``__torch_function__``."""
    return any(_overrides(value) for value in relevant_args)


def has_torch_function_unary(tensor: Any) -> bool:
    """`has_torch_function` of one argument."""
    return _overrides(tensor)


def has_torch_function_variadic(*relevant_args: Any) -> bool:
    """`has_torch_function` of the arguments given."""
    return has_torch_function(relevant_args)


def is_tensor_like(inp: Any) -> bool:
    """Return whether ``inp`` is a tensor or its type has ``__torch_function__``."""
    return isinstance(inp, Tensor) or hasattr(type(inp), "__torch_function__")


def handle_torch_function(public_api: Callable, relevant_args: Iterable[Any], *args: Any, **kwargs: Any) -> Any:
    """Let the arguments' types compute ``public_api(*args, **kwargs)``: subclasses first, else left to right.

    Raises TypeError when every type answers NotImplemented.
    """
    overriding = _in_order(value for value in relevant_args if _overrides(value))
    types = tuple(type(value) for value in overriding)
    for value in overriding:
        result = value.__torch_function__(public_api, types, args, kwargs)
        if result is not NotImplemented:
            return result
    name = f"{public_api.__module__}.{public_api.__name__}"
    raise TypeError(f"no implementation found for '{name}' on types that implement __torch_function__: {list(types)}")


def _in_order(values: Iterable[Any]) -> list[Any]:
    """One value per type; a subclass stands before the first of its bases."""
    ordered: list[Any] = []
    for value in values:
        if any(type(value) is type(other) for other in ordered):
            continue
        place = next((at for at, other in enumerate(ordered) if issubclass(type(value), type(other))), len(ordered))
        ordered.insert(place, value)
    return ordered


def wrap_torch_function(dispatcher: Callable) -> Callable:
    """Return a decorator: the wrapped function is first offered to the overriding types among ``dispatcher(*args)``."""

    def decorate(func: Callable) -> Callable:
        @functools.wraps(func)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            relevant = tuple(dispatcher(*args, **kwargs))
            if has_torch_function(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return func(*args, **kwargs)

        return wrapped

    return decorate


class TorchFunctionMode:
    """The base class of modes: within ``with mode:`` every call of an operator, a factory or a Tensor method goes to it.

    Override ``__torch_function__(self, func, types, args=(), kwargs=None)``. While it runs the mode itself is left, so
    that ``func(*args, **kwargs)`` computes, or asks the mode outside of this one. Modes belong to the thread that
    entered them. Functions of ``nn.functional`` written in other operators are seen as those operators.

    >>> class Names(TorchFunctionMode):
    ...     def __torch_function__(self, func, types, args=(), kwargs=None):
    ...         print(func.__name__)
    ...         return func(*args, **(kwargs or {}))
    >>> with Names():
    ...     y = rl.ones(2).exp()
    ones
    exp
    """

    def __torch_function__(self, func: Callable, types: Iterable[type], args: tuple = (), kwargs: dict | None = None):
        raise NotImplementedError(f"{type(self).__name__} does not define __torch_function__")

    def __enter__(self):
        _C._push_mode(self)
        entered_modes.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        entered_modes.pop()
        _C._pop_mode()

    @classmethod
    def push(cls, *args: Any, **kwargs: Any) -> TorchFunctionMode:
        """Return a new mode, to be entered."""
        return cls(*args, **kwargs)


class BaseTorchFunctionMode(TorchFunctionMode):
    """The mode that changes nothing."""

    def __torch_function__(self, func: Callable, types: Iterable[type], args: tuple = (), kwargs: dict | None = None):
        return func(*args, **(kwargs or {}))


def resolve_name(f: Callable) -> str | None:
    """Return the name under which programs know a function, such as ``torch.add`` or ``torch.Tensor.add``."""
    name = getattr(f, "__name__", None)
    for prefix, owner in (("torch.Tensor", Tensor), ("torch", rl), ("torch.nn.functional", rl.nn.functional)):
        if name is not None and getattr(owner, name, None) is f:
            return f"{prefix}.{name}"
    return None


def is_tensor_method_or_property(func: Callable) -> bool:
    """Return whether a function that a handler was given is a method, or the getter of an attribute, of Tensor."""
    name = getattr(func, "__name__", "")
    return name == "__get__" or getattr(Tensor, name, None) is func


def get_ignored_functions() -> set[Callable]:
    """Return the functions of the package that are never offered to other types."""
    named = "is_grad_enabled set_grad_enabled manual_seed seed save load is_tensor is_storage set_default_dtype get_default_dtype"
    return {getattr(rl, name) for name in named.split()}


def get_overridable_functions() -> dict[Any, list[Callable]]:
    """Return the functions that are offered to other types, by the module or class they are found in."""
    ignored = get_ignored_functions()

    def found(owner: Any, names: Iterable[str]) -> list[Callable]:
        members = (getattr(owner, name, None) for name in names if not name.startswith("_"))
        return [f for f in members if callable(f) and not isinstance(f, type) and f not in ignored]

    functional = rl.nn.functional
    return {
        rl: found(rl, _C._function_names()),
        Tensor: found(Tensor, dir(Tensor)),
        functional: found(functional, vars(functional)),
    }
