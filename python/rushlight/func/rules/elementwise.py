"""Operations on corresponding entries: batch dimensions first, samples broadcast against each other behind them."""

from typing import Any

import rushlight as rl
from rushlight import _C
from rushlight.func.batched import Call, front
from rushlight.utils._pytree import tree_flatten, tree_map


def elementwise(call: Call) -> Any:
    """Align the samples at their last dimensions and call the operation once."""
    if _asks_for_layout(call):
        return NotImplemented
    tensors = [x for x in tree_flatten((call.args, call.kwargs))[0] if isinstance(x, rl.Tensor)]
    rank = max(x.dim() for x in tensors)
    if call.in_place:
        _check_in_place(call, tensors, rank)
    promoted = _promoted(call, tensors)

    def value(x: Any) -> Any:
        if not isinstance(x, rl.Tensor):
            return x
        aligned = align(front(x), x.dim(), rank) if call.is_batched(x) else x
        return aligned if promoted is None or x.dim() > 0 or x.dtype == rl.bool else aligned.to(promoted)

    out = call.func(*tree_map(value, call.args), **tree_map(value, call.kwargs))
    return call.args[0] if call.in_place else call.wrap(out)


def _asks_for_layout(call: Call) -> bool:
    formats = [a for a in (*call.args, *call.kwargs.values()) if isinstance(a, rl.memory_format)]
    return any(f in (rl.channels_last, rl.channels_last_3d) for f in formats)


def align(value: "rl.Tensor", dims: int, rank: int) -> "rl.Tensor":
    """Insert dimensions of size one behind the batch dimension, from ``dims`` to ``rank`` of them."""
    return value[(slice(None), *[None] * (rank - dims))] if dims < rank else value


def _check_in_place(call: Call, tensors: list, rank: int) -> None:
    target = call.args[0]
    if not call.is_batched(target) or target.dim() < rank:
        raise RuntimeError(
            f"vmap: inplace arithmetic(self, *extra_args) is not possible for {call.name}: self has shape "
            f"{tuple(target.shape)} and is {'' if call.is_batched(target) else 'not '}batched, and another argument "
            "has more elements than self. Use the out-of-place operation."
        )


def _promoted(call: Call, tensors: list) -> Any:
    """Return the dtype to which scalars must be cast where batching, which gives them a dimension, would change it."""
    mixed = len({x.dtype for x in tensors}) > 1
    if call.in_place or not mixed or not any(x.dim() == 0 and call.is_batched(x) for x in tensors):
        return None
    with _C.DisableTorchFunctionSubclass():
        dtype = tensors[0].dtype
        for a, b in zip(tensors, tensors[1:], strict=False):
            dtype = rl.promote_types(dtype, rl.result_type(a, b))
    largest = [x for x in tensors if x.dim() > 0] or tensors
    kinds = {_category(x.dtype) for x in tensors}
    return largest[0].dtype if len(kinds) == 1 and len({x.dtype for x in largest}) == 1 else dtype


def _category(dtype: Any) -> int:
    return 2 if dtype.is_complex else 1 if dtype.is_floating_point else 0


def masked_fill(call: Call) -> Any:
    """``x.masked_fill(mask, value)``; a batched value makes it a choice between two tensors."""
    x, mask, value = (*call.args, *call.kwargs.values())[:3]
    if not call.is_batched(value):
        return elementwise(call)
    out = rl.where(mask, value.to(x.dtype), x)
    return x.copy_(out) if call.in_place else out


_UNARY = """
abs absolute neg negative positive exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square reciprocal sin cos tan asin acos
atan arcsin arccos arctan sinh cosh tanh asinh acosh atanh arcsinh arccosh arctanh erf erfc erfinv lgamma digamma polygamma
i0 i0e i1 i1e sigmoid relu relu6 gelu silu mish elu selu celu leaky_relu hardtanh hardsigmoid hardswish hardshrink softshrink
threshold softplus log_sigmoid logsigmoid softsign tanhshrink logit expit floor ceil round trunc fix frac sign sgn signbit
isnan isinf isfinite isneginf isposinf isreal logical_not bitwise_not conj conj_physical resolve_conj resolve_neg angle
nan_to_num sinc ndtri log_ndtr ndtr erfcx deg2rad rad2deg mvlgamma clone contiguous to float double half bfloat16 int long
short char byte bool cfloat cdouble cpu type real imag view_as_real view_as_complex zeros_like ones_like full_like empty_like
detach detach_ requires_grad_ zero_ fill_ fill special_digamma special_erf special_erfc special_erfinv special_exp2
special_expm1 special_expit special_gammaln special_i0 special_i0e special_i1 special_i1e special_log1p special_log_ndtr
special_logit special_ndtr special_ndtri special_psi special_round special_sinc special_entr entr special_erfcx gammaln psi
special_bessel_j0 special_bessel_j1 special_bessel_y0 special_bessel_y1 special_modified_bessel_k0 special_modified_bessel_k1
special_scaled_modified_bessel_k0 special_scaled_modified_bessel_k1 special_airy_ai
tril triu _chebyshev linalg_ldl_factor_ex linalg_inv inverse linalg_det det linalg_cholesky cholesky linalg_inv_ex linalg_qr qr
linalg_svd svd linalg_svdvals linalg_eigh linalg_eigvalsh linalg_eig linalg_eigvals linalg_slogdet slogdet logdet adjoint mT mH data alias
"""
_BINARY = """
add sub subtract mul multiply div divide true_divide pow float_power remainder fmod floor_divide maximum minimum fmax fmin
atan2 arctan2 hypot copysign nextafter logaddexp logaddexp2 xlogy special_xlogy special_xlog1py heaviside gcd lcm bitwise_and
bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift logical_and logical_or logical_xor eq ne not_equal lt less le
less_equal gt greater ge greater_equal igamma igammac special_zeta complex polar rsub ldexp isclose rsub_scalar
where lerp addcmul addcdiv clamp clamp_min clamp_max clip copy_ type_as prelu_kernel
"""
ELEMENTWISE = dict.fromkeys((_UNARY + _BINARY).split(), elementwise)
ELEMENTWISE["masked_fill"] = masked_fill
