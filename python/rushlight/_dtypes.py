"""Limits of element types."""

from rushlight import _C

__all__ = ["finfo", "iinfo"]

_FLOATS = {  # bits, explicit mantissa bits, exponent bits
    "float16": (16, 10, 5),
    "bfloat16": (16, 7, 8),
    "float32": (32, 23, 8),
    "float64": (64, 52, 11),
}


# Dtypes of PyTorch that nothing here computes with, by bytes per element.
ABSENT_NAMES = {
    "complex32": 4,
    "float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2": 1,
    "qint8 quint8 quint4x2 quint2x4 bits8 int1 int2 int3 int4 int5 int6 int7 uint1 uint2 uint3 uint4 uint5 uint6 uint7": 1,
    "bits16": 2,
    "qint32": 4,
}

_SMALL_FLOATS = {  # eps, largest, smallest normal
    "float8_e4m3fn": (0.125, 448.0, 2.0**-6),
    "float8_e4m3fnuz": (0.125, 240.0, 2.0**-7),
    "float8_e5m2": (0.25, 57344.0, 2.0**-14),
    "float8_e5m2fnuz": (0.25, 57344.0, 2.0**-15),
}


class AbsentDtype:
    """The name of a dtype that Rushlight does not compute with; tensors of it cannot be made."""

    def __init__(self, name, itemsize):
        self.name, self.itemsize = name, itemsize
        self.is_floating_point, self.is_complex = name.startswith("float"), name.startswith("complex")
        self.is_signed = not name.startswith(("u", "qu", "bits"))

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return self.name


def dtype_of(name, type):
    """Return ``type`` if it is a dtype, or raise TypeError."""
    if not isinstance(type, _C.dtype | AbsentDtype):
        raise TypeError(f"{name}(): argument 'type' (position 1) must be torch.dtype, not {type.__class__.__name__}")
    return type


class finfo:
    """Limits of a floating-point type (of its parts, for a complex one).

    >>> finfo(_C.float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, type=None):
        dtype = dtype_of("finfo", _C.get_default_dtype() if type is None else type)
        if dtype.is_complex and dtype.name == "complex32":
            dtype = _C.float16
        real = dtype.to_real() if dtype.is_complex else dtype
        if not real.is_floating_point:
            raise TypeError(
                f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.{real.name}'"
            )
        self.dtype = real.name
        if real.name in _SMALL_FLOATS:
            self.bits, self.resolution = 8, 1.0
            self.eps, self.max, self.tiny = _SMALL_FLOATS[real.name]
            self.min, self.smallest_normal = -self.max, self.tiny
            return
        if real.name not in _FLOATS:
            raise NotImplementedError(f"finfo(): Rushlight does not know the limits of torch.{real.name}")
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
        if type.is_floating_point or type.is_complex or type is _C.bool or isinstance(type, AbsentDtype):
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
