"""What the transforms require of their signals: dtype, length and normalization."""

from rushlight import _C
from rushlight._ops.dimensions import wrap_dim
from rushlight._ops.type_names import type_name

UNSCALED, BY_ROOT, BY_LENGTH = 0, 1, 2


def scaling(norm, forward):
    """Return the row's code for the factor of a transform: 1, ``1 / sqrt(n)`` or ``1 / n``."""
    if norm is None or norm == "backward":
        return UNSCALED if forward else BY_LENGTH
    if norm == "forward":
        return BY_LENGTH if forward else UNSCALED
    if norm == "ortho":
        return BY_ROOT
    raise RuntimeError(f'Invalid normalization mode: "{norm}"')


def real_signal(name, input, message="expects a real input tensor"):
    """Return a real signal in a floating type; complex ones raise."""
    if input.is_complex():
        raise TypeError(f"{name} {message}, but got {type_name(input.dtype)}")
    return without_half(input if input.is_floating_point() else input.to(_C.get_default_dtype()))


def complex_signal(input):
    """Return the signal in a complex type."""
    if input.is_complex():
        return input
    input = real_signal("fft", input)
    return input.to(_C.complex128 if input.dtype == _C.float64 else _C.complex64)


def without_half(input):
    """Raise for the types that no transform is written for; autocast runs transforms in float32."""
    if input.dtype not in (_C.float16, _C.bfloat16):
        return input
    if _C._get_autocast() is None:
        raise NotImplementedError(f"Unsupported dtype {type_name(input.dtype)}")
    return input.to(_C.float32)


def wrap_signal_dim(dim, ndim):
    """Return ``dim`` counted from the front; a number has no dimension to transform."""
    if ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return wrap_dim(dim, ndim)


def check_length(n):
    """Raise unless a transform of ``n`` points exists."""
    if n < 1:
        raise RuntimeError(f"Invalid number of data points ({n}) specified")


def fitted(input, lengths):
    """Return the signal cut, or padded with zeros, to ``lengths[dim]`` in each dim that is a key."""
    for dim, n in lengths.items():
        if input.size(dim) > n:
            input = input.narrow(dim, 0, n)
    padding = [0] * (2 * input.dim())
    for dim, n in lengths.items():
        padding[2 * (input.dim() - 1 - dim) + 1] = n - input.size(dim)
    return _C.constant_pad(input, padding, 0) if any(padding) else input
