"""Comparisons of whole tensors and tests of their kind."""

from rushlight import _C

from .registry import op


@op
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Return where ``|input - other| <= atol + rtol |other|``."""
    if input.dtype != other.dtype:
        raise RuntimeError(f"{input.dtype} did not match {other.dtype}")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if tolerance < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance}")
    close = input == other
    if equal_nan and (input.is_floating_point() or input.is_complex()):
        close = close | ((input != input) & (other != other))
    if rtol == 0 and atol == 0:
        return close
    if not (input.is_floating_point() or input.is_complex()):
        input, other = input.to(_C.get_default_dtype()), other.to(_C.get_default_dtype())
    error = (input - other).abs()
    return close | (_C.isfinite(error) & (error <= atol + (rtol * other).abs()))


@op
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Return whether all elements are close in the sense of ``isclose``."""
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


@op
def equal(input, other):
    """Return whether both tensors have the same shape and elements."""
    if input.dtype != other.dtype:
        raise RuntimeError(
            f"Expected object of data type {input.dtype} but got data type {other.dtype} for argument 'other'"
        )
    return input.shape == other.shape and bool((input == other).all())


@op
def isreal(input):
    """Return where the imaginary part is zero."""
    return input.imag == 0 if input.is_complex() else _C.full_like(input, True, dtype=_C.bool)


@op
def is_nonzero(input):
    """Return the truth of the only element."""
    if input.numel() == 0:
        raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
    if input.numel() > 1:
        raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
    return bool(input.item())


@op
def is_same_size(input, other):
    """Return whether both tensors have the same shape."""
    return input.shape == other.shape


@op(method=False)
def is_tensor(obj):
    """Return whether ``obj`` is a tensor."""
    return isinstance(obj, _C.Tensor)


@op
def is_floating_point(input):
    """Return whether the dtype is a real floating-point type."""
    return input.dtype.is_floating_point


@op
def is_complex(input):
    """Return whether the dtype is complex."""
    return input.dtype.is_complex


@op
def is_signed(input):
    """Return whether the dtype can hold negative numbers."""
    return input.dtype.is_signed


@op
def is_conj(input):
    """Return False: conjugation is never lazy here."""
    return False


@op
def is_neg(input):
    """Return False: negation is never lazy here."""
    return False


@op(method=False, out="exact")
def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """Return where the elements occur among ``test_elements``."""
    if not isinstance(elements, _C.Tensor) and not isinstance(test_elements, _C.Tensor):
        raise TypeError("isin(): one of elements and test_elements must be a tensor")
    if not isinstance(elements, _C.Tensor):
        elements = _C.tensor(elements, device=test_elements.device)
    if not isinstance(test_elements, _C.Tensor):
        return (elements != test_elements) if invert else (elements == test_elements)
    if test_elements.numel() == 0:
        return _C.full_like(elements, invert, dtype=_C.bool)
    ordered, _ = _C.sort(test_elements.flatten())
    place = _C.searchsorted(ordered, elements.contiguous()).clamp(max=ordered.numel() - 1)
    found = ordered[place] == elements
    return ~found if invert else found


@op(method=False, name="_shape_as_tensor")
def shape_as_tensor(input):
    """Return the shape as a vector of int64."""
    return _C.tensor(tuple(input.shape), dtype=_C.int64)
