"""``vmap``: a function of one sample, run on a batch."""

import functools
from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight.func.batched import front, is_batched, wrap
from rushlight.func.rules.random import entered, levels
from rushlight.utils._pytree import TreeSpec, _broadcast_to_and_flatten, tree_flatten, tree_leaves, tree_structure

Dims = int | tuple | list | dict | None


def vmap(
    func: Callable,
    in_dims: Dims = 0,
    out_dims: Dims = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable:
    """Return ``func`` mapped over dimension ``in_dims`` of its arguments, results stacked along ``out_dims``.

    ``in_dims`` and ``out_dims`` are integers, or trees of them that are prefixes of the arguments and results; ``None``
    marks what is shared by all samples. ``randomness`` says whether random operations are an ``"error"``, draw
    ``"different"`` values for each sample or the ``"same"`` for all. ``chunk_size`` bounds the samples run at a time.
    Raises ``ValueError`` for dimensions that do not fit.

    >>> rl.func.vmap(rl.matmul)(rl.ones(3, 2), rl.ones(3, 2))
    tensor([2., 2., 2.])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")
    name = _name(func)

    @functools.wraps(func, updated=())
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        _check_out_dims(name, out_dims)
        leaves, spec, dims = _inputs(name, in_dims, args)
        size = _batch_size(leaves, dims)
        if chunk_size is None or chunk_size >= size:
            return _run(func, name, leaves, spec, dims, out_dims, size, randomness, kwargs)
        return _run_chunks(func, name, leaves, spec, dims, out_dims, size, randomness, kwargs, chunk_size)

    return wrapped


def functionalize(func: Callable, *, remove: str = "mutations") -> Callable:
    """Return a function with the results and side effects of ``func``.

    In PyTorch this changes which operations a tracer sees, never a result; here nothing is traced, so it calls ``func``.
    Raises ``RuntimeError`` unless ``remove`` is ``"mutations"`` or ``"mutations_and_views"``.
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            f"functionalize(f, remove=...): expected remove to be 'mutations' or 'mutations_and_views', got {remove!r}"
        )

    @functools.wraps(func, updated=())
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **kwargs)

    return wrapped


def _run(
    func: Callable,
    name: str,
    leaves: list,
    spec: TreeSpec,
    dims: list,
    out_dims: Dims,
    size: int,
    randomness: str,
    kwargs: dict,
) -> Any:
    level = levels()[-1][0] + 1 if levels() else 1
    with entered(level, size, randomness):
        batched = [x if d is None else wrap(x, d, level) for x, d in zip(leaves, dims, strict=True)]
        out = func(*spec.unflatten(batched), **kwargs)
        return _unwrapped(name, out, out_dims, level, size)


def _run_chunks(
    func: Callable,
    name: str,
    leaves: list,
    spec: TreeSpec,
    dims: list,
    out_dims: Dims,
    size: int,
    randomness: str,
    kwargs: dict,
    chunk: int,
) -> Any:
    outs, state = [], rl.get_rng_state() if randomness == "same" else None
    for start in range(0, size, chunk):
        if state is not None:
            rl.set_rng_state(state)
        count = min(chunk, size - start)
        part = [x if d is None else x.narrow(d, start, count) for x, d in zip(leaves, dims, strict=True)]
        outs.append(_run(func, name, part, spec, dims, out_dims, count, randomness, kwargs))
    out_spec = tree_structure(outs[0])
    along = _broadcast_to_and_flatten(out_dims, out_spec)
    columns = zip(*map(tree_leaves, outs), strict=True)
    return out_spec.unflatten(c[0] if d is None else rl.cat(c, dim=d) for c, d in zip(columns, along, strict=True))


def _inputs(name: str, in_dims: Dims, args: tuple) -> tuple[list, TreeSpec, list]:
    where = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>)"
    if not isinstance(in_dims, int | tuple):
        raise ValueError(
            f"{where}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, "
            f"got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a "
            "function with no inputs. The latter is unsupported."
        )
    leaves, spec = tree_flatten(args)
    dims = _broadcast_to_and_flatten(in_dims, spec)
    if dims is None:
        raise ValueError(
            f"{where}: in_dims is not compatible with the structure of `inputs`. in_dims has structure "
            f"{tree_structure(in_dims)} but inputs has structure {spec}."
        )
    return leaves, spec, [_in_dim(where, x, d) for x, d in zip(leaves, dims, strict=True)]


def _in_dim(where: str, x: Any, dim: Any) -> int | None:
    if dim is None:
        return None
    if not isinstance(dim, int):
        raise ValueError(
            f"{where}: Got in_dim={dim} for an input but in_dim must be either an integer dimension or None."
        )
    if not isinstance(x, rl.Tensor):
        raise ValueError(
            f"{where}: Got in_dim={dim} for an input but the input is of type {type(x)}. We cannot vmap over non-Tensor "
            "arguments, please use None as the respective in_dim"
        )
    if not -x.dim() <= dim < x.dim():
        raise ValueError(
            f"{where}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {x.dim()} so "
            f"expected in_dim to satisfy -{x.dim()} <= in_dim < {x.dim()}."
        )
    return dim % x.dim()


def _batch_size(leaves: list, dims: list) -> int:
    sizes = [x.shape[d] for x, d in zip(leaves, dims, strict=True) if d is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if len(set(sizes)) > 1:
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the mapped "
            "dimension"
        )
    return sizes[0]


def _check_out_dims(name: str, out_dims: Dims) -> None:
    if any(not isinstance(d, int) and d is not None for d in tree_leaves(out_dims)):
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a python collection of ints "
            "representing where in the outputs the vmapped dimension should appear."
        )


def _unwrapped(name: str, out: Any, out_dims: Dims, level: int, size: int) -> Any:
    leaves, spec = tree_flatten(out)
    if isinstance(out, rl.Tensor) and isinstance(out_dims, tuple) and len(out_dims) == 1:
        out_dims = out_dims[0]
    dims = _broadcast_to_and_flatten(out_dims, spec)
    if dims is None:
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of "
            f"`outputs`. out_dims has structure {tree_structure(out_dims)} but outputs has structure {spec}."
        )
    return spec.unflatten(_out(name, x, d, level, size) for x, d in zip(leaves, dims, strict=True))


def _out(name: str, x: Any, dim: int | None, level: int, size: int) -> Any:
    if dim is None:
        if is_batched(x, level):
            raise ValueError(f"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None")
        return x
    if not isinstance(x, rl.Tensor):
        raise ValueError(
            f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(x)}. Did you mean to set out_dims= to "
            "None for output?"
        )
    value = front(x) if is_batched(x, level) else x.unsqueeze(0).expand(size, *x.shape)
    return value.movedim(0, dim) if dim % value.dim() != 0 else value


def _name(func: Callable) -> str:
    if isinstance(func, functools.partial):
        return f"functools.partial({_name(func.func)}, ...)"
    return getattr(func, "__name__", None) or repr(func)
