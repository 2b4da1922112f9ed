"""Recording a function for the reverse transforms.

The arguments to differentiate become aliases that start a graph of their own, or continue the one they are part of.
Afterwards the results either belong to some outer graph too, through arguments or through what the function captured, and
stay recorded; or only to the own one, and are detached, so that a derivative of plain tensors is a plain tensor.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import rushlight as rl
from rushlight import _C
from rushlight.func.batched import batch_at, innermost
from rushlight.func.rules.random import levels
from rushlight.utils._pytree import TreeSpec, tree_flatten, tree_map

Argnums = int | tuple[int, ...]


class _Active(threading.local):
    """The recordings that this thread is in, outermost first."""

    def __init__(self) -> None:
        self.recordings: list[Recording] = []


_active = _Active()


def recording() -> bool:
    """Return whether this thread runs a function to be differentiated."""
    return bool(_active.recordings)


class Recording:
    """One run of ``func`` on ``args``, differentiable with respect to those numbered ``argnums`` (all if ``None``)."""

    def __init__(
        self, func: Callable, args: tuple, argnums: Argnums | None, name: str, kwargs: dict | None = None
    ) -> None:
        self.retired: list[rl.Tensor] = []  # leaves of transforms that ended inside, which nobody can differentiate by
        _active.recordings.append(self)
        try:
            with rl.enable_grad():
                chosen = args if argnums is None else select(args, argnums)
                flat, self.input_spec = tree_flatten(chosen)
                self.inputs = [_alias(x) for x in flat]
                aliases = self.input_spec.unflatten(self.inputs)
                self.result = func(
                    *(aliases if argnums is None else _replaced(args, argnums, aliases)), **(kwargs or {})
                )
        finally:
            _active.recordings.pop()
        self.name = name

    def split_aux(self, has_aux: bool) -> Any:
        """Set ``outputs`` from the result; return what the function gave beside them."""
        result, aux = self.result, None
        if has_aux:
            if not (isinstance(result, tuple) and len(result) == 2):
                raise RuntimeError(
                    f"{self.name}: output of function f should be a tuple: (output, aux) if has_aux is True"
                )
            result, aux = result
        self.outputs, self.output_spec = tree_flatten(result)
        self.outer = _reaches_others(self.outputs, self.inputs, self.retired)
        retire(self.inputs + self.retired)
        return self.finished(aux)

    def gradients(self, cotangents: Sequence[Any] | None, retain_graph: bool, create_graph: bool | None = None) -> list:
        """Return the gradients of the inputs for ``cotangents`` of the outputs, zeros where there is none."""
        retire(self.inputs + self.retired)
        if create_graph is None:
            create_graph = self.outer or any(g.requires_grad for g in cotangents or ())
        pairs = [
            (y, None if cotangents is None else cotangents[i]) for i, y in enumerate(self.outputs) if y.requires_grad
        ]
        if not pairs:
            return [rl.zeros_like(x, requires_grad=False) for x in self.inputs]
        outputs, grads = zip(*pairs, strict=True)
        found = rl.autograd.grad(
            outputs, self.inputs, grads, retain_graph=retain_graph, create_graph=create_graph, allow_unused=True
        )
        return [
            rl.zeros_like(x, requires_grad=False) if g is None else g for g, x in zip(found, self.inputs, strict=True)
        ]

    def finished(self, tree: Any) -> Any:
        """Return ``tree`` as the caller sees it: detached unless an outer graph runs through the recording."""
        return tree if self.outer else tree_map(lambda x: x.detach() if isinstance(x, rl.Tensor) else x, tree)


def retire(leaves: Sequence["rl.Tensor"]) -> None:
    """Tell the enclosing recording of leaves that must not count as others in its graph."""
    if _active.recordings:
        _active.recordings[-1].retired += leaves


def _alias(x: Any) -> "rl.Tensor":
    if not isinstance(x, rl.Tensor):
        raise ValueError(f"Thing passed to transform API must be Tensor, got {type(x)}")
    for level, size, _ in levels():  # one alias per sample, so that gradients come out per sample
        x = batch_at(x, level, size)
    if x.requires_grad:
        return x.view_as(x)
    return x.detach().requires_grad_()


def _reaches_others(outputs: list, inputs: list, retired: list) -> bool:
    """Return whether gradients of ``outputs`` flow into leaves other than ``inputs`` and ``retired``."""
    if any(not innermost(x).is_leaf for x in inputs):
        return True
    tensors = tuple(innermost(y) for y in outputs if isinstance(y, rl.Tensor) and y.requires_grad)
    return bool(tensors) and _C._reaches_other_leaves(tensors, tuple(map(innermost, inputs + retired)))


def select(args: tuple, argnums: Argnums) -> Any:
    """Return the argument, or the tuple of arguments, numbered ``argnums``; raise ``RuntimeError`` for wrong numbers."""
    numbers = argument_numbers(args, argnums)
    return args[numbers[0]] if isinstance(argnums, int) else tuple(args[i] for i in numbers)


def argument_numbers(args: tuple, argnums: Argnums) -> tuple[int, ...]:
    """Return ``argnums`` as a tuple of non-negative numbers of ``args``."""
    if not isinstance(argnums, int | tuple):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    numbers = (argnums,) if isinstance(argnums, int) else argnums
    if not numbers:
        raise RuntimeError("argnums must be non-empty")
    for n in numbers:
        if not isinstance(n, int):
            raise RuntimeError(f"argnum must be int, got: {type(n)}")
        if not -len(args) <= n < len(args):
            raise RuntimeError(f"Got argnum={n}, but only {len(args)} positional inputs")
    numbers = tuple(n % len(args) for n in numbers)
    if len(set(numbers)) != len(numbers):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")
    return numbers


def _replaced(args: tuple, argnums: Argnums, new: Any) -> tuple:
    values = (new,) if isinstance(argnums, int) else new
    by_number = dict(zip(argument_numbers(args, argnums), values, strict=True))
    return tuple(by_number.get(i, x) for i, x in enumerate(args))


def check_outputs(outputs: list, name: str) -> None:
    """Raise ``RuntimeError`` unless ``outputs`` are tensors of floating-point or complex dtype, at least one."""
    if not outputs or (len(outputs) == 1 and outputs[0] is None):
        raise RuntimeError(f"{name}: Expected f to be a function that has non-empty output (got output = {outputs})")
    for y in outputs:
        if not isinstance(y, rl.Tensor):
            raise RuntimeError(f"{name}: expected f(*primals) to return only tensors, got unsupported type {type(y)}")
        if not (y.is_floating_point() or y.is_complex()):
            raise RuntimeError(
                f"{name}: All outputs of f must be floating-point or complex Tensors, got Tensor with dtype {y.dtype}"
            )


def check_real(name: str, tensors: list, kind: str) -> None:
    """Raise ``RuntimeError`` for complex tensors."""
    for i, x in enumerate(tensors):
        if isinstance(x, rl.Tensor) and x.is_complex():
            raise RuntimeError(
                f"{name}: Expected all {kind} to be real but received complex tensor at flattened input idx: {i}"
            )


def check_same_structure(name: str, what: str, given: TreeSpec, expected: TreeSpec) -> None:
    """Raise ``RuntimeError`` where two trees differ in structure."""
    if given != expected:
        raise RuntimeError(f"{name}: Expected {what} to have the same structure, got {given} and {expected}")
