"""Operators over lists of tensors, ``_foreach_*``: the operator applied to each tensor in turn."""

from rushlight import _C

from .math import clamp
from .reduce import vector_norm
from .registry import native, op

UNARY = """
    abs acos asin atan ceil cos cosh erf erfc exp expm1 floor frac lgamma log log10 log1p log2 neg reciprocal round
    rsqrt sigmoid sign sin sinh sqrt tan tanh trunc
""".split()
BINARY = "add sub mul div pow".split()
BOUND_SIDE = {"maximum": "min", "clamp_min": "min", "minimum": "max", "clamp_max": "max"}


def spread(values, count):
    """Return one value per tensor from a list of them or from one for all."""
    if not isinstance(values, (tuple, list)):
        return [values] * count
    if len(values) != count:
        raise RuntimeError(f"Tensor lists must have the same number of tensors, got {count} and {len(values)}")
    return values


def over_list(call):
    """Return ``call`` applied to each tensor of the first list, with the further arguments spread likewise."""

    def foreach(tensors, *args, **kwargs):
        rows = [spread(arg, len(tensors)) for arg in args]
        return tuple(call(tensor, *row, **kwargs) for tensor, *row in zip(tensors, *rows))

    return foreach


def publish(name, call, in_place=None):
    """Register ``_foreach_<name>``, and ``_foreach_<name>_`` by the tensors' own in-place form."""
    apply = over_list(in_place or (lambda tensor, *args, **kwargs: getattr(tensor, f"{name}_")(*args, **kwargs)))

    def foreach_(tensors, *args, **kwargs):
        apply(tensors, *args, **kwargs)

    op(over_list(call), name=f"_foreach_{name}", method=False)
    op(foreach_, name=f"_foreach_{name}_", method=False)


def publish_bound(name, side):
    """Register the limits of tensors by numbers or tensors from one side."""
    publish(
        name,
        lambda tensor, bound: clamp(tensor, **{side: bound}),
        lambda tensor, bound: tensor.clamp_(**{side: bound}),
    )


def publish_scaled(name):
    """Register ``addcmul`` or ``addcdiv`` with the factor as last argument."""
    publish(
        name,
        lambda tensor, first, second, value=1: native(name)(tensor, first, second, value=value),
        lambda tensor, first, second, value=1: getattr(tensor, f"{name}_")(first, second, value=value),
    )


for name in UNARY + BINARY:
    publish(name, native(name))
for name, side in BOUND_SIDE.items():
    publish_bound(name, side)
for name in ("addcmul", "addcdiv"):
    publish_scaled(name)
publish("lerp", _C.lerp)
publish("copy", lambda tensor, source: source.to(tensor.dtype).expand(tensor.shape).clone())
publish("zero", lambda tensor: _C.full_like(tensor, 0))


@op(method=False, name="_foreach_norm")
def foreach_norm(tensors, ord=2, dtype=None):
    """Return the vector norm of each tensor."""
    return tuple(vector_norm(tensor, ord, dtype=dtype) for tensor in tensors)
