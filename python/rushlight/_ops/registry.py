"""The list of Python composites, and how each one reaches the package and the Tensor class.

A composite is a plain function marked with :func:`op`. A native row of the same name is faster and wins,
unless the composite is an ``overload``: then it wraps the native row and adds the calling forms the row lacks.
"""

import functools
import inspect
from collections.abc import Callable
from typing import NamedTuple

from rushlight import _C

from .type_names import type_name


class Composite(NamedTuple):
    """One Python function and where it is to be found."""

    call: Callable
    names: tuple
    function: bool
    method: bool
    inplace: bool
    overload: bool


composites: list[Composite] = []


def native(name):
    """Return the native row ``name``, or a function that raises ``NotImplementedError`` where the engine has none."""
    row = getattr(_C, name, None)
    if row is not None:
        return row

    def missing(*args, **kwargs):
        raise NotImplementedError(f"{name}: this build of the engine has no row of this name")

    return missing


def op(call=None, *, name=None, aliases=(), function=True, method=True, inplace=False, out=False, overload=False):
    """Mark a function as the operator ``name`` (its own name by default) and its ``aliases``.

    ``function`` and ``method`` say where it appears, ``inplace`` adds ``Tensor.name_``, ``out`` the keyword ``out=``
    (``"exact"``: of exactly the result's dtype).
    """
    if call is None:
        return functools.partial(
            op,
            name=name,
            aliases=aliases,
            function=function,
            method=method,
            inplace=inplace,
            out=out,
            overload=overload,
        )
    call.__name__ = call.__qualname__ = name or call.__name__
    public = accept_keywords(call, out=out)
    composites.append(Composite(public, (call.__name__, *aliases), function, method, inplace, overload))
    return public


# The modes that threads are in: while there is none, calls do not ask for one.
entered_modes: list = []
# Not empty once there was an instance of a class that takes calls into its own hands.
overriding_classes: list = []

NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}


def second_names(code):
    """Return the other names of a function's parameters: NumPy's, and ``input`` or ``x`` for the first."""
    own = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return NUMPY_NAMES | {name: own[0] for name in ("input", "x") if code.co_argcount and name not in own}


def list_name(code):
    """Return the name of the parameter that takes any number of values, such as ``*size``; None without one."""
    return code.co_varnames[code.co_argcount + code.co_kwonlyargcount] if code.co_flags & inspect.CO_VARARGS else None


def accept_keywords(call=None, *, out=True):
    """Return the function as published.

    It is offered to modes and to arguments whose class takes calls. It takes NumPy's names ``axis`` and ``keepdims``
    for its ``dim`` and ``keepdim``, ``out`` where asked (as :func:`op` does), and raises ``TypeError`` for an argument that
    should be a tensor.
    """
    if call is None:
        return functools.partial(accept_keywords, out=out)
    names, listed = second_names(call.__code__), list_name(call.__code__)
    first = call.__code__.co_varnames[: call.__code__.co_argcount]

    @functools.wraps(call)
    def public(*args, **kwargs):
        if (entered_modes or overriding_classes) and (answer := ask(public, args, kwargs)) is not NotImplemented:
            return answer
        target = kwargs.pop("out", None) if out else None
        kwargs = {names.get(name, name): value for name, value in kwargs.items()}
        if listed in kwargs:
            args = (*args, *(kwargs.pop(name) for name in first[len(args) :] if name in kwargs), kwargs.pop(listed))
        try:
            result = call(*args, **kwargs)
        except (AttributeError, TypeError) as error:
            if (answer := _C._ask_others(public, args, kwargs)) is not NotImplemented:
                return answer
            if isinstance(error, AttributeError):
                check_is_tensor(call, args, error)
            raise
        return result if target is None else write_out(call.__name__, result, target, out == "exact")

    return public


def ask(function, args, kwargs):
    """Offer a call to the innermost mode, or without one to the arguments; NotImplemented where none takes it."""
    return (_C._ask if entered_modes else _C._ask_arguments)(function, args, kwargs)


def offered(call, module):
    """Return a function of ``module`` that is offered to arguments whose class takes calls; modes see what it calls."""

    @functools.wraps(call)
    def public(*args, **kwargs):
        if overriding_classes and (answer := _C._ask_arguments(public, args, kwargs)) is not NotImplemented:
            return answer
        try:
            return call(*args, **kwargs)
        except (AttributeError, TypeError):
            if (answer := _C._ask_others(public, args, kwargs)) is not NotImplemented:
                return answer
            raise

    public.__module__ = module
    return public


def check_is_tensor(call, args, error):
    """Raise ``TypeError`` if the attribute was sought on an argument that is no tensor."""
    for position, arg in enumerate(args):
        if arg is error.obj and not isinstance(arg, _C.Tensor) and position < call.__code__.co_argcount:
            name = call.__code__.co_varnames[position]
            raise TypeError(
                f"{call.__name__}(): argument '{name}' (position {position + 1}) must be Tensor, not {type(arg).__name__}"
            ) from error


def write_out(name, result, out, exact=False):
    """Copy ``result`` into ``out``, a tensor or a tuple of as many tensors, resizing as needed."""
    if isinstance(out, (tuple, list)):
        written = [write_out(name, part, target, exact) for part, target in zip(result, out, strict=True)]
        return type(result)(written)
    if _C.is_grad_enabled() and (result.requires_grad or out.requires_grad):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, "
            "but one of the arguments requires grad."
        )
    if result.device != out.device:
        raise RuntimeError(
            f"{name}(): Expected all tensors to be on the same device, but the result is on {result.device} and out "
            f"is on {out.device}"
        )
    if exact and result.dtype != out.dtype:
        raise RuntimeError(f"{name}(): Expected out tensor to have dtype {result.dtype}, but got {out.dtype} instead")
    check_castable(result.dtype, out.dtype)
    if out.shape != result.shape:
        out.resize_(result.shape)
    return out.copy_(result)


def check_castable(source, target):
    """Raise unless a result of dtype ``source`` may be stored in a tensor of dtype ``target``."""
    if not _C.can_cast(source, target):
        raise RuntimeError(
            f"result type {type_name(source)} can't be cast to the desired output type {type_name(target)}"
        )


def make_inplace(call):
    """Return the in-place method of a functional operator.

    The operator sees a clone while gradients are recorded, so that what it saves survives the write.
    """

    @functools.wraps(call)
    def inplace(self, *args, **kwargs):
        recorded = _C.is_grad_enabled() and not self.is_leaf
        result = call(self.clone() if recorded else self, *args, **kwargs)
        check_castable(result.dtype, self.dtype)
        if result.shape != self.shape:
            raise RuntimeError(
                f"output with shape {list(self.shape)} doesn't match the broadcast shape {list(result.shape)}"
            )
        return self.copy_(result)

    inplace.__name__ = inplace.__qualname__ = f"{call.__name__}_"
    return inplace


def attach_composite(composite, tensor_class, namespace):
    """Publish one composite under all its names."""
    inplace = make_inplace(composite.call) if composite.inplace else None
    for name in composite.names:
        if composite.function and (composite.overload or not hasattr(_C, name)):
            namespace[name] = composite.call
        if composite.method:
            set_missing(tensor_class, name, composite.call, composite.overload)
        if inplace:
            set_missing(tensor_class, f"{name}_", inplace)


def set_missing(tensor_class, name, call, replace=False):
    """Set a Tensor attribute unless the native class has it."""
    if replace or not hasattr(tensor_class, name):
        setattr(tensor_class, name, call)
