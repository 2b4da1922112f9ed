"""Attributes and methods of autograd on a batched tensor act on the value below."""

from typing import Any

from rushlight.func.batched import Call, innermost


def _of_value(call: Call) -> Any:
    out = call.func(call.args[0].value, *call.args[1:], **call.kwargs)
    return None if out is None else call.wrap(out, call.args[0].bdim)


def _set(call: Call) -> None:
    call.func(call.args[0].value, *(innermost(a) for a in call.args[1:]))


def _no_backward(call: Call) -> Any:
    raise RuntimeError(
        "backward() called inside a functorch transform. This is not supported, please use rushlight.func.grad or "
        "rushlight.func.vjp instead or call backward() outside of the transform."
    )


def _retain(call: Call) -> None:
    call.args[0].value.retain_grad()




ATTRIBUTES = {
    "grad": _of_value,
    "__set__requires_grad": _set,
    "backward": _no_backward,
    "retain_grad": _retain,
    "is_contiguous": lambda call: call.args[0].value.is_contiguous(),
    "register_hook": lambda call: call.args[0].value.register_hook(
        lambda g: _unwrapped(call.args[1](call.wrap(g, call.args[0].bdim)))
    ),
}


def _unwrapped(gradient: Any) -> Any:
    return None if gradient is None else gradient.value
