"""Second names of native operators, and native operators whose in-place form is a copy of their result."""

from rushlight import _C

from .registry import make_inplace, set_missing

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
    "constant_pad": ("constant_pad_nd",),
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

FUNCTION_ONLY = {"concat", "concatenate", "constant_pad_nd"}

INPLACE = """
    abs neg exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square reciprocal sin cos tan asin acos atan sinh cosh tanh
    asinh acosh atanh erf erfc erfinv lgamma digamma i0 sigmoid relu logit
    floor ceil round trunc frac sign sgn logical_not bitwise_not nan_to_num sinc
    add sub mul div pow remainder fmod floor_divide atan2 hypot copysign nextafter xlogy heaviside gcd lcm
    bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift logical_and logical_or logical_xor
    eq ne lt le gt ge igamma igammac lerp addcmul addcdiv clamp_min clamp_max cumsum cumprod tril triu
    index_put scatter scatter_add scatter_reduce index_add index_copy index_fill put masked_scatter
    addmm baddbmm
""".split()


# Functions that change their first argument: ``rl.sin_(x)`` is ``x.sin_()``.
INPLACE_FUNCTIONS = """
    abs acos acosh addmv arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh ceil clamp clamp_max
    clamp_min clip cos cosh deg2rad detach erf erfc exp exp2 expm1 fill fix floor frac gcd i0 index_put lcm ldexp log
    log10 log1p log2 logit nan_to_num neg negative rad2deg reciprocal relu round rsqrt sigmoid sin sinc sinh sqrt square tan tanh
    trunc xlogy zero
""".split()


def attach_aliases(tensor_class, namespace):
    """Publish the second names and the missing in-place methods of native operators."""
    for name in INPLACE:
        if hasattr(_C, name):
            set_missing(tensor_class, f"{name}_", make_inplace(getattr(_C, name)))
    for name, aliases in ALIASES.items():
        for alias in aliases:
            attach_alias(name, alias, tensor_class, namespace)
    for name in INPLACE_FUNCTIONS:
        if hasattr(tensor_class, f"{name}_"):
            namespace.setdefault(f"{name}_", getattr(tensor_class, f"{name}_"))


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
