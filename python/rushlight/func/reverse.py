"""Reverse-mode transforms."""

import functools
from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight.func.recorded import Argnums, Recording, check_outputs, check_real, select
from rushlight.utils._pytree import tree_flatten, tree_leaves, treespec_pprint


def grad(func: Callable, argnums: Argnums = 0, has_aux: bool = False) -> Callable:
    """Return the function that gives the gradient of the scalar ``func`` with respect to arguments ``argnums``.

    With ``has_aux`` ``func`` returns ``(output, aux)`` and the result is ``(gradient, aux)``.

    >>> rl.func.grad(lambda x: x.sin().sum())(rl.zeros(2))
    tensor([1., 1.])
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func, updated=())
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapper


def grad_and_value(func: Callable, argnums: Argnums = 0, has_aux: bool = False) -> Callable:
    """Return the function that gives ``(gradient, output)``, or ``(gradient, (output, aux))`` with ``has_aux``."""

    @functools.wraps(func, updated=())
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        recording = Recording(func, args, argnums, "grad_and_value(f)(*args)", kwargs)
        aux = recording.split_aux(has_aux)
        output = _scalar(recording)
        gradient = recording.input_spec.unflatten(recording.gradients(None, retain_graph=recording.outer))
        value = recording.finished(output)
        return recording.finished(gradient), (value, aux) if has_aux else value

    return wrapper


def _scalar(recording: Recording) -> "rl.Tensor":
    result = recording.output_spec.unflatten(recording.outputs)
    if not isinstance(result, rl.Tensor):
        raise RuntimeError(f"{recording.name}: Expected f(*args) to return a Tensor, got {type(result)}")
    if result.dim() != 0:
        raise RuntimeError(
            f"{recording.name}: Expected f(*args) to return a scalar Tensor, got tensor with {result.dim()} dims. Maybe "
            "you wanted to use the vjp or jacrev APIs instead?"
        )
    return result


def vjp(func: Callable, *primals: Any, has_aux: bool = False) -> tuple:
    """Return ``(output, vjp_fn)``: ``vjp_fn(cotangents)`` gives ``cotangents @ Jacobian``, a tuple over ``primals``.

    With ``has_aux`` the result is ``(output, vjp_fn, aux)``. ``vjp_fn`` may be called several times.

    >>> _, vjp_fn = rl.func.vjp(rl.sin, rl.zeros(2))
    >>> vjp_fn(rl.ones(2))
    (tensor([1., 1.]),)
    """
    output, vjp_fn, aux = vjp_of(func, primals, None, has_aux)
    return (output, vjp_fn, aux) if has_aux else (output, vjp_fn)


def vjp_of(func: Callable, primals: tuple, argnums: Argnums | None, has_aux: bool) -> tuple:
    """Return output, function of cotangents, and aux, with respect to arguments ``argnums``."""
    recording = Recording(func, primals, argnums, "vjp(f, *primals)")
    aux = recording.split_aux(has_aux)
    check_outputs(recording.outputs, recording.name)

    def vjp_fn(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        flat, spec = tree_flatten(cotangents)
        if spec != recording.output_spec:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function. "
                f"cotangents: {treespec_pprint(spec)}, primal output: {treespec_pprint(recording.output_spec)}"
            )
        return recording.input_spec.unflatten(recording.gradients(flat, retain_graph, create_graph))

    return recording.finished(recording.output_spec.unflatten(recording.outputs)), vjp_fn, aux


def jacrev(func: Callable, argnums: Argnums = 0, *, has_aux: bool = False, chunk_size: int | None = None) -> Callable:
    """Return the function that gives the Jacobian of ``func``, one reverse pass per entry of its output.

    Its shape is that of the output followed by that of the argument; trees of outputs give trees of Jacobians.
    ``chunk_size`` is accepted: passes run one by one, which needs the least memory.

    >>> rl.func.jacrev(rl.sin)(rl.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func, updated=())
    def wrapper(*args: Any) -> Any:
        check_real("jacrev", tree_leaves(args), "inputs")
        output, vjp_fn, aux = vjp_of(func, args, argnums, has_aux)
        flat, spec = tree_flatten(output)
        check_real("jacrev", flat, "outputs")
        primals, primal_spec = tree_flatten(select(args, argnums))
        rows = [[tree_leaves(vjp_fn(spec.unflatten(b))) for b in basis(flat, i)] for i in range(len(flat))]
        jacobians = [
            primal_spec.unflatten(
                _stacked(column, y, x) for column, x in zip(_columns(r, primals), primals, strict=True)
            )
            for r, y in zip(rows, flat, strict=True)
        ]
        result = spec.unflatten(jacobians)
        return (result, aux) if has_aux else result

    return wrapper


def basis(tensors: list, i: int) -> Any:
    """Yield the unit vectors of ``tensors[i]``, as lists with zeros for the other tensors."""
    count = tensors[i].numel()
    for row in rl.eye(count, dtype=tensors[i].dtype, device=tensors[i].device):
        unit = [rl.zeros(t.shape, dtype=t.dtype, device=t.device) for t in tensors]
        unit[i] = row.reshape(tensors[i].shape)
        yield unit


def _columns(rows: list, primals: list) -> list:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in primals]


def _stacked(rows: list, output: "rl.Tensor", primal: "rl.Tensor") -> "rl.Tensor":
    shape = (*output.shape, *primal.shape)
    return rl.stack(rows).reshape(shape) if rows else rl.zeros(shape, dtype=primal.dtype, device=primal.device)
