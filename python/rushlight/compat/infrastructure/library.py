"""``torch.library``: operators written in Python, called by object or as ``torch.ops.NAMESPACE.NAME``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from rushlight import Tensor, autograd
from rushlight.compat.absent import attributes

__all__ = [
    "CustomOpDef",
    "Library",
    "custom_op",
    "define",
    "impl",
    "register_autograd",
    "register_fake",
    "register_kernel",
]

__getattr__ = attributes(
    "torch.library",
    frozenset("get_kernel opcheck register_torch_dispatch register_vmap triton_op wrap_triton".split()),
    "Rushlight's operators have no kernels for other devices, transforms or compilers to register",
)

registered: dict[str, CustomOpDef] = {}
"""Every operator defined here, by its full name ``namespace::name``."""

_AUTOGRAD_FOLLOWS = ("", "CompositeImplicitAutograd")
_COMPUTES = ("CPU", "CompositeExplicitAutograd")


class CustomOpDef:
    """An operator: a kernel, an optional backward formula, an optional rule for tensors without data (device "meta").

    The kernel runs without recording; a backward pass that reaches an operator without a formula raises
    NotImplementedError naming it.
    """

    def __init__(self, name: str, fn: Callable | None = None, follows: bool = False) -> None:
        if name.count("::") != 1:
            raise ValueError(f"custom_op: the name must be 'namespace::name', got {name!r}")
        self.name = name
        self.follows = follows
        self.kernel, self.fake, self.backward, self.setup = fn, None, None, None
        registered[name] = self

    def __repr__(self) -> str:
        return f"<CustomOpDef({self.name})>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.kernel is None:
            raise NotImplementedError(f"{self.name}: the operator is defined but has no implementation")
        if self.follows:
            return self.kernel(*args, **kwargs)
        bound = inspect.signature(self.kernel).bind(*args, **kwargs)
        bound.apply_defaults()
        return _Recorded.apply(self, bound.kwargs, *bound.args)

    @property
    def default(self) -> CustomOpDef:
        """The overload without a name: the operator itself."""
        return self

    def compute(self, args: tuple, kwargs: dict) -> Any:
        """Run the kernel, or for tensors without data the rule for them."""
        if any(isinstance(value, Tensor) and value.device.type == "meta" for value in args):
            if self.fake is None:
                raise NotImplementedError(f"{self.name}: no rule for tensors without data; add one with register_fake")
            return self.fake(*args, **kwargs)
        return self.kernel(*args, **kwargs)

    def register_autograd(self, backward: Callable, /, *, setup_context: Callable | None = None) -> None:
        """Give ``backward(ctx, *grads)`` and ``setup_context(ctx, inputs, output)``."""
        self.backward, self.setup = backward, setup_context

    def register_fake(self, fn: Callable, /) -> Callable:
        """Give the function that makes empty results of the right shape and dtype."""
        self.fake = fn
        return fn

    def register_kernel(self, device_types: str | Iterable[str] | None, fn: Callable | None = None, /) -> Callable:
        """Give the kernel for ``device_types``; only "cpu" (or None for all) is ever used. Works as a decorator."""
        if fn is None:
            return lambda decorated: self.register_kernel(device_types, decorated)
        if device_types is None or "cpu" in ([device_types] if isinstance(device_types, str) else device_types):
            self.kernel = fn
        return fn


class _Recorded(autograd.Function):
    """An operator's call as a node of the graph."""

    @staticmethod
    def forward(ctx: Any, op: CustomOpDef, kwargs: dict, *args: Any) -> Any:
        ctx.op = op
        output = op.compute(args, kwargs)
        if op.setup is not None:
            keywords = {"keyword_only_inputs": kwargs} if kwargs else {}
            op.setup(ctx, inputs=args, output=output, **keywords)
        return output

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple:
        if ctx.op.backward is None:
            raise NotImplementedError(f"{ctx.op.name}: no backward formula; add one with register_autograd")
        found = ctx.op.backward(ctx, *grads)
        return (None, None, *(found if isinstance(found, tuple) else (found,)))


def custom_op(
    name: str,
    fn: Callable | None = None,
    /,
    *,
    mutates_args: str | Iterable[str],
    device_types: str | Iterable[str] | None = None,
    schema: str | None = None,
    tags: Any = None,
) -> Any:
    """Make a function an operator named ``namespace::name``; a decorator when ``fn`` is left out.

    ``mutates_args``, ``schema`` and ``tags`` inform compilers and are not needed here.
    """
    if fn is None:
        return lambda decorated: CustomOpDef(name, decorated)
    return CustomOpDef(name, fn)


def find(op: str | CustomOpDef) -> CustomOpDef:
    """Return the operator of that name; raises RuntimeError when there is none."""
    if isinstance(op, CustomOpDef):
        return op
    if op not in registered:
        raise RuntimeError(f"torch.library: there is no operator {op!r}; define it with torch.library.custom_op")
    return registered[op]


def register_autograd(
    op: str | CustomOpDef, backward: Callable, /, *, setup_context: Callable | None = None, lib: Any = None
) -> None:
    """`CustomOpDef.register_autograd` by name."""
    find(op).register_autograd(backward, setup_context=setup_context)


def register_fake(op: str | CustomOpDef, func: Callable | None = None, /, **options: Any) -> Callable:
    """`CustomOpDef.register_fake` by name, also before the operator is defined; a decorator without ``func``."""
    known = CustomOpDef(op) if isinstance(op, str) and op not in registered else find(op)
    return known.register_fake if func is None else known.register_fake(func)


impl_abstract = register_fake


def register_kernel(
    op: str | CustomOpDef, device_types: str | Iterable[str] | None, func: Callable | None = None, /, *, lib: Any = None
) -> Callable:
    """`CustomOpDef.register_kernel` by name; a decorator when ``func`` is left out."""
    return find(op).register_kernel(device_types, func)


def define(qualname: str, schema: str, *, lib: Any = None, tags: Any = ()) -> None:
    """Define an operator to be given its kernel by `impl`."""
    CustomOpDef(qualname)


def impl(qualname: str, types: str | Iterable[str], func: Callable | None = None, *, lib: Any = None) -> Callable:
    """`register_kernel` under its older name; "default" stands for all devices."""
    return register_kernel(qualname, None if types == "default" else types, func)


class Library:
    """A namespace whose operators are defined by schema and implemented by dispatch key."""

    def __init__(self, ns: str, kind: str, dispatch_key: str = "") -> None:
        self.ns, self.kind, self.dispatch_key = ns, kind, dispatch_key

    def define(self, schema: str, alias_analysis: str = "", *, tags: Any = ()) -> str:
        """Define the operator of ``schema`` (``name(arguments) -> results``) and return its name."""
        name = schema.partition("(")[0].strip()
        CustomOpDef(f"{self.ns}::{name}")
        return name

    def impl(self, op_name: str | CustomOpDef, fn: Callable, dispatch_key: str = "", **options: Any) -> None:
        """Give the function for ``dispatch_key``: none or CompositeImplicitAutograd (recorded inside), CPU, Meta.

        Raises NotImplementedError for other keys.
        """
        op = find(op_name if isinstance(op_name, CustomOpDef) or "::" in op_name else f"{self.ns}::{op_name}")
        key = dispatch_key or self.dispatch_key
        if key == "Meta":
            op.fake = fn
        elif key in _COMPUTES or key in _AUTOGRAD_FOLLOWS:
            op.kernel, op.follows = fn, key in _AUTOGRAD_FOLLOWS
        else:
            raise NotImplementedError(
                f"torch.library.Library.impl: {op.name} for dispatch key {key!r}; Rushlight has CPU and Meta"
            )
