"""Elementwise arithmetic built from the native rows."""

import math

from rushlight import _C

from . import return_types
from .dimensions import wrap_dim, wrap_dims
from .registry import op


def as_float(input):
    """Return the input in a floating type: whole numbers in the default one."""
    if input.is_floating_point() or input.is_complex():
        return input
    return input.to(_C.get_default_dtype())


@op(inplace=True, out=True)
def deg2rad(input):
    """Return ``input * pi / 180``."""
    return real_input("deg2rad", input) * (math.pi / 180)


@op(inplace=True, out=True)
def rad2deg(input):
    """Return ``input * 180 / pi``."""
    return real_input("rad2deg", input) * (180 / math.pi)


def real_input(name, input):
    """Return a real input in a floating type; ``RuntimeError`` for complex ones."""
    if input.is_complex():
        raise RuntimeError(f"{name} is not supported for complex tensors.")
    return as_float(input)


@op(out=True, aliases=("clip",))
def clamp(input, min=None, max=None):
    """Return ``min(max(input, min), max)``; a bound is a number, a tensor, or None for no bound."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if min is None:
        return _C.clamp_max(input, max)
    return _C.clamp_min(input, min) if max is None else _C._clamp_between(input, min, max)


@op(aliases=("clip_",))
def clamp_(input, min=None, max=None):
    """The in-place form of ``clamp``."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if min is None:
        return input.clamp_max_(max)
    return input.clamp_min_(min) if max is None else _C._clamp_between_(input, min, max)


@op
def conj(input):
    """Return the complex conjugate; real tensors are returned as they are."""
    return _C.conj_physical(input) if input.is_complex() else input


@op(method=False)
def rsub(input, other, *, alpha=1):
    """Return ``other - alpha * input``."""
    if not isinstance(input, _C.Tensor):
        raise TypeError(f"rsub(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    return other - (input if alpha == 1 else input * alpha)


def wide_dtype(*operands):
    """Return complex128 if an operand is complex, else float64."""
    is_complex = any(x.is_complex() if isinstance(x, _C.Tensor) else isinstance(x, complex) for x in operands)
    return _C.complex128 if is_complex else _C.float64


@op(out=True)
def float_power(input, exponent):
    """Return ``input ** exponent`` computed in double precision."""
    dtype = wide_dtype(input, exponent)
    base, exponent = (x.to(dtype) if isinstance(x, _C.Tensor) else x for x in (input, exponent))
    return _C.pow(base, exponent)


@op(function=False)
def float_power_(self, exponent):
    """The in-place form of ``float_power``; the tensor must have the dtype of the result."""
    dtype = wide_dtype(self, exponent)
    if self.dtype != dtype:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {self.dtype} but the operation's result requires dtype {dtype}"
        )
    return self.pow_(exponent.to(dtype) if isinstance(exponent, _C.Tensor) else exponent)


@op(method=False, overload=True, out=True)
def polygamma(n, input):
    """Return the n-th derivative of the digamma function; as a method the order is the argument."""
    return _C.polygamma(input, n)


@op(inplace=True, out=True)
def ldexp(input, other):
    """Return ``input * 2 ** other``; whole exponents may be beyond what a power of two in the type reaches."""
    for position, (name, value) in enumerate((("input", input), ("other", other)), 1):
        if not isinstance(value, _C.Tensor):
            kind = type(value).__name__
            raise TypeError(f"ldexp(): argument '{name}' (position {position}) must be Tensor, not {kind}")
    if input.is_complex() or other.is_floating_point() or other.is_complex():
        return input * _C.pow(2.0, other)
    result = as_float(input)
    other = other.to(_C.int64)
    half = _C.bitwise_right_shift(other, 1)
    scales = [_C.pow(2.0, part.to(_C.float64)) for part in (half, other - half)]
    return (result.to(_C.float64) * scales[0] * scales[1]).to(result.dtype)


@op(out=True)
def frexp(input):
    """Return mantissa in [0.5, 1) and exponent with ``input = mantissa * 2 ** exponent``."""
    if not input.is_floating_point():
        raise RuntimeError(f"torch.frexp() only supports floating-point dtypes, got {input.dtype}")
    wide = input.detach().to(_C.float64).abs()
    regular = _C.isfinite(wide) & (wide != 0)
    subnormal = regular & (wide < 2.0**-1022)
    scaled = _C.where(subnormal, wide * 2.0**54, wide)
    biased = _C.bitwise_right_shift(scaled.view(_C.int64), 52) - 1022
    exponent = _C.where(regular, biased - _C.where(subnormal, 54, 0), 0)
    first = _C.bitwise_right_shift(exponent, 1)
    scale = [_C.pow(2.0, -part.to(_C.float64)) for part in (first, exponent - first)]
    mantissa = (input.to(_C.float64) * scale[0] * scale[1]).to(input.dtype)
    return return_types.frexp((mantissa, exponent.to(_C.int32)))


@op(inplace=True, out=True)
def mvlgamma(input, p):
    """Return ``p (p - 1) / 4 log(pi) + sum_i lgamma(input - i / 2)`` for ``i < p``."""
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    x = as_float(input)
    shifts = _C.arange(p, dtype=x.dtype, device=x.device) / 2
    return _C.lgamma(x.unsqueeze(-1) - shifts).sum(-1) + p * (p - 1) / 4 * math.log(math.pi)


@op(method=False, aliases=("trapz",))
def trapezoid(y, x=None, *, dx=1, dim=-1):
    """Integrate along ``dim`` by the trapezoidal rule, at points ``x`` or at distances ``dx``."""
    return trapezoid_areas(y, x, dx, dim).sum(dim)


@op(method=False)
def cumulative_trapezoid(y, x=None, *, dx=1, dim=-1):
    """Integrate along ``dim`` by the trapezoidal rule up to each point but the first."""
    return trapezoid_areas(y, x, dx, dim).cumsum(dim)


def trapezoid_areas(y, x, dx, dim):
    """Return the area between each pair of neighbours along ``dim``."""
    dim, length = wrap_dim(dim, y.dim()), y.size(dim)
    if x is not None:
        if x.dim() == 0:
            raise RuntimeError("trapezoid: The provided `x` must not be a scalar")
        if x.dim() == 1:
            if x.numel() != length:
                raise RuntimeError("trapezoid: There must be one `x` value for each sample point")
            x = x.reshape([-1 if i == dim else 1 for i in range(y.dim())])
        axis = dim - y.dim()
        dx = x.narrow(axis, 1, x.size(axis) - 1) - x.narrow(axis, 0, x.size(axis) - 1)
    if length < 2:
        return y.narrow(dim, 0, 0) * 1.0
    return (y.narrow(dim, 1, length - 1) + y.narrow(dim, 0, length - 1)) * dx / 2


@op(out="exact")
def diff(input, n=1, dim=-1, prepend=None, append=None):
    """Return the n-th difference of neighbours along ``dim``, with values put before and after first."""
    if input.dim() == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    if n == 0:
        return input.clone()
    parts = [part for part in (prepend, input, append) if part is not None]
    result = _C.cat(parts, dim) if len(parts) > 1 else input
    length = result.size(dim)
    if n >= length:
        return result.narrow(dim, 0, 0).clone()
    for kept in range(length - 1, length - 1 - n, -1):
        later, earlier = result.narrow(dim, 1, kept), result.narrow(dim, 0, kept)
        result = later ^ earlier if result.dtype == _C.bool else later - earlier
    return result


@op(method=False)
def gradient(input, *, spacing=1, dim=None, edge_order=1):
    """Estimate the derivative along each dim by second-order central differences.

    ``spacing`` is one distance, one distance per dim, or the coordinates per dim; ``edge_order`` 1 or 2 the order
    at the ends. Returns a list of tensors of the shape of ``input``.
    """
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    dims = wrap_dims(dim, input.dim())
    spacing = 1 if spacing is None else spacing
    spaced = list(spacing) if isinstance(spacing, (tuple, list)) else [spacing] * len(dims)
    if len(spaced) != len(dims):
        raise RuntimeError(
            f"torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to 'dim' "
            f"({len(dims)}), but got {len(spaced)}"
        )
    if any(input.size(d) <= edge_order for d in dims):
        raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
    return tuple(derivative(input, d, step, edge_order) for d, step in zip(dims, spaced))


def derivative(input, dim, spacing, edge_order):
    """Estimate the derivative along one dim."""
    length = input.size(dim)

    def part(start, count):
        return input.narrow(dim, start, count)

    if isinstance(spacing, _C.Tensor) and spacing.dim():
        if spacing.numel() != length:
            raise RuntimeError("torch.gradient expected each coordinate tensor to have the size of its dimension")
        steps = diff(spacing).reshape([-1 if i == dim else 1 for i in range(input.dim())])
    else:
        shape = [length - 1 if i == dim else 1 for i in range(input.dim())]
        steps = _C.full(shape, 1, dtype=as_float(input).dtype, device=input.device) * spacing

    def h(start, count):
        return steps.narrow(dim, start, count)

    ends = first_order_ends(part, h, length) if edge_order == 1 else second_order_ends(part, h, length)
    if length == 2:
        return _C.cat(ends, dim)
    a, b, inner = h(0, length - 2), h(1, length - 2), length - 2
    middle = (
        part(0, inner) * (-b / (a * (a + b)))
        + part(1, inner) * ((b - a) / (a * b))
        + part(2, inner) * (a / (b * (a + b)))
    )
    return _C.cat([ends[0], middle, ends[1]], dim)


def first_order_ends(part, h, length):
    """Return one-sided differences at both ends."""
    return (part(1, 1) - part(0, 1)) / h(0, 1), (part(length - 1, 1) - part(length - 2, 1)) / h(length - 2, 1)


def second_order_ends(part, h, length):
    """Return one-sided derivatives of the parabola through the three points at each end."""
    a, b = h(0, 1), h(1, 1)
    first = (
        part(0, 1) * (-(2 * a + b) / (a * (a + b)))
        + part(1, 1) * ((a + b) / (a * b))
        + part(2, 1) * (-a / (b * (a + b)))
    )
    a, b = h(length - 3, 1), h(length - 2, 1)
    last = (
        part(length - 3, 1) * (b / (a * (a + b)))
        + part(length - 2, 1) * (-(a + b) / (a * b))
        + part(length - 1, 1) * ((a + 2 * b) / (b * (a + b)))
    )
    return first, last
