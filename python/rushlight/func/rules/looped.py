"""The rule of last resort: one call per sample."""

from typing import Any

import rushlight as rl
from rushlight.func.batched import Call, front
from rushlight.utils._pytree import tree_flatten, tree_map


def loop(call: Call) -> Any:
    """Call the operation once per sample and stack the results; in place, let each call change its own sample."""
    if call.size == 0:
        raise RuntimeError(f"vmap: {call.name}: a batch of size 0 cannot be looped over, and there is no batched rule")
    if call.in_place and not call.is_batched(call.args[0]):
        raise RuntimeError(
            f"vmap: {call.name}: the tensor to change is not batched but other arguments are, and it cannot hold one "
            "result per sample. Use the out-of-place operation."
        )
    outs = [call.func(*_sample(call, i, call.args), **_sample(call, i, call.kwargs)) for i in range(call.size)]
    if call.in_place:
        return call.args[0]
    return _stacked(call, outs)


def _sample(call: Call, i: int, arguments: Any) -> Any:
    return tree_map(lambda x: front(x)[i] if call.is_batched(x) else x, arguments)


def _stacked(call: Call, outs: list) -> Any:
    leaves, specs = zip(*(tree_flatten(out) for out in outs), strict=True)
    if any(spec != specs[0] for spec in specs):
        raise RuntimeError(f"vmap: {call.name}: the structure of the result differs between samples")
    return specs[0].unflatten([_stack(call, column) for column in zip(*leaves, strict=True)])


def _stack(call: Call, column: tuple) -> Any:
    first = column[0]
    if not isinstance(first, rl.Tensor):
        if any(x != first for x in column):
            raise RuntimeError(f"vmap: {call.name}: the result {first!r} is no tensor and differs between samples")
        return first
    shapes = {tuple(x.shape) for x in column}
    if len(shapes) > 1:
        raise RuntimeError(
            f"vmap: {call.name}: the shape of the result depends on the data, got {sorted(shapes)[:2]} for different "
            "samples. Use an operation with a fixed shape, such as where()."
        )
    return call.wrap(rl.stack(column))
