"""Rushlight: deep learning, image loading and learned compression in one small, fast package.

The names, signatures and results are PyTorch's:

>>> import rushlight as rl
>>> x = rl.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

import math as _math

from rushlight import _C
from rushlight._size import Size

_C.Size = Size

from rushlight._dtypes import finfo, iinfo  # noqa: E402

_C.finfo, _C.iinfo = finfo, iinfo

from rushlight import _function_pickles, _ops, _public, _tensor  # noqa: E402, F401

__version__ = "0.1.0"

Tensor = _C.Tensor
dtype, device, layout, memory_format = _C.dtype, _C.device, _C.layout, _C.memory_format
UntypedStorage = _C.UntypedStorage

bool = _C.bool
uint8, uint16, uint32, uint64 = _C.uint8, _C.uint16, _C.uint32, _C.uint64
int8, int16, int32, int64 = _C.int8, _C.int16, _C.int32, _C.int64
short, int, long = _C.int16, _C.int32, _C.int64
float16, bfloat16, float32, float64 = _C.float16, _C.bfloat16, _C.float32, _C.float64
half, float, double = _C.float16, _C.float32, _C.float64
complex64, complex128 = _C.complex64, _C.complex128
cfloat, cdouble = _C.complex64, _C.complex128
strided, sparse_coo, sparse_csr, jagged = _C.strided, _C.sparse_coo, _C.sparse_csr, _C.jagged
contiguous_format, preserve_format = _C.contiguous_format, _C.preserve_format
channels_last, channels_last_3d = _C.channels_last, _C.channels_last_3d

pi, e, inf, nan = _math.pi, _math.e, _math.inf, _math.nan
newaxis = None

globals().update(_public.native_functions())
_tensor.attach(Tensor)
_ops.attach(Tensor, globals())
_public.attach_deferred_methods(Tensor)

from rushlight._random import *  # noqa: E402, F403
from rushlight._services import *  # noqa: E402, F403
from rushlight.autograd.grad_mode import (  # noqa: E402
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
)


def __getattr__(name: str):
    if name in _public.SUBMODULES:
        import importlib

        return importlib.import_module(f"rushlight.{name}")
    value = _public.lazy(name)
    if name in _public.LAZY:
        globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_public.SUBMODULES, *_public.LAZY})
