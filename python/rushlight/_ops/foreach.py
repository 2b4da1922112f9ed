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


def into_list(call):
    """Return the in-place form: each result is written into its tensor."""
    apply = over_list(lambda tensor, *args, **kwargs: tensor.copy_(call(tensor, *args, **kwargs)))

    def foreach(tensors, *args, **kwargs):
        apply(tensors, *args, **kwargs)

    return foreach


def publish(name, call):
    """Register ``_foreach_<name>`` and ``_foreach_<name>_``."""
    op(over_list(call), name=f"_foreach_{name}", method=False)
    op(into_list(call), name=f"_foreach_{name}_", method=False)


def bounded(side):
    """Return the limit of a tensor by numbers or tensors from one side."""
    return lambda tensor, bound: clamp(tensor, **{side: bound})


def scaled(native):
    """Return ``addcmul`` or ``addcdiv`` with the factor as last argument."""
    return lambda tensor, first, second, value=1: native(tensor, first, second, value=value)


for name in UNARY + BINARY:
    publish(name, native(name))
for name, side in BOUND_SIDE.items():
    publish(name, bounded(side))
publish("addcmul", scaled(_C.addcmul))
publish("addcdiv", scaled(_C.addcdiv))
publish("lerp", _C.lerp)
publish("copy", lambda tensor, source: source.to(tensor.dtype).expand(tensor.shape).clone())
publish("zero", lambda tensor: _C.full_like(tensor, 0))


@op(method=False, name="_foreach_norm")
def foreach_norm(tensors, ord=2, dtype=None):
    """Return the vector norm of each tensor."""
    return tuple(vector_norm(tensor, ord, dtype=dtype) for tensor in tensors)
