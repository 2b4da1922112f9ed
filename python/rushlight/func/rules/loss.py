"""Losses that are one native operation."""

from typing import Any

from rushlight import _C
from rushlight.func.batched import Call


def nll_loss(call: Call) -> Any:
    """``_nll_loss(input, target, weight, reduction, ignore_index)``: the samples of all examples at once."""
    x, target, weight, reduction, ignored = call.args
    if weight is not None and call.is_batched(weight):
        return NotImplemented
    scores, classes = call.expanded(x), call.expanded(target)
    joined = (scores, classes) if x.dim() == 1 else (scores.flatten(0, 1), classes.flatten(0, 1))
    losses = call.func(*joined, weight, 0, ignored)[0].reshape(classes.shape)
    kept = classes != ignored
    weights = kept.to(losses.dtype) if weight is None else _C.where(kept, weight[_C.where(kept, classes, 0)], 0)
    loss, total = (part.reshape(call.size, -1).sum(1) for part in (losses, weights))
    return call.wrap((losses, loss / total, loss)[reduction]), call.wrap(total)


LOSSES = {"_nll_loss": nll_loss}
