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

    def __repr__(self, **_: Any) -> str:
        return f"BatchedTensor(lvl={self.level}, bdim={self.bdim}, value=\n    {self.value!r}\n)"


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
# Questions to the tensor below.
_OF_VALUE = frozenset(
    "device is_meta is_cuda is_cpu requires_grad is_leaf grad_fn is_inference is_conj is_neg retains_grad _version "
    "is_shared output_nr is_mps is_xpu".split()
)
_NEEDS_DATA = {
    "item": "calling .item() on a Tensor. We don't support vmap over calling .item() on a Tensor, please try to rewrite "
    "what you're doing with other operations.",
    "__bool__": "attempting to use a Tensor in some data-dependent control flow. We don't support that yet, please use "
    "where() instead.",
}
_NEEDS_DATA |= {name: _NEEDS_DATA["item"] for name in "tolist numpy __float__ __int__ __index__ __complex__ __array__".split()}
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
    if name in _OF_VALUE:
        return func(args[0].value)
    if name in _NEEDS_DATA:
        raise RuntimeError(f"vmap: It looks like you're {_NEEDS_DATA[name]}")
    batched = [x for x in tree_flatten((args, kwargs))[0] if isinstance(x, BatchedTensor)]
    if kwargs.get("out") is not None:
        raise RuntimeError(f"vmap: {name}: out= is not supported inside of vmap, use the returned tensor")
    call = Call(func, name, args, kwargs, batched)
    rule = RULES.get(name) or RULES.get(name.rstrip("_") if call.in_place else name)
    out = NotImplemented if rule is None else rule(call)
    return loop(call) if out is NotImplemented else out
