"""Forward-mode products, from two reverse passes: the gradient is linear in its cotangent, and its transpose is wanted.

Source: Townsend 2017, A new trick for calculating Jacobian vector products.
"""

import functools
from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight.func.recorded import Argnums, Recording, check_outputs, check_real, retire, select
from rushlight.func.reverse import basis, jacrev
from rushlight.utils._pytree import tree_flatten, tree_leaves


class _Linearized:
    """The linear map of tangents at one point."""

    def __init__(self, func: Callable, primals: tuple, argnums: Argnums | None, name: str, has_aux: bool) -> None:
        self.recording = recording = Recording(func, primals, argnums, name)
        self.aux = recording.split_aux(has_aux)
        check_outputs(recording.outputs, name)
        with rl.enable_grad():
            self.cotangents = [rl.zeros_like(y, requires_grad=False).requires_grad_() for y in recording.outputs]
            self.transposed = recording.gradients(self.cotangents, retain_graph=True, create_graph=True)
        retire(self.cotangents)

    @property
    def output(self) -> Any:
        """The value of the function."""
        return self.recording.finished(self.recording.output_spec.unflatten(self.recording.outputs))

    def __call__(self, tangents: list, strict: bool = False) -> list:
        create_graph = self.recording.outer or any(t.requires_grad for t in tangents)
        pairs = [(g, t) for g, t in zip(self.transposed, tangents, strict=True) if g.requires_grad]
        found = [None] * len(self.cotangents)
        if pairs:
            gradients, given = zip(*pairs, strict=True)
            found = rl.autograd.grad(
                gradients, self.cotangents, given, retain_graph=True, create_graph=create_graph, allow_unused=True
            )
        if strict and any(t is None for t in found):
            raise RuntimeError(
                "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not "
                "allowed with strict=True."
            )
        outputs = self.recording.outputs
        return [rl.zeros_like(y, requires_grad=False) if t is None else t for t, y in zip(found, outputs, strict=True)]


def jvp(func: Callable, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> tuple:
    """Return ``(output, Jacobian @ tangents)`` of ``func`` at ``primals``, and ``aux`` with ``has_aux``.

    With ``strict`` an output that does not depend on ``primals`` is an error.

    >>> rl.func.jvp(rl.sin, (rl.zeros(2),), (rl.ones(2),))
    (tensor([0., 0.]), tensor([1., 1.]))
    """
    name = "jvp(f, primals, tangents)"
    if not isinstance(primals, tuple):
        raise RuntimeError(f"{name}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).")
    flat = _matching(name, primals, tangents)
    linear = _Linearized(func, primals, None, name, has_aux)
    tangent = linear.recording.output_spec.unflatten(linear(flat, strict))
    return (linear.output, tangent, linear.aux) if has_aux else (linear.output, tangent)


def linearize(func: Callable, *primals: Any) -> tuple:
    """Return ``(output, jvp_fn)``: ``jvp_fn(*tangents)`` gives the Jacobian product without running ``func`` again."""
    name = "linearize(f, *primals)"
    linear = _Linearized(func, primals, None, name, has_aux=False)

    def jvp_fn(*tangents: Any) -> Any:
        return linear.recording.output_spec.unflatten(linear(_matching(name, primals, tangents)))

    return linear.output, jvp_fn


def _matching(name: str, primals: tuple, tangents: Any) -> list:
    flat_primals, primal_spec = tree_flatten(primals)
    flat, spec = tree_flatten(tangents)
    if spec != primal_spec:
        raise RuntimeError(
            f"{name}: Expected primals and tangents to have the same python structure. For example, if primals is a "
            f"tuple of 3 tensors, tangents also must be. Got primals with structure {primal_spec} and tangents with "
            f"structure {spec}"
        )
    for what, tensors in (("primals", flat_primals), ("tangents", flat)):
        if not tensors:
            raise RuntimeError(f"{name}: Expected {what} to contain at least one Tensor.")
        for t in tensors:
            if not isinstance(t, rl.Tensor):
                raise RuntimeError(f"{name}: Expected {what} to only contain Tensors, got {type(t)}")
    for p, t in zip(flat_primals, flat, strict=True):
        if p.shape != t.shape:
            raise RuntimeError(
                f"{name}: Expected the tangent of shape {tuple(t.shape)} to be of shape {tuple(p.shape)}"
            )
    return flat


def jacfwd(func: Callable, argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error") -> Callable:
    """Return the function that gives the Jacobian of ``func``, one product per entry of its argument.

    Result as from ``jacrev``; better for more outputs than inputs. ``func`` runs once, whatever ``randomness``.

    >>> rl.func.jacfwd(rl.sin)(rl.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    @functools.wraps(func, updated=())
    def wrapper(*args: Any) -> Any:
        check_real("jacfwd", tree_leaves(args), "inputs")
        linear = _Linearized(func, args, argnums, "jacfwd", has_aux)
        check_real("jacfwd", linear.recording.outputs, "outputs")
        primals, spec = tree_flatten(select(args, argnums))
        columns = [[linear(unit) for unit in basis(primals, i)] for i in range(len(primals))]
        jacobians = [
            spec.unflatten(_jacobian([c[o] for c in columns[i]], y, x) for i, x in enumerate(primals))
            for o, y in enumerate(linear.recording.outputs)
        ]
        result = linear.recording.output_spec.unflatten(jacobians)
        return (result, linear.aux) if has_aux else result

    return wrapper


def _jacobian(columns: list, output: "rl.Tensor", primal: "rl.Tensor") -> "rl.Tensor":
    shape = (*output.shape, *primal.shape)
    if not columns:
        return rl.zeros(shape, dtype=output.dtype, device=output.device)
    return rl.stack(columns, -1).reshape(shape)


def hessian(func: Callable, argnums: Argnums = 0) -> Callable:
    """Return the function that gives the matrix of second derivatives, ``jacfwd(jacrev(func))``.

    >>> rl.func.hessian(lambda x: (x * x).sum())(rl.ones(2))
    tensor([[2., 0.],
            [0., 2.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
