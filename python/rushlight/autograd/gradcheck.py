"""Comparing gradients with finite differences."""

import warnings
from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight.autograd.run import grad

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """A gradient that does not agree with the function."""


def gradcheck(
    func: Callable,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Return whether the gradients of ``func`` at ``inputs`` agree with central differences of step ``eps``.

    Every entry of every differentiable input is moved, complex ones along both axes, in float64; so ``fast_mode`` is
    accepted and changes nothing. ``check_forward_ad`` compares ``func.jvp``, ``check_batched_grad`` gradients of a batch
    of cotangents. A disagreement raises ``GradcheckError``, or returns ``False`` unless ``raise_exception``.

    >>> rl.autograd.gradcheck(rl.sin, rl.rand(3, dtype=rl.float64, requires_grad=True))
    True
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if check_batched_grad and not check_backward_ad:
        raise AssertionError("Setting check_batched_grad=True requires check_backward_ad to be True")
    check = _Check(func, _as_tuple(inputs), eps, atol, rtol, nondet_tol)
    try:
        check.compare(check_backward_ad, check_forward_ad)
        if check_backward_ad:
            check.compare_dtypes(check_grad_dtypes)
            check.scaled_by_cotangents()
            if check_undefined_grad:
                check.undefined_cotangents()
            if check_batched_grad:
                check.batched_cotangents()
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Return whether the second derivatives of ``func`` agree: ``gradcheck`` of its gradient.

    Cotangents are random unless ``grad_outputs`` gives them.
    """
    inputs = _as_tuple(inputs)
    if grad_outputs is None:
        grad_outputs = tuple(_random_like(y, gen_non_contig_grad_outputs) for y in _differentiable(func(*inputs)))
    grad_outputs = _as_tuple(grad_outputs)
    count = len(grad_outputs)

    def gradient(*args: Any) -> tuple:
        xs = tuple(x.requires_grad_() if _is_checked(o) else x for x, o in zip(args[:-count], inputs, strict=True))
        targets = tuple(x for x in xs if isinstance(x, rl.Tensor) and x.requires_grad)
        found = grad(_differentiable(func(*xs)), targets, args[-count:], create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradient,
        (*inputs, *grad_outputs),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
    )


class _Check:
    """One function at one point; complex numbers count as pairs of real ones."""

    def __init__(self, func: Callable, inputs: tuple, eps: float, atol: float, rtol: float, nondet_tol: float) -> None:
        self.func, self.inputs = func, inputs
        self.eps, self.atol, self.rtol, self.nondet_tol = eps, atol, rtol, nondet_tol
        self.checked = [i for i, x in enumerate(inputs) if _is_checked(x)]
        if not self.checked:
            raise ValueError(
                "gradcheck expects at least one input tensor to require gradient, but none of the them have "
                "requires_grad=True."
            )
        for i in self.checked:
            self._check_input(i, inputs[i])
            inputs[i].retain_grad()
        self.targets = tuple(inputs[i] for i in self.checked)
        self.outputs = _differentiable(func(*inputs))

    def _check_input(self, i: int, x: "rl.Tensor") -> None:
        if x.dtype not in (rl.float64, rl.complex128):
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. This check will "
                "likely fail if all the inputs are not of double precision floating point or complex.",
                stacklevel=4,
            )
        if any(stride == 0 and size > 1 for stride, size in zip(x.stride(), x.size(), strict=True)):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are non-overlapping "
                "to be able to compute the numerical gradients correctly. You should call .contiguous on the input before "
                "passing it to gradcheck."
            )

    def compare(self, backward: bool, forward: bool) -> None:
        """Compare all Jacobians."""
        for n, x in zip(self.checked, self.targets, strict=True):
            numerical = self._numerical(n, x)
            analytical = [self._analytical(y, x) for y in self.outputs] if backward else []
            products = self._products(n, x) if forward else []
            for kind, found in (("", analytical), ("computed with forward mode ", products)):
                for i, a in enumerate(found):
                    self._assert_close(a, numerical[i], i, n, kind)
        if not self.outputs:
            self._assert_constant()

    def _evaluate(self, n: int, x: "rl.Tensor") -> list:
        args = tuple(x if i == n else a for i, a in enumerate(self.inputs))
        return [y.detach().clone() for y in _differentiable(self.func(*args), only_recorded=False)]

    def _differences(self, n: int, x: "rl.Tensor") -> Any:
        """Yield, for each real entry of an input, the central differences of all outputs as real vectors."""
        at = x.detach().clone()
        entries = _real(at)
        for k in range(entries.numel()):
            value = entries[k].item()
            sides = []
            for step in (self.eps, -self.eps):
                entries[k] = value + step
                sides.append(self._evaluate(n, at.clone().requires_grad_()))
            entries[k] = value
            yield [_real((a - b) / (2 * self.eps)) for a, b in zip(*sides, strict=True)]

    def _numerical(self, n: int, x: "rl.Tensor") -> list:
        rows = list(self._differences(n, x))
        shapes = [(0, _real(y.detach()).numel()) for y in self.outputs]
        columns = (
            [rl.stack(c) for c in zip(*rows, strict=True)] if rows else [rl.zeros(s, dtype=rl.float64) for s in shapes]
        )
        recorded = [
            i for i, y in enumerate(_differentiable(self.func(*self.inputs), only_recorded=False)) if y.requires_grad
        ]
        return [columns[i] for i in recorded] if rows else columns

    def _analytical(self, y: "rl.Tensor", x: "rl.Tensor") -> "rl.Tensor":
        rows = [self._row(y, x, unit) for unit in _units(y)]
        if not rows:
            return rl.zeros((_real(x.detach()).numel(), 0), dtype=rl.float64)
        return rl.stack(rows, 1)

    def _row(self, y: "rl.Tensor", x: "rl.Tensor", unit: "rl.Tensor") -> "rl.Tensor":
        first, again = (_real(_gradient(y, x, unit)) for _ in range(2))
        if first.numel() and (first - again).abs().max().item() > self.nondet_tol:
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives "
                "different values, although analytical gradient matches numerical gradient. The tolerance for "
                f"nondeterminism was {self.nondet_tol}."
            )
        return first

    def _products(self, n: int, x: "rl.Tensor") -> list:
        def of_one(value: "rl.Tensor") -> tuple:
            return _differentiable(self.func(*(value if i == n else a for i, a in enumerate(self.inputs))))

        rows = [[_real(t.detach()) for t in rl.func.jvp(of_one, (x.detach(),), (u,))[1]] for u in _units(x)]
        return [rl.stack(c) for c in zip(*rows, strict=True)] if rows else []

    def _assert_close(self, a: "rl.Tensor", n: "rl.Tensor", output: int, i: int, kind: str) -> None:
        if not rl.allclose(a.to(rl.float64), n.to(rl.float64), self.rtol, self.atol):
            raise GradcheckError(
                f"Jacobian {kind}mismatch for output {output} with respect to input {i},\n"
                f"numerical:{n}\nanalytical:{a}\n"
            )

    def _assert_constant(self) -> None:
        for n, x in zip(self.checked, self.targets, strict=True):
            if any((d != 0).any() for row in self._differences(n, x) for d in row):
                raise GradcheckError("Numerical gradient for function expected to be zero")

    def compare_dtypes(self, dtypes: bool) -> None:
        """Check shape and, if asked to, dtype of gradients."""
        for y in self.outputs:
            for x, g in zip(self.targets, self._all(y, rl.zeros_like(y, requires_grad=False)), strict=True):
                if g is not None and g.size() != x.size():
                    raise GradcheckError("Analytical gradient has incorrect size")
                if g is not None and dtypes and g.dtype != x.dtype:
                    raise GradcheckError("Gradient has dtype mismatch")

    def _all(self, y: "rl.Tensor", cotangent: "rl.Tensor") -> tuple:
        return grad(y, self.targets, cotangent, retain_graph=True, allow_unused=True)

    def scaled_by_cotangents(self) -> None:
        """Check that zero cotangents give zero gradients."""
        for y in self.outputs:
            for g in self._all(y, rl.zeros_like(y, requires_grad=False)):
                if g is not None and (g != 0).any():
                    raise GradcheckError("backward not multiplied by grad_output")

    def undefined_cotangents(self) -> None:
        """Check that missing cotangents count as zeros."""
        outputs = _differentiable(self.func(*self.inputs))
        if len(outputs) < 2:
            return
        for y in outputs:
            unit = rl.ones_like(y, requires_grad=False)
            alone = self._all(y, unit)
            zeros = tuple(unit if other is y else rl.zeros_like(other, requires_grad=False) for other in outputs)
            both = grad(outputs, self.targets, zeros, retain_graph=True, allow_unused=True)
            for a, b in zip(alone, both, strict=True):
                if a is not None and b is not None and not rl.allclose(a, b):
                    raise GradcheckError("Expected backward function to handle undefined output grads")

    def batched_cotangents(self) -> None:
        """Check gradients of a batch of cotangents against one at a time."""
        for y in self.outputs:
            batch = rl.stack([_random_like(y).detach() for _ in range(2)])
            found = grad(y, self.targets, batch, retain_graph=True, allow_unused=True, is_grads_batched=True)
            single = [self._all(y, v) for v in batch]
            for i, (b, *s) in enumerate(zip(found, *single, strict=True)):
                if b is not None and not rl.allclose(b, rl.stack(s)):
                    raise GradcheckError(f"For input {i}, batched gradients differ from those computed one by one")


def _is_checked(x: Any) -> bool:
    return isinstance(x, rl.Tensor) and x.requires_grad


def _as_tuple(x: Any) -> tuple:
    return tuple(x) if isinstance(x, tuple | list) else (x,)


def _differentiable(outputs: Any, only_recorded: bool = True) -> tuple:
    tensors = (y for y in _as_tuple(outputs) if isinstance(y, rl.Tensor))
    if only_recorded:
        return tuple(y for y in tensors if y.requires_grad)
    return tuple(y for y in tensors if y.is_floating_point() or y.is_complex())


def _real(x: "rl.Tensor") -> "rl.Tensor":
    """Return the entries of ``x`` as a vector of real numbers, a view where ``x`` is contiguous."""
    return (rl.view_as_real(x.resolve_conj()) if x.is_complex() else x).reshape(-1)


def _units(x: "rl.Tensor") -> Any:
    for k in range(_real(x.detach()).numel()):
        unit = rl.zeros(x.shape, dtype=x.dtype)
        _real(unit)[k] = 1
        yield unit


def _gradient(y: "rl.Tensor", x: "rl.Tensor", cotangent: "rl.Tensor") -> "rl.Tensor":
    (found,) = grad(y, x, cotangent, retain_graph=True, allow_unused=True)
    return rl.zeros_like(x, requires_grad=False) if found is None else found.detach()


def _random_like(y: "rl.Tensor", strided: bool = False) -> "rl.Tensor":
    v = rl.randn(y.shape, dtype=y.dtype, device=y.device)
    if strided and v.dim():
        v = rl.stack([v, v], -1)[..., 0]
    return v.requires_grad_()
