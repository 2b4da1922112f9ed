"""Custom functions under ``vmap``."""

from types import SimpleNamespace
from typing import Any

import rushlight as rl
from rushlight.autograd.function import Function, _has_setup_context
from rushlight.func.batched import BatchedTensor, front, is_batched, wrap
from rushlight.func.rules.random import entered, randomness
from rushlight.utils._pytree import _broadcast_to_and_flatten, tree_flatten, tree_map


def apply_batched(cls: type[Function], args: tuple) -> Any:
    """Apply ``cls`` to batched arguments: by its ``vmap`` method, or by running its methods on batched tensors."""
    batched = [x for x in tree_flatten(args)[0] if isinstance(x, BatchedTensor)]
    level = max(x.level for x in batched)
    owner = next(x for x in batched if x.level == level)
    size = owner.value.shape[owner.bdim]
    if cls.vmap is not Function.vmap:
        return _by_rule(cls, args, level, size)
    if not cls.generate_vmap_rule:
        raise RuntimeError(
            f"You tried to vmap over {cls.__name__}, but it does not have vmap support. Please override and implement the "
            "vmap staticmethod or set generate_vmap_rule=True."
        )
    return _generated(cls, args, level, size)


def _by_rule(cls: type[Function], args: tuple, level: int, size: int) -> Any:
    info = SimpleNamespace(batch_size=size, randomness=randomness(level))
    dims = tree_map(lambda x: x.bdim if is_batched(x, level) else None, args)
    values = tree_map(lambda x: x.value if is_batched(x, level) else x, args)
    out, out_dims = cls.vmap(info, dims, *values)
    leaves, spec = tree_flatten(out)
    flat_dims = _broadcast_to_and_flatten(out_dims, spec, is_leaf=lambda d: d is None)
    return spec.unflatten(x if d is None else wrap(x, d, level) for x, d in zip(leaves, flat_dims, strict=True))


def _generated(cls: type[Function], args: tuple, level: int, size: int) -> Any:
    """Record the batch as one call of a function whose methods wrap the values and run those of ``cls`` inside."""
    kind = randomness(level)
    is_input_batched = [is_batched(x, level) for x in args]

    def wrapped(x: Any, batched: bool = True) -> Any:
        return wrap(x, 0, level) if batched and isinstance(x, rl.Tensor) else x

    def whole(x: Any) -> Any:
        if not isinstance(x, rl.Tensor):
            return x
        return front(x) if is_batched(x, level) else x.unsqueeze(0).expand(size, *x.shape)

    class Batch(cls):
        vmap = Function.vmap
        generate_vmap_rule = True

        @staticmethod
        def forward(ctx: Any, *values: Any) -> Any:
            inner = _InnerContext(ctx, whole, wrapped)
            ctx.inner = inner
            samples = tuple(wrapped(v, b) for v, b in zip(values, is_input_batched, strict=True))
            with entered(level, size, kind):
                if _has_setup_context(cls):
                    out = cls.forward(*samples)
                    cls.setup_context(inner, samples, out)
                else:
                    out = cls.forward(inner, *samples)
                return inner.finish(out, samples, values)

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:
            with entered(level, size, kind):
                found = cls.backward(ctx.inner, *(wrapped(g) for g in grads))
                found = found if isinstance(found, tuple) else (found,)
                return tuple(_reduced(whole, g, b) for g, b in zip(found, is_input_batched, strict=False))

    Batch.setup_context = Function.setup_context
    values = tuple(front(x) if is_batched(x, level) else x for x in args)
    return tree_map(wrapped, Batch.apply(*values))


def _reduced(whole: Any, gradient: Any, batched: bool) -> Any:
    """Return the gradient of an input; that of one shared by all samples is their sum."""
    if gradient is None:
        return None
    return whole(gradient) if batched else whole(gradient).sum(0)


class _InnerContext:
    """What the methods of the user's function see as ``ctx``: it saves values and gives batched tensors back."""

    def __init__(self, ctx: Any, whole: Any, wrapped: Any) -> None:
        self._ctx, self._whole, self._wrapped = ctx, whole, wrapped
        self._saved: tuple = ()
        self._dirty: tuple = ()
        self._constant: tuple = ()

    @property
    def needs_input_grad(self) -> tuple:
        return self._ctx.needs_input_grad

    @property
    def saved_tensors(self) -> tuple:
        return tuple(self._wrapped(v, b) for v, b in zip(self._ctx.saved_tensors, self._is_batched, strict=True))

    def save_for_backward(self, *tensors: Any) -> None:
        self._saved = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        self.saved_for_forward = tensors

    def mark_dirty(self, *args: Any) -> None:
        self._dirty = args

    def mark_non_differentiable(self, *args: Any) -> None:
        self._constant = args

    def set_materialize_grads(self, value: bool) -> None:
        self._ctx.set_materialize_grads(value)

    def finish(self, out: Any, samples: tuple, values: tuple) -> Any:
        """Return the outputs as values, and tell the real context what the user told this one."""
        known = {id(s): v for s, v in zip(samples, values, strict=True)}

        def value(x: Any) -> Any:
            if id(x) not in known:
                known[id(x)] = self._whole(x)
            return known[id(x)]

        result = tree_map(value, out)
        self._is_batched = [isinstance(x, BatchedTensor) for x in self._saved]
        self._ctx.save_for_backward(*(value(x) if isinstance(x, BatchedTensor) else x for x in self._saved))
        self._ctx.mark_dirty(*map(value, self._dirty))
        self._ctx.mark_non_differentiable(*map(value, self._constant))
        self._saved = self._dirty = self._constant = ()
        return result
