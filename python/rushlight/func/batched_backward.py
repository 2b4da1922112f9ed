"""The backward pass for tensors with batch dimensions: it runs on their values."""

from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight.func.batched import front, is_batched, wrap


def run_batched(
    run: Callable, roots: tuple, grads: tuple, targets: tuple, retain_graph: bool, create_graph: bool
) -> tuple:
    """Unwrap the highest level among the tensors and call ``run(roots, grads, targets, retain_graph)`` on values.

    Where roots and targets are batched, one pass gives the gradients of all samples, since no sample depends on another.
    Where only one of them is, samples take a pass each.
    """
    tensors = [x for x in (*roots, *grads, *targets) if is_batched(x)]
    level = max(x.level for x in tensors)
    owner = next(x for x in tensors if x.level == level)
    size = owner.value.shape[owner.bdim]
    if all(is_batched(x, level) for x in (*roots, *targets)):
        values = tuple(x.value for x in targets)
        found = run(tuple(map(front, roots)), tuple(_whole(g, level, size) for g in grads), values, retain_graph)
        return tuple(None if g is None else wrap(g, x.bdim, level) for g, x in zip(found, targets, strict=True))
    passes = []
    for i in range(size):
        picked = [_sample(r, g, level, i) for r, g in zip(roots, grads, strict=True)]
        retain = retain_graph or create_graph or i < size - 1
        found = run(
            tuple(p[0] for p in picked), tuple(p[1] for p in picked), tuple(_value(x, level) for x in targets), retain
        )
        passes.append([_of_sample(x, g, level, i) for x, g in zip(targets, found, strict=True)])
    return tuple(None if c[0] is None else wrap(rl.stack(c), 0, level) for c in zip(*passes, strict=True))


def _value(x: Any, level: int) -> Any:
    return x.value if is_batched(x, level) else x


def _whole(gradient: Any, level: int, size: int) -> Any:
    if gradient is None or is_batched(gradient, level):
        return None if gradient is None else front(gradient)
    return gradient.unsqueeze(0).expand(size, *gradient.shape)


def _sample(root: "rl.Tensor", gradient: Any, level: int, i: int) -> tuple:
    gradient = front(gradient)[i] if is_batched(gradient, level) else gradient
    return (front(root)[i] if is_batched(root, level) else root), gradient


def _of_sample(target: "rl.Tensor", gradient: Any, level: int, i: int) -> Any:
    if gradient is None or not is_batched(target, level):
        return gradient
    return gradient.select(target.bdim, i)
