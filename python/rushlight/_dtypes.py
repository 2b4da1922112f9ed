"""Limits of element types."""

from rushlight import _C

__all__ = ["finfo", "iinfo"]

_FLOATS = {  # bits, explicit mantissa bits, exponent bits
    "float16": (16, 10, 5),
    "bfloat16": (16, 7, 8),
    "float32": (32, 23, 8),
    "float64": (64, 52, 11),
}


def dtype_of(name, type):
    """Return ``type`` if it is a dtype, or raise TypeError."""
    if not isinstance(type, _C.dtype):
        raise TypeError(f"{name}(): argument 'type' (position 1) must be torch.dtype, not {type.__class__.__name__}")
    return type


class finfo:
    """Limits of a floating-point type (of its parts, for a complex one).

    >>> finfo(_C.float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, type=None):
        dtype = dtype_of("finfo", _C.get_default_dtype() if type is None else type)
        real = dtype.to_real() if dtype.is_complex else dtype
        if not real.is_floating_point:
            raise TypeError(
                f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.{real.name}'"
            )
        self.dtype = real.name
        self.bits, mantissa, exponent = _FLOATS[real.name]
        largest = 2 ** (exponent - 1) - 1
        self.eps = 2.0**-mantissa
        self.max = (2.0 - self.eps) * 2.0**largest
        self.min = -self.max
        self.tiny = self.smallest_normal = 2.0 ** (1 - largest)
        digits = int((mantissa) * 0.30102999566398120)
        self.resolution = float(f"1e-{digits}")

    def __repr__(self):
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )

    def __eq__(self, other):
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __hash__(self):
        return hash(("finfo", self.dtype))


class iinfo:
    """Limits of an integer type.

    >>> iinfo(_C.int8).min
    -128
    """

    def __init__(self, type):
        type = dtype_of("iinfo", type)
        if type.is_floating_point or type.is_complex or type is _C.bool:
            raise TypeError(
                f"torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.{type.name}'"
            )
        self.dtype = type.name
        self.bits = type.itemsize * 8
        self.min = -(2 ** (self.bits - 1)) if type.is_signed else 0
        self.max = 2 ** (self.bits - type.is_signed) - 1

    def __repr__(self):
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"

    def __eq__(self, other):
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __hash__(self):
        return hash(("iinfo", self.dtype))
