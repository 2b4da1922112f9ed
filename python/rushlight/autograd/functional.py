"""Jacobians, Hessians and their products with vectors, for functions of tensors or tuples of tensors."""

from collections.abc import Callable, Sequence
from typing import Any

import rushlight as rl
from rushlight.autograd.run import grad

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = Any  # a tensor, or a tuple of tensors


def vjp(
    func: Callable, inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """Return ``(output, v @ Jacobian)`` of ``func`` at ``inputs``; ``v`` may be missing for a single number.

    With ``strict`` outputs that do not depend on an input are a ``RuntimeError`` instead of zeros.
    """
    with rl.enable_grad():
        run = _Run("vjp", func, inputs, create_graph, strict)
        v = _vector("vjp", v, run.outputs, run.several_outputs, "the user-provided function returns", create_graph)
    found = _gradients(run.outputs, run.inputs, v, create_graph)
    found = _zeros_for_none(
        found, run.inputs, strict, create_graph, "The output of the user-provided function", "jacobian"
    )
    return run.output(), _unpack(found, run.several_inputs, create_graph)


def jvp(
    func: Callable, inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """Return ``(output, Jacobian @ v)`` of ``func`` at ``inputs``, by two reverse passes."""
    with rl.enable_grad():
        run = _Run("jvp", func, inputs, create_graph, strict)
        v = _vector(
            "jvp", v, run.inputs, run.several_inputs, "the input to the user-provided function is", create_graph
        )
        cotangents = tuple(rl.zeros_like(y, requires_grad=True) for y in run.outputs)
        transposed = _gradients(run.outputs, run.inputs, cotangents, create_graph=True)
        if strict:
            _check_recorded(
                transposed, "The gradient with respect to input {} is independent of the inputs of the function"
            )
        found = _gradients(transposed, cotangents, v, create_graph)
    found = _zeros_for_none(
        found, run.outputs, strict, create_graph, "The gradient with respect to the input", "jacobian"
    )
    return run.output(), _unpack(found, run.several_outputs, create_graph)


def jacobian(
    func: Callable,
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return the Jacobian of ``func`` at ``inputs``, of shape output + input; tuples of them for tuples.

    ``vectorize`` is accepted. ``strategy="forward-mode"`` takes one product per entry of the inputs.

    >>> rl.autograd.functional.jacobian(lambda x: x * x, rl.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    _check_strategy(strategy)
    if strict and vectorize:
        raise RuntimeError("jacobian: `strict=True` and `vectorized=True` are not supported together.")
    if strategy == "forward-mode":
        return _forward_jacobian(func, inputs, create_graph, strict)
    with rl.enable_grad():
        run = _Run("jacobian", func, inputs, create_graph, strict)
        rows = [_rows(run, i, y, create_graph, strict) for i, y in enumerate(run.outputs)]
    return _unpack2(rows, run.several_outputs, run.several_inputs, create_graph)


def hessian(
    func: Callable,
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the matrix of second derivatives of ``func``, which gives one number, at ``inputs``."""
    _check_strategy(outer_jacobian_strategy)
    several, inputs = _as_tuple("inputs", "hessian", inputs)

    def number(*xs: "rl.Tensor") -> "rl.Tensor":
        return _single(func(*xs), "hessian").squeeze()

    def gradient(*xs: "rl.Tensor") -> tuple:
        if outer_jacobian_strategy == "forward-mode":
            xs = tuple(x.requires_grad_() for x in xs)
        found = jacobian(number, xs, create_graph=True)
        if strict:
            _check_recorded(
                found, "the jacobian of the user-provided function with respect to input {} is independent of the input"
            )
        return found

    result = jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return result if several else result[0][0]


def vhp(
    func: Callable, inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """Return ``(output, v @ Hessian)`` of ``func`` at ``inputs``."""
    with rl.enable_grad():
        run, v, gradient = _gradient_run("vhp", func, inputs, v, create_graph, strict)
        found = _gradients(gradient, run.inputs, v, create_graph)
    found = _zeros_for_none(
        found, run.inputs, strict, create_graph, "The jacobian of the user-provided function", "hessian"
    )
    return run.output(), _unpack(found, run.several_inputs, create_graph)


def hvp(
    func: Callable, inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """Return ``(output, Hessian @ v)`` of ``func`` at ``inputs``; the Hessian is symmetric, so ``vhp`` is the faster one."""
    with rl.enable_grad():
        run, v, gradient = _gradient_run("hvp", func, inputs, v, create_graph, strict)
        cotangents = tuple(rl.zeros_like(x, requires_grad=True) for x in run.inputs)
        transposed = _gradients(gradient, run.inputs, cotangents, create_graph=True)
        found = _gradients(transposed, cotangents, v, create_graph)
    found = _zeros_for_none(
        found, run.inputs, strict, create_graph, "The hessian of the user-provided function", "hessian"
    )
    return run.output(), _unpack(found, run.several_inputs, create_graph)


class _Run:
    """One recorded call of the user's function."""

    def __init__(self, name: str, func: Callable, inputs: Tensors, create_graph: bool, strict: bool) -> None:
        self.several_inputs, inputs = _as_tuple("inputs", name, inputs)
        self.inputs = tuple(_alias(x, create_graph, True) for x in inputs)
        self.create_graph = create_graph
        self.several_outputs, self.outputs = _as_tuple(
            "outputs of the user-provided function", name, func(*self.inputs)
        )
        if strict:
            _check_recorded(self.outputs, "Output {} of the user-provided function does not require gradients")

    def output(self) -> Tensors:
        return _unpack(self.outputs, self.several_outputs, self.create_graph)


def _gradient_run(name: str, func: Callable, inputs: Tensors, v: Any, create_graph: bool, strict: bool) -> tuple:
    run = _Run(name, func, inputs, create_graph, strict)
    v = _vector(name, v, run.inputs, run.several_inputs, "the input to the user-provided function is", create_graph)
    _single(run.outputs if run.several_outputs else run.outputs[0], name)
    gradient = _gradients(run.outputs, run.inputs, None, create_graph=True)
    if strict:
        _check_recorded(
            gradient, "the jacobian of the user-provided function with respect to input {} is independent of the input"
        )
    return run, v, gradient


def _single(output: Any, name: str) -> "rl.Tensor":
    if not isinstance(output, rl.Tensor):
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if output.nelement() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single element")
    return output


def _as_tuple(what: str, name: str, x: Any) -> tuple[bool, tuple]:
    several = isinstance(x, tuple)
    for i, element in enumerate(x if several else (x,)):
        if not isinstance(element, rl.Tensor):
            where = f"value at index {i}" if several else f"given {what}"
            raise TypeError(
                f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the {where} has type "
                f"{type(element)}."
            )
    return several, x if several else (x,)


def _alias(x: "rl.Tensor", create_graph: bool, requires_grad: bool) -> "rl.Tensor":
    return x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_(requires_grad)


def _vector(name: str, v: Any, like: tuple, several: bool, subject: str, create_graph: bool) -> tuple:
    if v is None:
        if len(like) != 1 or like[0].nelement() != 1:
            raise RuntimeError(f"The vector v can only be None if {subject} a single Tensor with a single element.")
        return (rl.ones_like(like[0], requires_grad=False),)
    _, v = _as_tuple("v", name, v)
    if len(v) != len(like):
        expected = f"v is a tuple of invalid length: should be {len(like)} but got {len(v)}."
        raise RuntimeError(expected if several else "The given v should contain a single Tensor.")
    for i, (a, b) in enumerate(zip(v, like, strict=True)):
        if a.size() != b.size():
            entry = f"Entry {i} in " if several else ""
            raise RuntimeError(f"{entry}v has invalid size: should be {b.size()} but got {a.size()}.")
    return tuple(_alias(x, create_graph, False) for x in v)


def _gradients(
    outputs: Sequence, inputs: tuple, v: Sequence | None, create_graph: bool, retain: bool | None = None
) -> tuple:
    v = (None,) * len(outputs) if v is None else v
    pairs = [(y, g) for y, g in zip(outputs, v, strict=True) if y is not None and y.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    ys, gs = zip(*pairs, strict=True)
    return grad(ys, inputs, gs, allow_unused=True, create_graph=create_graph, retain_graph=retain)


def _zeros_for_none(found: tuple, like: tuple, strict: bool, create_graph: bool, subject: str, what: str) -> tuple:
    for i, g in enumerate(found):
        if strict and g is None:
            raise RuntimeError(f"{subject} is independent of input {i}. This is not allowed in strict mode.")
        if strict and create_graph and not g.requires_grad:
            raise RuntimeError(
                f"The {what} of the user-provided function is independent of input {i}. This is not allowed in strict "
                "mode when create_graph=True."
            )
    return tuple(rl.zeros_like(x, requires_grad=False) if g is None else g for g, x in zip(found, like, strict=True))


def _check_recorded(tensors: Sequence, message: str) -> None:
    for i, t in enumerate(tensors):
        if t is None:
            raise RuntimeError(
                f"The output of the user-provided function is independent of input {i}. This is not allowed in strict mode."
            )
        if not t.requires_grad:
            raise RuntimeError(f"{message.format(i)}. This is not allowed in strict mode.")


def _rows(run: _Run, i: int, output: "rl.Tensor", create_graph: bool, strict: bool) -> list:
    """Return the Jacobian of one output with respect to every input."""
    rows = []
    for entry in output.reshape(-1):
        found = _gradients((entry,), run.inputs, None, create_graph, retain=True)
        rows.append(
            _zeros_for_none(
                found, run.inputs, strict, create_graph, f"Output {i} of the user-provided function", "jacobian"
            )
        )
    if not rows:
        return [x.new_zeros((*output.shape, *x.shape)) for x in run.inputs]
    columns = zip(*rows, strict=True)
    return [rl.stack(c).reshape((*output.shape, *x.shape)) for c, x in zip(columns, run.inputs, strict=True)]


def _forward_jacobian(func: Callable, inputs: Tensors, create_graph: bool, strict: bool) -> Any:
    if create_graph or strict:
        option = "create_graph=True" if create_graph else "strict=True"
        error = NotImplementedError if create_graph else RuntimeError
        raise error(f'jacobian: `{option}` and `strategy="forward-mode"` are not supported together.')
    several_inputs, xs = _as_tuple("inputs", "jacobian", inputs)
    several_outputs = []

    def outputs(*xs: "rl.Tensor") -> tuple:
        several, ys = _as_tuple("outputs of the user-provided function", "jacobian", func(*xs))
        several_outputs.append(several)
        return ys

    found = rl.func.jacfwd(outputs, argnums=tuple(range(len(xs))))(*xs)
    return _unpack2(found, several_outputs[-1], several_inputs, create_graph)


def _check_strategy(strategy: str) -> None:
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(f'Expected strategy to be either "forward-mode" or "reverse-mode", got {strategy!r}.')


def _unpack(tensors: Sequence, several: bool, create_graph: bool) -> Any:
    result = tuple(t if create_graph else t.detach() for t in tensors)
    return result if several else result[0]


def _unpack2(rows: Sequence, several_outputs: bool, several_inputs: bool, create_graph: bool) -> Any:
    result = tuple(_unpack(r, several_inputs, create_graph) for r in rows)
    return result if several_outputs else result[0]
