"""``torch._higher_order_ops.associative_scan``: running results of an associative function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight.utils._pytree import tree_flatten, tree_map, tree_unflatten


def associative_scan(
    combine_fn: Callable, xs: Any, dim: int, reverse: bool = False, combine_mode: str = "pointwise"
) -> Any:
    """Return the running results of ``combine_fn`` along ``dim`` of all tensors in ``xs``; from the end with ``reverse``.

    ``combine_fn(left, right)`` takes and returns slices of many places at once. It is called about 2 log2(n) times:
    neighbours are joined, their running results found, and the places between filled in (Blelloch, "Prefix sums and
    their applications", 1990).

    >>> import rushlight as rl
    >>> associative_scan(lambda a, b: a * b, rl.tensor([1, 2, 3, 4]), 0)
    tensor([ 1,  2,  6, 24])
    """
    leaves, structure = tree_flatten(xs)
    turned = [x.flip(dim) if reverse else x for x in leaves]
    found = tree_map(lambda x: x.movedim(0, dim), scanned(combine_fn, structure, [x.movedim(dim, 0) for x in turned]))
    return tree_unflatten([x.flip(dim) if reverse else x for x in found], structure)


def scanned(combine_fn: Callable, structure: Any, leaves: list) -> list:
    """Return the running results along the first dimension of ``leaves``."""

    def join(left: list, right: list) -> list:
        return tree_flatten(combine_fn(tree_unflatten(left, structure), tree_unflatten(right, structure)))[0]

    n = leaves[0].shape[0]
    if n < 2:
        return leaves
    pairs = join([x[0 : n - 1 : 2] for x in leaves], [x[1::2] for x in leaves])
    odd = scanned(combine_fn, structure, pairs)
    even = join([x[: (n - 1) // 2] for x in odd], [x[2::2] for x in leaves]) if n > 2 else [x[:0] for x in leaves]
    return [woven(rl.cat([x[:1], e]), o) for x, e, o in zip(leaves, even, odd, strict=True)]


def woven(even: rl.Tensor, odd: rl.Tensor) -> rl.Tensor:
    """Return the places of ``even`` and ``odd`` in turn; ``even`` may have one more."""
    both = rl.stack([even[: len(odd)], odd], 1).flatten(0, 1)
    return both if len(even) == len(odd) else rl.cat([both, even[-1:]])
