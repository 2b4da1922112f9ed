"""Calls that make no sense inside of a transform."""

from typing import Any

from rushlight.func.batched import Call


def _no_backward(call: Call) -> Any:
    raise RuntimeError(
        "backward() called inside a functorch transform. This is not supported, please use rushlight.func.grad or "
        "rushlight.func.vjp instead or call backward() outside of the transform."
    )


def _no_resize(call: Call) -> Any:
    raise RuntimeError(f"vmap: {call.name} is not supported inside of vmap. Use reshape or new_empty.")


REFUSED = {"backward": _no_backward, "resize_": _no_resize, "set_": _no_resize}
