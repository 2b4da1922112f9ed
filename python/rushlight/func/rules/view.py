"""Views and rearrangements of a sample."""

from typing import Any

from rushlight.func.batched import Call, front
from rushlight.func.rules.elementwise import align
from rushlight.func.rules.reduction import argument, replaced, shift


def _sizes(call: Call) -> list[int]:
    """Return the sizes or dimensions given one by one or as one list."""
    rest = call.args[1:] or tuple(call.kwargs[k] for k in ("shape", "size", "dims", "sizes") if k in call.kwargs)
    return list(rest[0]) if len(rest) == 1 and isinstance(rest[0], tuple | list) else list(rest)


def reshape(call: Call) -> Any:
    """``x.reshape(shape)`` and ``x.view(shape)``."""
    sizes = _sizes(call)
    if not all(isinstance(s, int) for s in sizes):
        return NotImplemented  # view(dtype)
    return call.wrap(front(call.args[0]).reshape(call.size, *_without_guess(sizes, call.args[0].numel())))


def _without_guess(sizes: list[int], numel: int) -> list[int]:
    known = 1
    for s in sizes:
        known *= 1 if s == -1 else s
    return [numel // known if s == -1 and known else s for s in sizes]


def view_as(call: Call) -> Any:
    """``x.view_as(other)`` and ``x.reshape_as(other)``."""
    if not call.is_batched(call.args[0]):
        return call.args[0].reshape(call.args[1].shape)
    return call.wrap(front(call.args[0]).reshape(call.size, *call.args[1].shape))


def expand(call: Call) -> Any:
    """``x.expand(sizes)``, ``broadcast_to`` and ``expand_as``."""
    if not call.is_batched(call.args[0]):  # expand_as of a batched tensor
        return call.args[0].expand(call.args[1].shape)
    x = call.args[0]
    sizes = list(call.args[1].shape) if call.name == "expand_as" else _sizes(call)
    return call.wrap(align(front(x), x.dim(), len(sizes)).expand(call.size, *sizes))


def permute(call: Call) -> Any:
    """``x.permute(dims)``."""
    return call.wrap(front(call.args[0]).permute(0, *shift(_sizes(call), call.args[0].dim())))


def two_dims(call: Call) -> Any:
    """Operations with two dimension arguments."""
    names = {"movedim": ("source", "destination"), "moveaxis": ("source", "destination")}.get(
        call.name, ("dim0", "dim1")
    )
    rank = call.args[0].dim()
    if rank == 0:
        return NotImplemented
    dims = {(i + 1, n): shift(argument(call, i + 1, n), rank) for i, n in enumerate(names)}
    args, kwargs = replaced(call, front(call.args[0]), dims)
    return call.wrap(call.func(*args, **kwargs))


def diagonal(call: Call) -> Any:
    """``x.diagonal(offset, dim1, dim2)``."""
    rank = call.args[0].dim()
    offset = argument(call, 1, "offset", 0)
    dim1, dim2 = (shift(argument(call, i, n, d), rank) for i, n, d in ((2, "dim1", 0), (3, "dim2", 1)))
    return call.wrap(front(call.args[0]).diagonal(offset, dim1, dim2))


def unsqueeze(call: Call) -> Any:
    """``x.unsqueeze(dim)``."""
    return call.wrap(front(call.args[0]).unsqueeze(shift(argument(call, 1, "dim"), call.args[0].dim() + 1)))


def squeeze(call: Call) -> Any:
    """``x.squeeze(dim)``."""
    x, dim = call.args[0], argument(call, 1, "dim")
    dims = range(x.dim()) if dim is None else [dim] if isinstance(dim, int) else dim
    keep = {shift(d, x.dim()) for d in dims if x.dim() and x.shape[d] == 1}
    value = front(x)
    return call.wrap(value.reshape([s for i, s in enumerate(value.shape) if i not in keep]))


def flatten(call: Call) -> Any:
    """``x.flatten(start_dim, end_dim)`` and ``x.ravel()``."""
    x = call.args[0]
    if x.dim() == 0:
        return call.wrap(front(x).unsqueeze(-1))
    start, end = argument(call, 1, "start_dim", 0), argument(call, 2, "end_dim", -1)
    return call.wrap(front(x).flatten(shift(start, x.dim()), shift(end, x.dim())))


def unflatten(call: Call) -> Any:
    """``x.unflatten(dim, sizes)``."""
    dim = shift(argument(call, 1, "dim"), call.args[0].dim())
    return call.wrap(front(call.args[0]).unflatten(dim, argument(call, 2, "sizes")))


def transposed(call: Call) -> Any:
    """``x.t()`` and ``x.T``."""
    rank = call.args[0].dim()
    return call.wrap(front(call.args[0]).permute(0, *range(rank, 0, -1)))


def repeat(call: Call) -> Any:
    """``x.repeat(sizes)`` and ``x.tile(sizes)``."""
    x, sizes = call.args[0], _sizes(call)
    if call.name == "tile":
        sizes = [1] * (x.dim() - len(sizes)) + sizes
    return call.wrap(align(front(x), x.dim(), len(sizes)).repeat(1, *sizes))


def roll(call: Call) -> Any:
    """``x.roll(shifts, dims)``."""
    x, shifts, dims = call.args[0], argument(call, 1, "shifts"), argument(call, 2, "dims", ())
    if dims in ((), []):
        return call.wrap(front(x).reshape(call.size, -1).roll(shifts, 1).reshape(call.size, *x.shape))
    return call.wrap(front(x).roll(shifts, shift(dims, x.dim())))


def flip(call: Call) -> Any:
    """``x.flip(dims)``."""
    return call.wrap(front(call.args[0]).flip(shift(_sizes(call), call.args[0].dim())))


def join(call: Call) -> Any:
    """``cat(tensors, dim)`` and ``stack(tensors, dim)``."""
    tensors, dim = argument(call, 0, "tensors"), argument(call, 1, "dim", 0)
    if len({x.dim() for x in tensors}) > 1:
        return NotImplemented  # cat ignores empty vectors
    rank = tensors[0].dim() + (call.name == "stack")
    return call.wrap(call.func([call.expanded(x) for x in tensors], dim=shift(dim, rank)))


def new_factory(call: Call) -> Any:
    """``x.new_zeros(size)`` and its like: one per sample, so that it can be written to."""
    return call.wrap(call.func(front(call.args[0]), [call.size, *_sizes(call)], **_options(call)))


def new_full(call: Call) -> Any:
    """``x.new_full(size, value)``."""
    size, value = call.args[1], argument(call, 2, "fill_value")
    return call.wrap(front(call.args[0]).new_full([call.size, *size], value, **_options(call)))


def _options(call: Call) -> dict:
    return {k: v for k, v in call.kwargs.items() if k not in ("size", "fill_value")}


def pad(call: Call) -> Any:
    """Padding given from the last dimension backwards."""
    widths = argument(call, 1, "pad")
    mode = argument(call, 2, "mode", "constant")
    x = call.args[0]
    if not call.only_first() or (call.name == "pad" and mode != "constant") or len(widths) > 2 * x.dim():
        return NotImplemented
    return call.wrap(call.func(front(x), *call.args[1:], **call.kwargs))


def _only_first(rule: Any) -> Any:
    return lambda call: rule(call) if call.only_first() else NotImplemented


VIEWS = {"view_as": view_as, "reshape_as": view_as, "expand_as": expand}
VIEWS |= dict.fromkeys(("cat", "stack", "concat", "concatenate"), join)
for _rule, _names in {
    reshape: "view reshape _reshape_alias",
    expand: "expand broadcast_to",
    permute: "permute",
    two_dims: "transpose swapaxes swapdims movedim moveaxis",
    diagonal: "diagonal",
    unsqueeze: "unsqueeze",
    squeeze: "squeeze",
    flatten: "flatten ravel",
    unflatten: "unflatten",
    transposed: "t T",
    repeat: "repeat tile",
    roll: "roll",
    flip: "flip",
    new_factory: "new_zeros new_ones new_empty",
    new_full: "new_full",
    pad: "constant_pad_nd constant_pad pad",
}.items():
    VIEWS |= dict.fromkeys(_names.split(), _only_first(_rule))
