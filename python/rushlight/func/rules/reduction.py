"""Operations along dimensions: the dimension arguments move one up, behind the batch dimension."""

from functools import partial
from typing import Any

import rushlight as rl
from rushlight.func.batched import Call, front
from rushlight.func.rules.elementwise import elementwise


def shift(dim: Any, rank: int) -> Any:
    """Return ``dim`` of a sample, or a list of them, as a dimension of the batch."""
    if isinstance(dim, int) and not isinstance(dim, bool):
        limit = max(rank, 1)
        if not -limit <= dim < limit:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], but got {dim})"
            )
        return dim % limit + 1
    return [shift(d, rank) for d in dim]


def argument(call: Call, position: int, name: str, default: Any = None) -> Any:
    """Return the argument at ``position`` or called ``name``."""
    return call.args[position] if len(call.args) > position else call.kwargs.get(name, default)


def replaced(call: Call, first: Any, new: dict[tuple[int, str], Any]) -> tuple[list, dict]:
    """Return the arguments with ``first`` in place of the first and ``new`` at their positions or names."""
    args, kwargs = [first, *call.args[1:]], dict(call.kwargs)
    for (position, name), value in new.items():
        if position < len(args):
            args[position] = value
        else:
            kwargs[name] = value
    return args, kwargs


def along(call: Call, position: int, default: Any = None) -> Any:
    """An operation that keeps the dimension it works along, or splits or selects from it."""
    dim = argument(call, position, "dim", default)
    if not call.only_first() or dim is None or isinstance(dim, rl.Tensor | str) or call.args[0].dim() == 0:
        return NotImplemented
    args, kwargs = replaced(call, front(call.args[0]), {(position, "dim"): shift(dim, call.args[0].dim())})
    return call.wrap(call.func(*args, **kwargs))


def reduce(call: Call, position: int, full: str | None = None) -> Any:
    """A reduction, over all dimensions where ``dim`` is missing; ``full`` names what reduces over all then."""
    if not call.only_first():
        return NotImplemented
    x = call.args[0]
    dim = argument(call, position, "dim")
    if isinstance(dim, bool):  # std(x, unbiased)
        return NotImplemented
    if dim is None or (isinstance(dim, tuple | list) and len(dim) == 0):
        return _reduce_all(call, position, full)
    value = front(x) if x.dim() else front(x).unsqueeze(-1)
    args, kwargs = replaced(call, value, {(position, "dim"): shift(dim, x.dim())})
    out = call.func(*args, **kwargs)
    if x.dim() == 0 and argument(call, position + 1, "keepdim", False):
        return NotImplemented
    return call.wrap(out)


def _reduce_all(call: Call, position: int, full: str | None) -> Any:
    if argument(call, position + 1, "keepdim", False) or isinstance(argument(call, 1, "p"), str):
        return NotImplemented
    flat = front(call.args[0]).reshape(call.size, -1)
    if full is not None:
        return call.wrap(getattr(flat, full)(1))
    args, kwargs = replaced(call, flat, {(position, "dim"): 1})
    return call.wrap(call.func(*args, **kwargs))


def extremum(call: Call, full: str) -> Any:
    """``max`` and ``min``: a reduction, or of two tensors their entrywise extremum."""
    other = argument(call, 1, "other")
    return elementwise(call) if isinstance(other, rl.Tensor) else reduce(call, 1, full)


_REDUCE = {
    1: "sum nansum mean nanmean prod amax amin argmax argmin all any logsumexp special_logsumexp std var std_mean var_mean "
    "count_nonzero",
    2: "norm",
}
_ALONG = {
    1: "softmax log_softmax softmin special_softmax special_log_softmax cumsum cumprod cummax cummin logcumsumexp unbind "
    "select narrow unfold flip index_select",
}
_ALONG_LAST = {1: "sort argsort mode", 2: "topk kthvalue"}
_ALONG_FIRST = {2: "chunk split split_with_sizes tensor_split unsafe_split unsafe_chunk"}

REDUCTIONS = {name: partial(reduce, position=p) for p, names in _REDUCE.items() for name in names.split()}
REDUCTIONS |= {name: partial(along, position=p) for p, names in _ALONG.items() for name in names.split()}
REDUCTIONS |= {
    name: partial(along, position=p, default=-1) for p, names in _ALONG_LAST.items() for name in names.split()
}
REDUCTIONS |= {
    name: partial(along, position=p, default=0) for p, names in _ALONG_FIRST.items() for name in names.split()
}
REDUCTIONS |= {"max": partial(extremum, full="amax"), "min": partial(extremum, full="amin")}
