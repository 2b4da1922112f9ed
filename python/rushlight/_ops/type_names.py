"""The names of scalar types in PyTorch's texts."""

from rushlight import _C

TYPE_NAMES = {
    _C.bool: "Bool",
    _C.uint8: "Byte",
    _C.int8: "Char",
    _C.int16: "Short",
    _C.int32: "Int",
    _C.int64: "Long",
    _C.uint16: "UInt16",
    _C.uint32: "UInt32",
    _C.uint64: "UInt64",
    _C.float16: "Half",
    _C.bfloat16: "BFloat16",
    _C.float32: "Float",
    _C.float64: "Double",
    _C.complex64: "ComplexFloat",
    _C.complex128: "ComplexDouble",
}


def type_name(dtype):
    """Return PyTorch's name of a scalar type, such as ``Long`` for int64."""
    return TYPE_NAMES.get(dtype, str(dtype))
