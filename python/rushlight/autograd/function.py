"""Operations with a backward pass written by the user.

The node of a call is an instance of ``_C._FunctionBase``, and is what the user's methods see as ``ctx``. It gives:

- ``_record(inputs, outputs)``, called once after ``forward``: attaches the node to ``outputs`` and returns them as
  the caller sees them. It reads ``to_save``, ``dirty_tensors``, ``non_differentiable`` and ``materialize_grads``
  from the node. Outputs that are inputs become views, dirty ones are rebased. Without anything to record it only
  counts the versions of dirty tensors.
- ``saved_tensors``: what ``to_save`` held, checked against in-place changes.
- ``_backward(*grads)``, defined here and called by the engine: one gradient or ``None`` per *tensor* input.
- ``name``, ``next_functions``, ``metadata``, ``register_hook``, ``register_prehook`` as on every node.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight import _C
from rushlight._ops.registry import entered_modes

__all__ = ["Function", "FunctionCtx", "InplaceFunction", "once_differentiable"]


class FunctionCtx:
    """What ``forward`` and ``backward`` of one call share."""

    to_save: tuple = ()
    dirty_tensors: tuple = ()
    non_differentiable: tuple = ()
    materialize_grads = True
    needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: "rl.Tensor | None") -> None:
        """Keep inputs, outputs or intermediate tensors for ``backward``, where ``ctx.saved_tensors`` gives them back."""
        for t in tensors:
            if t is not None and not isinstance(t, rl.Tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {tensors.index(t)} is of type "
                    f"{type(t).__name__}"
                )
        self.to_save = tensors

    def save_for_forward(self, *tensors: "rl.Tensor | None") -> None:
        """Keep tensors for ``jvp`` as ``ctx.saved_for_forward``."""
        self.saved_for_forward = tensors

    def mark_dirty(self, *args: "rl.Tensor") -> None:
        """Declare inputs that ``forward`` changed in place; they must be among the outputs."""
        self.dirty_tensors = args

    def mark_non_differentiable(self, *args: "rl.Tensor") -> None:
        """Declare outputs without gradient."""
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether ``backward`` gets zeros (the default) or ``None`` for outputs that nothing depends on."""
        self.materialize_grads = value


class BackwardFunction(_C._FunctionBase, FunctionCtx):
    """The node of one call; ``_forward_cls`` is the user's ``Function``."""

    _forward_cls: type["Function"]
    _is_tensor: tuple[bool, ...] = ()

    def _backward(self, *grads: Any) -> tuple:
        result = self.apply(*grads)
        result = result if isinstance(result, tuple) else (result,)
        expected = len(self._is_tensor)
        if len(result) > expected and any(g is not None for g in result[expected:]):
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {expected}, got "
                f"{len(result)})"
            )
        if len(result) < expected:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {expected}, got "
                f"{len(result)})"
            )
        return tuple(self._checked(i, g) for i, g in enumerate(result[:expected]) if self._checked_is_tensor(i, g))

    def apply(self, *grads: Any) -> Any:
        """Run the user's ``backward`` (or ``vjp``) on gradients of the outputs."""
        return _backward_of(self._forward_cls)(self, *grads)

    def _checked_is_tensor(self, i: int, gradient: Any) -> bool:
        if gradient is not None and not self._is_tensor[i]:
            raise RuntimeError(
                f"function {self.name()} returned a gradient different from None at position {i + 1}, but the "
                "corresponding forward input was not a Variable"
            )
        return self._is_tensor[i]

    def _checked(self, i: int, gradient: Any) -> Any:
        if gradient is not None and not isinstance(gradient, rl.Tensor):
            raise RuntimeError(f"expected Variable or None (got {type(gradient).__name__})")
        return gradient


class FunctionMeta(type):
    """Gives every ``Function`` the class of its nodes, named after it."""

    def __init__(cls, name: str, bases: tuple, attrs: dict) -> None:
        super().__init__(name, bases, attrs)
        cls._backward_cls = type(
            f"{name}Backward", (BackwardFunction,), {"_forward_cls": cls, "__module__": BackwardFunction.__module__}
        )


class Function(metaclass=FunctionMeta):
    """Base of operations with their own derivative.

    A subclass defines static methods: ``forward(ctx, *args)``, or ``forward(*args)`` with
    ``setup_context(ctx, inputs, output)``; and ``backward(ctx, *grad_outputs)``, which returns one gradient or
    ``None`` per argument of ``forward``. It is called through ``apply``.

    >>> class Square(rl.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...     @staticmethod
    ...     def backward(ctx, grad):
    ...         (x,) = ctx.saved_tensors
    ...         return 2 * x * grad
    >>> x = rl.tensor(3.0, requires_grad=True)
    >>> Square.apply(x).backward()
    >>> x.grad
    tensor(6.)
    """

    generate_vmap_rule = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should "
            "invoke them on the class itself."
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs, a tensor or a tuple; recording is off inside."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> None:
        """Save what ``backward`` needs, where ``forward`` takes no ``ctx``."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Return the gradients of the arguments of ``forward`` from those of its outputs."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """Return the tangents of the outputs from those of the arguments; without it ``backward`` gives them."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: tuple, *args: Any) -> Any:
        """Return ``(output, out_dims)`` for arguments batched along ``in_dims``."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or set "
            "generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward`` and record the call."""
        if kwargs or _has_setup_context(cls):
            args = _bound(cls, args, kwargs)
        if _is_batched(args):
            from rushlight.func.batched_function import apply_batched

            return apply_batched(cls, args)
        if entered_modes:
            from rushlight.autograd.forward_ad import apply_function

            return apply_function(cls, args)
        return apply_plain(cls, args)


def apply_plain(cls: type[Function], args: tuple) -> Any:
    """Run ``cls.forward`` on ``args`` and record it as one node."""
    return recorded_call(cls, args)[1]


def recorded_call(cls: type[Function], args: tuple) -> tuple[BackwardFunction, Any]:
    """Return the node of a call, which is its ``ctx``, and what the call returns."""
    ctx = cls._backward_cls()
    ctx._is_tensor = tuple(isinstance(a, rl.Tensor) for a in args)
    ctx.needs_input_grad = tuple(isinstance(a, rl.Tensor) and a.requires_grad for a in args)
    with rl.no_grad():
        if _has_setup_context(cls):
            output = cls.forward(*args)
            cls.setup_context(ctx, args, output)
        else:
            output = cls.forward(ctx, *args)
    outputs = output if isinstance(output, tuple) else (output,)
    positions = [i for i, o in enumerate(outputs) if isinstance(o, rl.Tensor)]
    tensors = tuple(a for a in args if isinstance(a, rl.Tensor))
    recorded = list(outputs)
    for i, t in zip(positions, ctx._record(tensors, tuple(outputs[i] for i in positions)), strict=True):
        recorded[i] = t
    if not isinstance(output, tuple):
        return ctx, recorded[0]
    return ctx, type(output)(*recorded) if hasattr(output, "_fields") else tuple(recorded)


def _has_setup_context(cls: type[Function]) -> bool:
    return cls.setup_context is not Function.setup_context


def _backward_of(cls: type[Function]) -> Callable:
    if cls.backward is not Function.backward and cls.vjp is not Function.vjp:
        raise RuntimeError(
            "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement "
            "one of them."
        )
    return cls.vjp if cls.vjp is not Function.vjp else cls.backward


def _bound(cls: type[Function], args: tuple, kwargs: dict) -> tuple:
    """Return all arguments of ``forward`` in order, defaults included."""
    context = () if _has_setup_context(cls) else (None,)
    bound = inspect.signature(cls.forward).bind(*context, *args, **kwargs)
    bound.apply_defaults()
    if bound.kwargs:
        raise TypeError(f"{cls.__name__}.apply: forward must not have keyword-only parameters, got {[*bound.kwargs]}")
    return bound.args[len(context) :]


def _is_batched(args: tuple) -> bool:
    return any(getattr(type(a), "is_batched_tensor", False) for a in args)


class _Twice(Function):
    """Passes tensors through; its backward raises."""

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        return args

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


def once_differentiable(fn: Callable) -> Callable:
    """Decorate a ``backward`` that must not be differentiated itself: doing so raises ``RuntimeError``."""

    @functools.wraps(fn)
    def wrapper(ctx: Any, *args: Any) -> Any:
        with rl.no_grad():
            outputs = fn(ctx, *args)
        recorded = rl.is_grad_enabled() and any(isinstance(a, rl.Tensor) and a.requires_grad for a in args)
        if not recorded:
            return outputs
        as_tuple = outputs if isinstance(outputs, tuple) else (outputs,)
        marked = _Twice.apply(*(o if o is None else o.detach().requires_grad_() for o in as_tuple))
        return marked if isinstance(outputs, tuple) else marked[0]

    return wrapper


class InplaceFunction(Function):
    """The former base of operations that can change their input."""
