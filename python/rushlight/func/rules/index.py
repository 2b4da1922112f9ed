"""Reading and writing entries by index."""

from typing import Any

import rushlight as rl
from rushlight.func.batched import Call, front
from rushlight.func.rules.elementwise import align
from rushlight.func.rules.reduction import argument, shift


def get_item(call: Call) -> Any:
    """``x[index]`` with a batched ``x`` and an index that is the same for all samples."""
    x, index = call.args
    index = index if isinstance(index, tuple) else (index,)
    if not call.only_first() or _moves_batch(index):
        return NotImplemented
    return call.wrap(front(x)[(slice(None), *index)])


def set_item(call: Call) -> Any:
    """``x[index] = v`` with an index that is the same for all samples."""
    x, index, v = call.args
    index = index if isinstance(index, tuple) else (index,)
    if not call.is_batched(x):
        raise RuntimeError(
            f"vmap: x[index] = v is not possible: x of shape {tuple(x.shape)} is not batched but index or v is. Make x "
            "inside of the function from a batched tensor, as with v.new_zeros(...)."
        )
    if any(map(call.is_batched, index)) or _moves_batch(index):
        return _set_each(call, index)
    where = (slice(None), *index)
    if isinstance(v, rl.Tensor) and call.is_batched(v):
        v = align(front(v), v.dim(), front(x)[where].dim() - 1)
    front(x)[where] = v
    return None


def _set_each(call: Call, index: tuple) -> None:
    x, _, v = call.args
    for i in range(call.size):
        where = tuple(front(k)[i] if call.is_batched(k) else k for k in index)
        front(x)[i][where] = front(v)[i] if call.is_batched(v) else v


def _moves_batch(index: tuple) -> bool:
    """Return whether several tensors index with something between them: their dimension then goes first."""
    advanced = [i for i, k in enumerate(index) if isinstance(k, rl.Tensor | list | range)]
    return bool(advanced) and advanced[-1] - advanced[0] != len(advanced) - 1


def along_index(call: Call) -> Any:
    """``gather(x, dim, index)``, ``scatter(x, dim, index, src)`` and their like."""
    x, dim, *tensors = call.args
    if call.kwargs.keys() - {"reduce", "include_self", "sparse_grad"} or call.in_place and not call.is_batched(x):
        return NotImplemented
    if any(isinstance(t, rl.Tensor) and t.dim() != x.dim() for t in tensors) or x.dim() == 0:
        return NotImplemented
    values = [call.expanded(t) if isinstance(t, rl.Tensor) else t for t in tensors]
    out = call.func(call.expanded(x), shift(dim, x.dim()), *values, **call.kwargs)
    return x if call.in_place else call.wrap(out)


def embedding(call: Call) -> Any:
    """Rows of ``weight``; with one weight per sample, rows of all weights stacked."""
    first, second = call.args[0], argument(call, 1, "weight")
    swapped = not first.dtype.is_floating_point
    weight, index = (second, first) if swapped else (first, second)
    options = {**{k: v for k, v in call.kwargs.items() if k != "weight"}}
    if len(call.args) > 2 or any(v not in (None, False, 2.0, -1) for v in options.values()):
        return NotImplemented
    if not call.is_batched(weight):
        return call.wrap(weight[front(index)])
    rows = weight.shape[0]
    offset = rl.arange(call.size, device=index.device) * rows
    at = call.expanded(index) + offset.reshape(call.size, *[1] * index.dim())
    return call.wrap(front(weight).flatten(0, 1)[at])


def one_hot(call: Call) -> Any:
    """``one_hot(x, num_classes)``."""
    if argument(call, 1, "num_classes", -1) == -1:
        return NotImplemented
    return call.wrap(call.func(front(call.args[0]), *call.args[1:], **call.kwargs))


INDEXING = {"__getitem__": get_item, "__setitem__": set_item, "embedding": embedding, "one_hot": one_hot}
INDEXING |= dict.fromkeys(("gather", "scatter", "scatter_add", "scatter_reduce"), along_index)
