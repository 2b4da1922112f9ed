"""Forward-mode differentiation: tensors with a tangent, which every operation within a level passes on.

The tangent of a result is ``J t`` for the operation's Jacobian J. It is computed from J's transpose, which every operator
has as its gradient: ``v -> J^T v`` is linear, and its own gradient along t is ``J t`` (Townsend, "A new trick for
calculating Jacobian vector products", 2017).
"""

import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import rushlight as rl
from rushlight import _C
from rushlight._ops.registry import entered_modes
from rushlight.utils._pytree import tree_leaves, tree_map

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]


class UnpackedDualTensor(NamedTuple):
    """A tensor without its tangent, and the tangent or None."""

    primal: "rl.Tensor"
    tangent: "rl.Tensor | None"


class _Tangent(NamedTuple):
    """The tangent of a tensor, and the tensor's version when it was set; a root is what ``make_dual`` returned."""

    owner: weakref.ref
    value: "rl.Tensor"
    version: int
    is_root: bool


class _Level:
    """The mode that sees every call of a level, and the tangents of the tensors that have one, by identity."""

    def __init__(self) -> None:
        self.tangents: dict[int, _Tangent] = {}
        self.paused = False

    def __torch_function__(self, func: Callable, types: Iterable[type], args: tuple = (), kwargs: dict | None = None):
        kwargs = kwargs or {}
        duals = {} if self.paused else _duals((args, kwargs))
        if not duals:
            return func(*args, **kwargs)
        return (_InPlace if _changes_first(func) else _Call)(func, args, kwargs, duals).run()


_levels: list[_Level] = []


def _found(x: Any) -> _Tangent | None:
    return _levels[-1].tangents.get(id(x)) if _levels and isinstance(x, rl.Tensor) else None


def _tangent(x: Any) -> Any:
    """Return the tangent of a tensor, None without one."""
    found = _found(x)
    if found is not None and found.version != x._version:
        raise RuntimeError(
            f"forward_ad: a tensor of shape {list(x.shape)} was changed in place through another tensor over the same "
            "memory, and its tangent was left behind; use operations that return new tensors"
        )
    return None if found is None else found.value


def _duals(arguments: Any) -> dict:
    """Return the tensors with tangents by identity."""
    return {id(x): x for x in tree_leaves(arguments) if _tangent(x) is not None}


def apply_function(cls: type, args: tuple) -> Any:
    """Run a custom function, whose ``jvp``, or else its gradient, gives the tangents of its outputs."""
    from ._jvp import apply_by_jvp
    from .function import Function, apply_plain

    duals = _duals(args)
    if not duals:
        return apply_plain(cls, args)
    with _C.DisableTorchFunction():
        if cls.jvp is not Function.jvp:
            return apply_by_jvp(cls, args)
        return _Call(lambda *args: apply_plain(cls, args), args, {}, duals).run()


@contextmanager
def paused() -> Iterator[None]:
    """In this block operations do not pass tangents on."""
    level, before = _levels[-1], _levels[-1].paused
    level.paused = True
    try:
        yield
    finally:
        level.paused = before


def _set_tangent(x: "rl.Tensor", value: Any, is_root: bool = False) -> None:
    """Give a tensor a tangent as long as both it and the level live; None takes it away."""
    tangents, key = _levels[-1].tangents, id(x)
    if value is None:
        tangents.pop(key, None)
    else:
        owner = weakref.ref(x, lambda _: tangents.pop(key, None))
        tangents[key] = _Tangent(owner, value, x._version, is_root)


def _changes_first(func: Callable) -> bool:
    """Whether the function writes into its first argument."""
    name = func.__name__
    return name == "__setitem__" or name.startswith("__i") or name.endswith("_") and not name.endswith("__")


class _Call:
    """One call with dual arguments, run on copies that are recorded."""

    def __init__(self, func: Callable, args: tuple, kwargs: dict, duals: dict) -> None:
        if kwargs.get("out") is not None:
            raise NotImplementedError(f"{func.__name__}: out= cannot take the tangent of a dual tensor; use the result")
        self.func, self.args, self.kwargs = func, args, kwargs
        self.reverse = rl.is_grad_enabled() and any(
            getattr(x, "requires_grad", False) for x in tree_leaves((args, kwargs))
        )
        with rl.enable_grad():
            self.leaves = [x.view_as(x) if x.requires_grad else x.detach().requires_grad_() for x in duals.values()]
            # Operations in place may not change a leaf.
            self.copies = {key: leaf.clone() for key, leaf in zip(duals, self.leaves, strict=True)}
        self.tangents = [_tangent(x) for x in duals.values()]

    def on_copies(self) -> Any:
        """Return the arguments by position as they were passed, and the result."""
        args, kwargs = tree_map(lambda x: self.copies.get(id(x), x), (self.args, self.kwargs))
        with rl.enable_grad():
            return args, self.func(*args, **kwargs)

    def run(self) -> Any:
        """Return the result with its tangents."""
        _, recorded = self.on_copies()
        outputs = _tensors(recorded)
        if any(y._is_view() for y in outputs):
            result = self.func(*self.args, **self.kwargs)
        else:
            result = (
                recorded
                if self.reverse
                else tree_map(lambda y: y.detach() if isinstance(y, rl.Tensor) else y, recorded)
            )
        for y, tangent in zip(_tensors(result), self.pushed(outputs), strict=True):
            _set_tangent(y, tangent)
        return result

    def pushed(self, outputs: list) -> list:
        """Return the tangents of recorded tensors, None for constant ones."""
        moving = [y for y in outputs if y.requires_grad]
        found = iter(self.along(moving) if moving else [])
        return [next(found) if y.requires_grad else None for y in outputs]

    def along(self, outputs: list) -> list:
        """Return ``J t`` for outputs that depend on the leaves."""
        cotangents = [rl.zeros_like(y, requires_grad=False).requires_grad_() for y in outputs]
        gradients = rl.autograd.grad(outputs, self.leaves, cotangents, create_graph=True, allow_unused=True)
        pairs = [(g, t) for g, t in zip(gradients, self.tangents, strict=True) if g is not None and g.requires_grad]
        if not pairs:
            return [rl.zeros_like(y, requires_grad=False) for y in outputs]
        through, tangents = zip(*pairs, strict=True)
        found = rl.autograd.grad(
            through, cotangents, tangents, retain_graph=True, create_graph=self.reverse, allow_unused=True
        )
        return [rl.zeros_like(y, requires_grad=False) if t is None else t for y, t in zip(outputs, found, strict=True)]


class _InPlace(_Call):
    """A call that writes into its first argument."""

    def __init__(self, func: Callable, args: tuple, kwargs: dict, duals: dict) -> None:
        found = _found(args[0])
        if args[0]._is_view() and not (found and found.is_root):
            raise NotImplementedError(
                f"{func.__name__}: a view cannot be changed in place within forward_ad.dual_level, because the tangent of "
                "its base would be left behind; change the base, or use the form that returns a new tensor"
            )
        super().__init__(func, args, kwargs, duals)
        self.is_root = found is not None and found.is_root
        self.copies.setdefault(id(args[0]), args[0].clone())

    def run(self) -> Any:
        """Change the first argument and its tangent."""
        (changed, *_), _ = self.on_copies()
        target = self.args[0]
        target.copy_(changed if self.reverse else changed.detach())
        _set_tangent(target, self.pushed([changed])[0], self.is_root)
        return target


def _tensors(result: Any) -> list:
    return [y for y in tree_leaves(result) if isinstance(y, rl.Tensor)]


def enter_dual_level() -> int:
    """Enter a level, in which tensors can have tangents; there is one at a time."""
    if _levels:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    _levels.append(_Level())
    _C._push_mode(_levels[-1])
    entered_modes.append(_levels[-1])
    return len(_levels) - 1


def exit_dual_level(*, level: int | None = None) -> None:
    """Leave the level; all tangents are forgotten."""
    if not _levels or level not in (None, len(_levels) - 1):
        raise RuntimeError("Trying to exit a forward AD level that was not the last one that was created")
    entered_modes.remove(_levels.pop())
    _C._pop_mode()


class dual_level:
    """The level of a ``with`` block.

    Tangents follow every operation, also without recording of gradients. Refused: ``out=``, and
    changing views in place.

    >>> from rushlight.autograd import forward_ad
    >>> with forward_ad.dual_level():
    ...     x = forward_ad.make_dual(rl.tensor(3.0), rl.tensor(1.0))
    ...     primal, tangent = forward_ad.unpack_dual(x**2)
    >>> primal, tangent
    (tensor(9.), tensor(6.))
    """

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *exception: object) -> None:
        exit_dual_level()


def make_dual(tensor: "rl.Tensor", tangent: "rl.Tensor", *, level: int | None = None) -> "rl.Tensor":
    """Return a view of ``tensor`` with a tangent of its shape, converted to its dtype."""
    if not _levels:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    for what, x in (("primal", tensor), ("tangent", tangent)):
        if not (x.is_floating_point() or x.is_complex()):
            raise ValueError(f"Expected {what} to be floating point or complex, but got: {x.dtype}")
    if tensor.shape != tangent.shape:
        raise RuntimeError(
            f"make_dual: Expected a tangent of shape {list(tensor.shape)}, but got {list(tangent.shape)}"
        )
    with _C.DisableTorchFunction():
        dual = tensor.view_as(tensor)
    _set_tangent(dual, tangent.to(tensor.dtype), is_root=True)
    return dual


def unpack_dual(tensor: "rl.Tensor", *, level: int | None = None) -> UnpackedDualTensor:
    """Return the tensor without its tangent, and the tangent, None if it has none."""
    tangent = _tangent(tensor)
    if tangent is None:
        return UnpackedDualTensor(tensor, None)
    with _C.DisableTorchFunction():
        return UnpackedDualTensor(tensor.view_as(tensor), tangent)
