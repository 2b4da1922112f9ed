"""What the native Tensor class gets from Python: conversions, gradients, printing."""

import functools
import threading

from rushlight import _C, _exchange, _layouts, _storage
from rushlight._ops.dimensions import require_ints
from rushlight._ops.type_names import type_name

__all__ = ["attach"]


class RemovableHook:
    """Takes a hook off a tensor again."""

    def __init__(self, tensor, number):
        self.tensor, self.number = tensor, number

    def remove(self):
        """Remove the hook; a second call does nothing."""
        if self.tensor is not None:
            self.tensor._remove_hook(self.number)
            self.tensor = None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.remove()


def register_hook(self, hook):
    """Call ``hook(grad)`` whenever the gradient of this tensor is computed; its result, if any, replaces it."""
    return RemovableHook(self, self._register_hook(hook))


def register_post_accumulate_grad_hook(self, hook):
    """Call ``hook(self)`` after a gradient was added to this leaf's ``grad``."""
    return RemovableHook(self, self._register_leaf_hook(hook))


def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Add the gradients of this tensor with respect to the leaves of its graph to their ``grad``."""
    from rushlight.autograd import backward as run

    run(self, gradient, retain_graph, create_graph, inputs=inputs)


def to(self, *args, **kwargs):
    """Return this tensor with another dtype, device or memory format: itself if nothing changes."""
    dtype, device, copies, memory_format = parse_to(*args, **kwargs)
    return converted(self, dtype, device, copies, memory_format)


def parse_to(*args, dtype=None, device=None, non_blocking=False, copy=False, memory_format=None, other=None):
    """Read the calling forms of ``to``: (dtype), (device, dtype), (other), each followed by non_blocking, copy."""
    rest = list(args)
    while rest:
        arg = rest.pop(0)
        if isinstance(arg, _C.Tensor):
            dtype, device = arg.dtype, arg.device
        elif isinstance(arg, _C.dtype):
            dtype = arg
        elif isinstance(arg, bool):
            _non_blocking, copy = arg, (rest.pop(0) if rest else copy)
        elif isinstance(arg, _C.memory_format):
            memory_format = arg
        elif arg in (float, int, complex):
            dtype = {float: _C.float64, int: _C.int64, complex: _C.complex128}[arg]
        elif isinstance(arg, (str, _C.device, int)):
            device = arg
        elif arg is not None:
            raise TypeError(f"to() received an invalid combination of arguments - got {type(arg).__name__}")
    if other is not None:
        dtype, device = other.dtype, other.device
    return dtype, device, copy, memory_format


def converted(self, dtype, device, copies, memory_format):
    """Return ``self`` with the changes that are asked for."""
    result = self
    if device is not None:
        device = device if isinstance(device, _C.device) else _C.device(device)
        if device.type != self.device.type:
            result = _C._to_device(result, device)
    if dtype is not None and dtype != result.dtype:
        result = _C._to_dtype(result, dtype)
    if memory_format is not None and memory_format != _C.preserve_format:
        result = result.contiguous(memory_format=memory_format)
    if copies and result is self:
        result = self.clone()
    return result


def type_(self, dtype=None, non_blocking=False, **kwargs):
    """Return the name of this tensor's type, or this tensor converted to ``dtype``."""
    if dtype is None:
        return f"torch.{TYPE_NAMES[self.dtype]}Tensor"
    if isinstance(dtype, str):
        names = {f"torch.{name}Tensor": d for d, name in TYPE_NAMES.items()}
        if dtype not in names:
            raise ValueError(f"invalid type: '{dtype}'")
        dtype = names[dtype]
    return self.to(getattr(dtype, "dtype", dtype))


TYPE_NAMES = {
    _C.bool: "Bool", _C.uint8: "Byte", _C.int8: "Char", _C.int16: "Short", _C.int32: "Int", _C.int64: "Long",
    _C.float16: "Half", _C.bfloat16: "BFloat16", _C.float32: "Float", _C.float64: "Double",
    _C.complex64: "ComplexFloat", _C.complex128: "ComplexDouble",
    _C.uint16: "UInt16", _C.uint32: "UInt32", _C.uint64: "UInt64",
}  # fmt: skip

CONVERSIONS = {
    "bool": _C.bool, "byte": _C.uint8, "char": _C.int8, "short": _C.int16, "int": _C.int32, "long": _C.int64,
    "half": _C.float16, "bfloat16": _C.bfloat16, "float": _C.float32, "double": _C.float64,
    "cfloat": _C.complex64, "cdouble": _C.complex128,
}  # fmt: skip


def conversion(name, dtype):
    """Return the method that converts to ``dtype``."""

    def convert(self, memory_format=None):
        return converted(self, dtype, None, False, memory_format)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"Return this tensor as {dtype}."
    return convert


def cpu(self, memory_format=None):
    """Return this tensor in main memory."""
    return converted(self, None, "cpu", False, memory_format)


def cuda(self, device=None, non_blocking=False, memory_format=None):
    """Raise: there is no CUDA device."""
    return self.to("cuda")


def __repr__(self, *, tensor_contents=None):
    from rushlight._print import tensor_str

    return tensor_str(self, tensor_contents)


def __format__(self, spec):
    if self.dim() == 0 and not self.is_meta and type(self) is _C.Tensor:
        return self.item().__format__(spec)
    if spec:
        raise TypeError(f"unsupported format string passed to {type(self).__name__}.__format__")
    return str(self)


def __iter__(self):
    if self.dim() == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(self.unbind(0))


def __reversed__(self):
    return self if self.dim() == 0 else self.flip(0)


def __contains__(self, element):
    if isinstance(element, (_C.Tensor, int, float, bool, complex)):
        return bool((element == self).any().item())
    raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")


def untyped_storage(self):
    """Return the block of memory this tensor lies in."""
    return _C._storage(self)


def storage(self):
    """Return the memory this tensor lies in as elements of its dtype."""
    from rushlight.serialization.storage import TypedStorage

    return TypedStorage(_C._storage(self), self.dtype)


def share_memory_(self):
    """Move the elements to memory that other processes see."""
    from rushlight.multiprocessing import sharing

    return sharing.share_memory_(self)


def is_shared(self):
    """Whether the elements lie in memory that other processes see."""
    from rushlight.multiprocessing import sharing

    return sharing.is_shared(self)


def set_(self, source=None, storage_offset=0, size=None, stride=None):
    """Let this tensor stand for other memory."""
    if source is None:
        return self._become(_C.empty(0, dtype=self.dtype))
    if isinstance(source, _C.Tensor) and source.dtype != self.dtype:
        raise RuntimeError(
            f"Could not set tensor of type {type_name(source.dtype)} to a tensor of type {type_name(self.dtype)}"
        )
    if isinstance(source, _C.Tensor) and size is None:
        return self._become(source)
    storage = (
        source.untyped_storage() if hasattr(source, "untyped_storage") else getattr(source, "_untyped_storage", source)
    )
    if not hasattr(storage, "nbytes"):
        raise TypeError(
            f"set_(): argument 'source' (position 1) must be Storage or Tensor, not {type(source).__name__}"
        )
    if size is None:
        size = (storage.nbytes() // self.itemsize - storage_offset,)
    require_ints("size", size)
    require_ints("stride", stride)
    size = (size,) if isinstance(size, int) else tuple(size)
    if stride is None:
        stride, step = [], 1
        for n in reversed(size):
            stride.insert(0, step)
            step *= max(n, 1)
    return self._become(_C._from_storage(storage, self.dtype, list(size), list(stride), storage_offset))


def layout_change(name):
    """Return the in-place form of a view, which changes this tensor's own shape."""

    @functools.wraps(getattr(_C.Tensor, name, None) or (lambda self: None))
    def change(self, *args, **kwargs):
        if self.requires_grad and self.is_leaf and _C.is_grad_enabled():
            raise RuntimeError(
                f"{name}_: a leaf Variable that requires grad is being used in an in-place operation. "
                f"Use .{name}(), or work inside torch.no_grad()."
            )
        return self._become(getattr(self, name)(*args, **kwargs))

    change.__name__ = change.__qualname__ = f"{name}_"
    return change


def grad_fn(self):
    """The node that made this tensor, or None for a leaf."""
    return _C._grad_fn(self)


def map_(self, other, call):
    """Replace every element by ``call(element, element of other)``."""
    return self.copy_(
        _C.tensor(
            [call(a, b) for a, b in zip(self.reshape(-1).tolist(), other.expand_as(self).reshape(-1).tolist())],
            dtype=self.dtype,
        ).reshape(self.shape)
    )


def apply_(self, call):
    """Replace every element by ``call(element)``."""
    if self.requires_grad:
        raise RuntimeError("Can't call apply_() on Variable that requires grad. Use var.detach().apply_() instead.")
    return self.copy_(_C.tensor([call(v) for v in self.reshape(-1).tolist()], dtype=self.dtype).reshape(self.shape))


@classmethod
def __torch_function__(cls, func, types, args=(), kwargs=None):
    """Call ``func`` and give its tensor results this subclass: what a subclass inherits."""
    if not all(issubclass(cls, t) for t in types):
        return NotImplemented
    outer = getattr(_CALLED, "function", None)
    # A function of ours does not ask again while subclasses are disabled.
    if outer is func:
        raise TypeError(
            f"PyTorch's {getattr(func, '__name__', func)} got a rushlight.Tensor: convert it by torch.as_tensor(tensor); "
            'transforms of images make PyTorch\'s tensors after rushlight.image.transforms.set_framework("torch")'
        )
    _CALLED.function = func
    try:
        with _C.DisableTorchFunctionSubclass():
            result = func(*args, **(kwargs or {}))
    finally:
        _CALLED.function = outer
    return result if getattr(func, "__name__", "") in KEEP_CLASS else as_class(result, cls)


_CALLED = threading.local()

KEEP_CLASS = {"item", "tolist", "numpy", "detach_", "__bool__"}


def as_class(result, cls):
    """Convert tensors, also inside tuples and lists, to a subclass."""
    if isinstance(result, _C.Tensor):
        return result.as_subclass(cls) if type(result) is _C.Tensor else result
    if isinstance(result, (tuple, list)) and not hasattr(result, "_fields"):
        return type(result)(as_class(r, cls) for r in result)
    return result


def map2_(self, x, y, call):
    """Replace every element by ``call(element, element of x, element of y)``."""
    others = (t.expand_as(self).reshape(-1).tolist() for t in (x, y))
    values = [call(a, b, c) for a, b, c in zip(self.reshape(-1).tolist(), *others)]
    return self.copy_(_C.tensor(values, dtype=self.dtype).reshape(self.shape))


def __rdiv__(self, other):
    """Return ``other / self``."""
    return self.reciprocal() * other


def constant_method(name, value):
    """Return a method that always answers ``value``."""

    def answer(self, *args, **kwargs):
        return value

    answer.__name__ = answer.__qualname__ = name
    return answer


def itself(self, *args, **kwargs):
    """Return this tensor."""
    return self


METHODS = [
    register_hook, register_post_accumulate_grad_hook, backward, to, cpu, cuda, untyped_storage, storage, share_memory_, is_shared, set_, map_, apply_,
    __repr__, __format__, __iter__, __reversed__, __contains__, map2_, *_exchange.METHODS, *_layouts.METHODS,
]  # fmt: skip
FLAGS = "is_cuda is_mps is_xpu is_xla is_sparse is_sparse_csr is_quantized is_mkldnn is_nested is_ipu is_vulkan is_maia is_mtia".split()
ANSWERS = {
    "is_conj": False,
    "is_neg": False,
    "is_pinned": False,
    "is_distributed": False,
    "is_coalesced": False,
}
LAYOUT_CHANGES = ["squeeze", "unsqueeze", "transpose", "t", "swapaxes", "swapdims", "as_strided"]


def attach(tensor_class):
    """Give the native class its Python attributes."""
    for method in METHODS:
        setattr(tensor_class, method.__name__, method)
    for name, dtype in CONVERSIONS.items():
        setattr(tensor_class, name, conversion(name, dtype))
    for name in FLAGS:
        setattr(tensor_class, name, property(lambda self: False))
    for name, value in ANSWERS.items():
        setattr(tensor_class, name, constant_method(name, value))
    for name in ("resolve_conj", "resolve_neg", "coalesce", "pin_memory", "positive"):
        setattr(tensor_class, name, itself)
    for name in LAYOUT_CHANGES:
        setattr(tensor_class, f"{name}_", layout_change(name))
    tensor_class.type = type_
    tensor_class.grad_fn = property(grad_fn)
    tensor_class.nelement = tensor_class.numel
    tensor_class.ndimension = tensor_class.dim
    tensor_class._backward_hooks = tensor_class._post_accumulate_grad_hooks = None
    tensor_class.name = property(lambda self: None)
    tensor_class.volatile = property(lambda self: False)
    tensor_class._cdata = property(id)
    tensor_class._grad, tensor_class._grad_fn = tensor_class.grad, tensor_class.grad_fn
    tensor_class._is_zerotensor = constant_method("_is_zerotensor", False)
    tensor_class._typed_storage = storage
    tensor_class.const_data_ptr = tensor_class.data_ptr
    tensor_class.__div__, tensor_class.__rdiv__ = tensor_class.__truediv__, __rdiv__
    tensor_class.__idiv__ = tensor_class.__itruediv__
    tensor_class.__long__, tensor_class.__nonzero__ = tensor_class.__int__, tensor_class.__bool__
    tensor_class.storage_type = constant_method("storage_type", None)
    tensor_class.get_device = constant_method("get_device", -1)
    tensor_class.__torch_function__ = __torch_function__
    tensor_class.__array_priority__ = 1000
    tensor_class.__module__ = "rushlight"
    _storage.attach(_C.UntypedStorage)
