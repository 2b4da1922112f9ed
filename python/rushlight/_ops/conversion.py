"""Conversions between dtypes and devices by name."""

from rushlight import _C

from .registry import op

NAMED = {
    "bfloat16": _C.bfloat16,
    "bool": _C.bool,
    "byte": _C.uint8,
    "cdouble": _C.complex128,
    "cfloat": _C.complex64,
    "char": _C.int8,
    "double": _C.float64,
    "float": _C.float32,
    "half": _C.float16,
    "int": _C.int32,
    "long": _C.int64,
    "short": _C.int16,
}


def to_dtype(dtype):
    """Return the method that converts to one dtype."""

    def convert(self, memory_format=None):
        return self.to(dtype) if memory_format is None else self.to(dtype, memory_format=memory_format)

    convert.__doc__ = f"Convert to {dtype}; the tensor itself when it has that dtype."
    return convert


for name, dtype in NAMED.items():
    op(to_dtype(dtype), name=name, function=False)


@op(function=False)
def cpu(self, memory_format=None):
    """Return the tensor in main memory."""
    return self.to("cpu") if memory_format is None else self.to("cpu", memory_format=memory_format)


@op(function=False)
def cuda(self, device=None, non_blocking=False, memory_format=None):
    """Raise: tensors live in main memory."""
    raise RuntimeError(
        "Tensor.cuda: no CUDA device is available, tensors live on device 'cpu'; use .to('cpu') or .cpu()"
    )
