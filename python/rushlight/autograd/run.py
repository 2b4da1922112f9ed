"""Running the graph backwards."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import rushlight as rl
from rushlight import _C
from rushlight.autograd.graph import GradientEdge
from rushlight.autograd.passes import running

__all__ = ["backward", "grad"]


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add the gradients of ``sum(tensors * grad_tensors)`` to ``.grad`` of all leaves, or of ``inputs`` only.

    ``grad_tensors`` may be missing for real tensors with one element. The graph is freed unless ``retain_graph``
    (by default ``create_graph``, which records the backward pass itself). Raises ``RuntimeError`` for gradients of
    another shape, for tensors outside of any graph, and for graphs that were freed before.
    """
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only "
                "use `grad_tensors`."
            )
        grad_tensors = grad_variables
    targets = () if inputs is None else _as_tuple(inputs, "backward")
    if inputs is not None and not targets:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    roots = _as_tuple(tensors, "backward")
    grads = output_gradients(roots, _gradients(grad_tensors, len(roots)))
    retain_graph = create_graph if retain_graph is None else retain_graph
    if _any_batched(roots) or _any_batched(targets):
        raise RuntimeError(
            "backward() called inside a functorch transform. This is not supported, please use rushlight.func.grad or "
            "rushlight.func.vjp instead or call backward() outside of the transform."
        )
    with running(roots, None if inputs is None else targets):
        _C._backward(roots, grads, retain_graph, create_graph, targets, True, True)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """Return the gradients of ``sum(outputs * grad_outputs)`` with respect to ``inputs``, a tuple (or dict as given).

    An input that the outputs do not depend on is an error, ``None`` with ``allow_unused``, or zeros with
    ``materialize_grads``. With ``is_grads_batched`` the first dimension of each gradient runs over a batch.

    >>> x = rl.tensor([3.0], requires_grad=True)
    >>> rl.autograd.grad((x * x).sum(), x)
    (tensor([6.]),)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate gradient for "
            "other parts of the graph, please use autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    roots, targets = _as_tuple(outputs, "grad"), _as_tuple(inputs, "grad")
    if not targets:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    allow_unused = materialize_grads if allow_unused is None else allow_unused
    retain_graph = create_graph if retain_graph is None else retain_graph
    grads = output_gradients(roots, _gradients(grad_outputs, len(roots)), is_grads_batched)

    def run(grads: tuple, retain: bool) -> tuple:
        return _gradients_of(roots, grads, targets, retain, create_graph, allow_unused)

    result = _batched(run, grads, retain_graph) if is_grads_batched else run(grads, retain_graph)
    if materialize_grads:
        result = tuple(
            rl.zeros_like(x, requires_grad=create_graph) if g is None else g
            for g, x in zip(result, targets, strict=True)
        )
    return dict(zip(inputs, result, strict=True)) if type(inputs) is dict else tuple(result)


def _gradients_of(
    roots: tuple, grads: tuple, targets: tuple, retain_graph: bool, create_graph: bool, allow_unused: bool
) -> tuple:
    def run(roots: tuple, grads: tuple, targets: tuple, retain: bool) -> tuple:
        if _any_batched((*roots, *grads, *targets)):
            from rushlight.func.batched_backward import run_batched

            return run_batched(run, roots, grads, targets, retain, create_graph)
        with running(roots, targets):
            return _C._backward(roots, grads, retain, create_graph, targets, False, allow_unused)

    return run(roots, grads, targets, retain_graph)


def _any_batched(tensors: Sequence[Any]) -> bool:
    return any(getattr(type(t), "is_batched_tensor", False) for t in tensors)


def output_gradients(outputs: Sequence[Any], grads: Sequence[Any], batched: bool = False) -> tuple:
    """Return the gradient to start from for every output; ones where it may be left out.

    Raises ``RuntimeError`` for a wrong shape or a missing gradient, ``TypeError`` for what is no tensor.
    """
    return tuple(_output_gradient(i, out, g, batched) for i, (out, g) in enumerate(zip(outputs, grads, strict=True)))


def _output_gradient(i: int, output: Any, gradient: Any, batched: bool) -> Any:
    output = output.node._input_metadata[output.output_nr] if isinstance(output, GradientEdge) else output
    shape = tuple(output.shape)
    if isinstance(gradient, rl.Tensor):
        given = tuple(gradient.shape)[1:] if batched else tuple(gradient.shape)
        if given != shape:
            raise RuntimeError(_mismatch(i, shape, tuple(gradient.shape), batched))
        if output.dtype.is_complex != gradient.dtype.is_complex:
            raise RuntimeError(
                "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in "
                f"dtype: grad_output[{i}] has a dtype of {gradient.dtype} and output[{i}] has a dtype of {output.dtype}."
            )
        return gradient
    if gradient is not None:
        raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
    if not getattr(output, "requires_grad", True):
        return None
    if any(size != 1 for size in shape):
        raise RuntimeError("grad can be implicitly created only for scalar outputs")
    if not output.dtype.is_floating_point:
        raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {output.dtype}")
    return rl.ones(shape, dtype=output.dtype, device=output.device)


def _mismatch(i: int, output: tuple, given: tuple, batched: bool) -> str:
    where = f"grad_output[{i}] has a shape of {rl.Size(given)} and output[{i}] has a shape of {rl.Size(output)}."
    if not batched:
        return f"Mismatch in shape: {where}"
    return (
        "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. The "
        "sizes of the remaining dimensions are expected to match the shape of corresponding output, but a mismatch was "
        f"detected: {where}"
    )


def _batched(run: Any, grads: tuple, retain_graph: bool) -> tuple:
    size = next(g.shape[0] for g in grads if g is not None)
    rows = [run(tuple(None if g is None else g[i] for g in grads), retain_graph or i < size - 1) for i in range(size)]
    return tuple(None if column[0] is None else rl.stack(column) for column in zip(*rows, strict=True))


def _gradients(grads: Any, count: int) -> tuple:
    if grads is None:
        return (None,) * count
    grads = (grads,) if isinstance(grads, rl.Tensor) else tuple(grads)
    if len(grads) != count:
        raise RuntimeError(f"got {count} tensors and {len(grads)} gradients")
    return grads


def _as_tuple(tensors: Any, caller: str) -> tuple:
    if isinstance(tensors, rl.Tensor | GradientEdge):
        return (tensors,)
    if type(tensors) is dict:
        return tuple(tensors.values())
    if isinstance(tensors, Mapping):
        raise TypeError(
            f"`inputs` argument to `{caller}()` must be a dict, not {type(tensors).__name__}. Other Mapping types are "
            "not supported."
        )
    return tuple(tensors)
