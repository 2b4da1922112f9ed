"""Tangents of the outputs of a custom function that defines ``jvp``."""

from typing import Any

import rushlight as rl
from rushlight.autograd import forward_ad
from rushlight.autograd.function import BackwardFunction, recorded_call


class _Context:
    """What ``jvp`` sees as ``ctx``: that of the call, its ``saved_tensors`` those of ``save_for_forward``, if any."""

    def __init__(self, ctx: BackwardFunction) -> None:
        object.__setattr__(self, "_ctx", ctx)

    @property
    def saved_tensors(self) -> tuple:
        saved = getattr(self._ctx, "saved_for_forward", None)
        return self._ctx.saved_tensors if saved is None else saved

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ctx, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._ctx, name, value)


def apply_by_jvp(cls: Any, args: tuple) -> Any:
    """Run ``cls.forward``, and give its outputs the tangents that ``cls.jvp`` returns."""
    given = [forward_ad._tangent(x) for x in args]
    with forward_ad.paused():
        ctx, result = recorded_call(cls, args)
        if ctx.materialize_grads:
            given = [_zeros(x) if t is None else t for x, t in zip(args, given, strict=True)]
        found = cls.jvp(_Context(ctx), *given)
    outputs = result if isinstance(result, tuple) else (result,)
    tangents = found if isinstance(found, tuple) else (found,)
    if len(tangents) != len(outputs):
        raise RuntimeError(
            f"jvp of {cls.__name__} returned an incorrect number of tangents (expected {len(outputs)}, got {len(tangents)})"
        )
    for y, t in zip(outputs, tangents, strict=True):
        if isinstance(y, rl.Tensor):
            _set(cls, y, t)
    return result


def _zeros(x: Any) -> Any:
    return rl.zeros_like(x, requires_grad=False) if isinstance(x, rl.Tensor) else None


def _set(cls: Any, output: "rl.Tensor", tangent: Any) -> None:
    if tangent is not None and tangent.shape != output.shape:
        raise RuntimeError(
            f"jvp of {cls.__name__} returned a tangent of shape {list(tangent.shape)} for an output of shape "
            f"{list(output.shape)}"
        )
    forward_ad._set_tangent(output, tangent)
