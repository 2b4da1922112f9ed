"""Second names of native operators, and the in-place operators that are functions too."""

from rushlight import _C

from .registry import set_missing

ALIASES = {
    "abs": ("absolute",),
    "acos": ("arccos",),
    "acosh": ("arccosh",),
    "asin": ("arcsin",),
    "asinh": ("arcsinh",),
    "atan": ("arctan",),
    "atan2": ("arctan2",),
    "atanh": ("arctanh",),
    "cat": ("concat", "concatenate"),
    "div": ("divide", "true_divide"),
    "ge": ("greater_equal",),
    "gt": ("greater",),
    "le": ("less_equal",),
    "lt": ("less",),
    "mul": ("multiply",),
    "ne": ("not_equal",),
    "neg": ("negative",),
    "sub": ("subtract",),
    "transpose": ("swapaxes", "swapdims"),
    "trunc": ("fix",),
}

FUNCTION_ONLY = {"concat", "concatenate"}

# Functions that change their first argument: ``rl.sin_(x)`` is ``x.sin_()``.
INPLACE_FUNCTIONS = """
    abs acos acosh addmv arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh ceil clamp clamp_max
    clamp_min clip conj_physical cos cosh deg2rad detach erf erfc exp exp2 expm1 fill fix floor frac gcd i0 index_put lcm ldexp log
    log10 log1p log2 logit nan_to_num neg negative rad2deg reciprocal relu round rsqrt sigmoid sin sinc sinh sqrt square tan tanh
    threshold trunc xlogy zero
""".split()


def attach_aliases(tensor_class, namespace):
    """Publish the second names of native operators and the in-place functions."""
    for name, aliases in ALIASES.items():
        for alias in aliases:
            attach_alias(name, alias, tensor_class, namespace)
    for name in INPLACE_FUNCTIONS:
        namespace.setdefault(f"{name}_", getattr(_C, f"{name}_", None) or getattr(tensor_class, f"{name}_"))


def attach_alias(name, alias, tensor_class, namespace):
    """Publish ``alias`` wherever ``name`` is: as function, as method and in place."""
    call = namespace.get(name) or getattr(_C, name, None)
    if call is None:
        return
    namespace.setdefault(alias, call)
    if alias in FUNCTION_ONLY:
        return
    for suffix in ("", "_"):
        if hasattr(tensor_class, name + suffix):
            set_missing(tensor_class, alias + suffix, getattr(tensor_class, name + suffix))
