"""Tensors with a hidden batch dimension.

A ``BatchedTensor`` stands for one sample while it holds all of them: ``value`` has one dimension more, number ``bdim``.
Every call on it arrives at ``__torch_function__``, which unwraps the innermost level of ``vmap`` among the arguments
and hands the call to the rule of the operation; the rule calls the operation on the values, and so on for outer levels.
Gradients are recorded on the values, below all batching.
"""

from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight import _C
from rushlight.utils._pytree import tree_flatten, tree_map


class BatchedTensor(rl.Tensor):
    """One sample of ``value`` along ``bdim``, inside the ``vmap`` of number ``level``.

    The tensor itself is a data-less one of the sample's shape and dtype: it answers what needs no data.
    """

    is_batched_tensor = True
    value: "rl.Tensor"
    bdim: int
    level: int

    @classmethod
    def __torch_function__(cls, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        return dispatch(func, args, kwargs or {})

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are recorded for the value."""
        return self.value.requires_grad

    @requires_grad.setter
    def requires_grad(self, on: bool) -> None:
        self.value.requires_grad = on

    def requires_grad_(self, requires_grad: bool = True) -> "BatchedTensor":
        """Record gradients for the value."""
        self.value.requires_grad_(requires_grad)
        return self

    @property
    def grad(self) -> "BatchedTensor | None":
        """The gradient of the value, of the same level."""
        return None if self.value.grad is None else self._like(self.value.grad)

    @property
    def data(self) -> "BatchedTensor":
        """The value without its graph."""
        return self._like(self.value.data)

    def detach_(self) -> "BatchedTensor":
        """Take the value out of its graph."""
        self.value.detach_()
        return self

    def register_hook(self, hook: Callable) -> Any:
        """Call ``hook`` with the gradient of the value, of the same level; it may return another one."""

        def on_value(gradient: "rl.Tensor") -> "rl.Tensor | None":
            result = hook(self._like(gradient))
            return result.value if is_batched(result, self.level) else result

        return self.value.register_hook(on_value)

    def retain_grad(self) -> None:
        """Keep the gradient of the value."""
        self.value.retain_grad()

    def is_contiguous(self, **options: Any) -> bool:
        """Return whether the samples lie in memory one after another."""
        return front(self).is_contiguous(**options)

    def stride(self, dim: int | None = None) -> Any:
        """Return the strides of a sample."""
        strides = list(self.value.stride())
        del strides[self.bdim]
        return tuple(strides) if dim is None else strides[dim]

    def _like(self, value: "rl.Tensor") -> "BatchedTensor":
        return wrap(value, self.bdim, self.level)

    def __repr__(self, **_: Any) -> str:
        return f"BatchedTensor(lvl={self.level}, bdim={self.bdim}, value=\n    {self.value!r}\n)"


def _attach() -> None:
    """Answer from the value what the data-less tensor would get wrong, and send factories through the rules."""
    for name in "device is_leaf grad_fn is_meta is_cpu is_cuda is_inference retains_grad output_nr _version".split():
        setattr(BatchedTensor, name, property(lambda self, _name=name: getattr(self.value, _name)))
    for name in ("new_zeros", "new_ones", "new_empty", "new_full"):
        method = getattr(rl.Tensor, name)
        call = lambda self, *args, _method=method, **kwargs: dispatch(_method, (self, *args), kwargs)  # noqa: E731
        setattr(BatchedTensor, name, call)


def wrap(value: "rl.Tensor", bdim: int, level: int) -> BatchedTensor:
    """Return the sample tensor of ``value`` along ``bdim``."""
    shape = list(value.shape)
    bdim %= len(shape)
    del shape[bdim]
    tensor = rl.Tensor._make_subclass(BatchedTensor, rl.empty(shape, dtype=value.dtype, device="meta"))
    tensor.__dict__.update(value=value, bdim=bdim, level=level)
    return tensor


def is_batched(x: Any, level: int | None = None) -> bool:
    """Return whether ``x`` carries a batch dimension, of ``level`` if given."""
    return isinstance(x, BatchedTensor) and level in (None, x.level)


def front(x: BatchedTensor) -> "rl.Tensor":
    """Return the value of ``x`` with the batch dimension first."""
    return x.value if x.bdim == 0 else x.value.movedim(x.bdim, 0)


def batch_at(x: "rl.Tensor", level: int, size: int) -> BatchedTensor:
    """Return ``x`` as a tensor with a batch dimension at ``level``, repeated along it where it has none."""
    if is_batched(x, level):
        return x
    if is_batched(x) and x.level > level:
        return wrap(batch_at(x.value, level, size), x.bdim, x.level)
    return wrap(x.unsqueeze(0).expand(size, *x.shape), 0, level)


def innermost(x: Any) -> Any:
    """Return the tensor below all batch dimensions."""
    while is_batched(x):
        x = x.value
    return x


class Call:
    """A call with batched arguments, of which those of the highest ``level`` are to be unwrapped."""

    def __init__(self, func: Callable, name: str, args: tuple, kwargs: dict, batched: list[BatchedTensor]) -> None:
        self.func, self.name, self.args, self.kwargs = func, name, args, kwargs
        self.level = max(x.level for x in batched)
        owner = next(x for x in batched if x.level == self.level)
        self.size = owner.value.shape[owner.bdim]
        self.in_place = name.endswith("_") and not name.endswith("__")

    def is_batched(self, x: Any) -> bool:
        """Return whether ``x`` has the batch dimension of this call."""
        return is_batched(x, self.level)

    def only_first(self) -> bool:
        """Return whether the first argument alone is batched."""
        rest = tree_flatten((self.args[1:], self.kwargs))[0]
        return self.is_batched(self.args[0]) and not any(map(self.is_batched, rest))

    def expanded(self, x: "rl.Tensor") -> "rl.Tensor":
        """Return the value with the batch dimension first, repeated for a tensor that has none."""
        return front(x) if self.is_batched(x) else x.unsqueeze(0).expand(self.size, *x.shape)

    def wrap(self, out: Any, bdim: int = 0) -> Any:
        """Return ``out`` with its tensors wrapped along ``bdim``."""
        return tree_map(lambda x: wrap(x, bdim, self.level) if isinstance(x, rl.Tensor) else x, out)


# Operations whose answer depends on shape and dtype only.
_METADATA = frozenset(
    "shape dtype ndim dim size numel nelement itemsize layout element_size is_floating_point is_complex is_signed __len__ "
    "is_sparse is_quantized is_nested is_mkldnn names type is_same_size ndimension _is_zerotensor".split()
)
_NEEDS_DATA = {
    "item": "calling .item() on a Tensor. We don't support vmap over calling .item() on a Tensor, please try to rewrite "
    "what you're doing with other operations.",
    "__bool__": "attempting to use a Tensor in some data-dependent control flow. We don't support that yet, please use "
    "where() instead.",
}
_NEEDS_DATA |= {
    name: _NEEDS_DATA["item"] for name in "tolist numpy __float__ __int__ __index__ __complex__ __array__".split()
}
_NEEDS_DATA |= {name: _NEEDS_DATA["__bool__"] for name in "__contains__ equal allclose is_nonzero".split()}


def operation_name(func: Callable) -> str:
    """Return the name of what is called: of the property for a getter, of the operation for an operator."""
    name = getattr(func, "__name__", "")
    if name in ("__get__", "__set__", "__delete__"):
        attribute = func.__self__.__name__
        return attribute if name == "__get__" else f"{name}{attribute}"
    if name.startswith("__i") and name[3:-2] in _OPERATORS:
        return _OPERATORS[name[3:-2]] + "_"
    if name.startswith("__"):
        core = name[2:-2]
        return _OPERATORS.get(core) or _OPERATORS.get(core.removeprefix("r")) or name
    return name


_OPERATORS = {
    name: name for name in "add sub mul pow eq ne lt le gt ge neg abs matmul lshift rshift floordiv mod divmod".split()
}
_OPERATORS |= {"truediv": "div", "div": "div", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor"}
_OPERATORS |= {"invert": "bitwise_not", "floordiv": "floor_divide", "mod": "remainder", "pos": "positive"}
_OPERATORS |= {"lshift": "bitwise_left_shift", "rshift": "bitwise_right_shift"}


def dispatch(func: Callable, args: tuple, kwargs: dict) -> Any:
    """Run ``func`` on arguments of which some are batched."""
    from rushlight.func.rules import RULES, loop

    name = operation_name(func)
    if name in _METADATA:
        with _C.DisableTorchFunctionSubclass():
            return func(*args, **kwargs)
    if name in _NEEDS_DATA:
        raise RuntimeError(f"vmap: It looks like you're {_NEEDS_DATA[name]}")
    batched = [x for x in tree_flatten((args, kwargs))[0] if isinstance(x, BatchedTensor)]
    if kwargs.get("out") is not None:
        raise RuntimeError(f"vmap: {name}: out= is not supported inside of vmap, use the returned tensor")
    call = Call(func, name, args, kwargs, batched)
    rule = RULES.get(name) or RULES.get(name.rstrip("_") if call.in_place else name)
    out = NotImplemented if rule is None else rule(call)
    return loop(call) if out is NotImplemented else out


_attach()
