"""Questions about objects, and switches of the process."""

import builtins

from rushlight import _C

__all__ = [
    "is_tensor", "is_storage", "is_floating_point", "is_complex", "is_conj", "is_neg", "is_inference", "is_nonzero", "is_signed", "numel",
    "set_default_device", "set_default_tensor_type", "get_num_interop_threads", "set_num_interop_threads",
    "as_tensor", "asarray", "frombuffer", "from_file",
    "use_deterministic_algorithms", "are_deterministic_algorithms_enabled", "set_float32_matmul_precision",
    "get_float32_matmul_precision", "is_deterministic_algorithms_warn_only_enabled", "is_warn_always_enabled", "set_warn_always",
    "from_dlpack", "to_dlpack", "is_autocast_enabled",
]  # fmt: skip


def is_tensor(obj):
    """Return whether ``obj`` is a Tensor."""
    return isinstance(obj, _C.Tensor)


def is_storage(obj):
    """Return whether ``obj`` is a storage."""
    from rushlight.serialization.storage import TypedStorage

    return isinstance(obj, (_C.UntypedStorage, TypedStorage))


def is_floating_point(input):
    """Return whether the dtype of ``input`` is floating point."""
    return input.is_floating_point()


def is_complex(input):
    """Return whether the dtype of ``input`` is complex."""
    return input.is_complex()


def is_signed(input):
    """Return whether the dtype of ``input`` has a sign."""
    return input.is_signed()


def is_conj(input):
    """Return False: conjugation is always carried out."""
    return False


def is_neg(input):
    """Return False: negation is always carried out."""
    return False


def is_inference(input):
    """Return whether ``input`` was made in inference mode."""
    return input.is_inference()


def is_nonzero(input):
    """Return whether the one element of ``input`` is not zero."""
    return input.is_nonzero()


def numel(input):
    """Return the number of elements of ``input``."""
    return input.numel()


def as_tensor(data, dtype=None, device=None):
    """Return ``data`` as a tensor, sharing memory where it is one already or a NumPy array.

    >>> as_tensor([1, 2])
    tensor([1, 2])
    """
    if isinstance(data, _C.Tensor):
        return data.to(dtype=dtype or data.dtype, device=device or data.device)
    if is_array(data):
        return as_tensor(_C.from_numpy(data), dtype, device)
    return _C.tensor(data, dtype=dtype, device=device)


def is_array(obj):
    """Return whether an object is a NumPy array or describes itself as one; a NumPy scalar is not."""
    return hasattr(obj, "__array_interface__") and hasattr(obj, "__setitem__")


def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=False):
    """Return ``obj`` as a tensor; ``copy=True`` always copies, ``copy=False`` refuses to.

    Tensors, NumPy arrays, objects with ``__dlpack__`` and objects with the buffer protocol share their memory.
    """
    shared = shared_tensor(obj, dtype)
    if shared is None:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        return _C.tensor(obj, dtype=dtype, device=device, requires_grad=requires_grad)
    if copy is False:
        refuse_conversion(shared, dtype, device)
    result = shared.to(dtype=dtype or shared.dtype, device=device or shared.device)
    if copy and result.data_ptr() == shared.data_ptr():
        result = result.clone()
    if requires_grad:
        return (result.detach() if result is obj and not obj.requires_grad else result).requires_grad_()
    return result.detach() if result.requires_grad else result


def shared_tensor(obj, dtype):
    """Return a tensor over the memory of an object, None if it has none to share."""
    if isinstance(obj, _C.Tensor):
        return obj
    if is_array(obj):
        return _C.from_numpy(obj)
    if hasattr(obj, "__dlpack__"):
        return from_dlpack(obj)
    if isinstance(obj, (bytes, bytearray, memoryview)):
        return _C._from_buffer(obj, dtype or _C.get_default_dtype(), -1, 0)
    return None


def refuse_conversion(tensor, dtype, device):
    """Raise ValueError if a dtype or device can only be had by copying."""
    if device is not None and _C.device(device).type != tensor.device.type:
        raise ValueError(f"can't alias tensor from device '{tensor.device}' to '{device}'.")
    if dtype is not None and dtype != tensor.dtype:
        have, want = (
            d.type().removeprefix("torch.").removesuffix("Tensor") for d in (tensor, _C.empty(0, dtype=dtype))
        )
        raise ValueError(f"can't alias tensor with dtype '{have}' into dtype '{want}'.")


def frombuffer(buffer, *, dtype, count=-1, offset=0, requires_grad=False):
    """Return a 1-d tensor over the memory of an object with the buffer protocol.

    >>> frombuffer(bytearray(b"ab"), dtype=_C.uint8)
    tensor([97, 98], dtype=torch.uint8)
    """
    result = _C._from_buffer(buffer, dtype, count, offset)
    return result.requires_grad_() if requires_grad else result


def from_file(filename, shared=False, size=0, *, dtype=None, layout=None, device=None, requires_grad=False):
    """Return a 1-d tensor over a file mapped into memory; changes reach the file if ``shared``."""
    import mmap

    dtype = _C.get_default_dtype() if dtype is None else dtype
    with builtins.open(filename, "r+b" if shared else "rb") as file:
        access = mmap.ACCESS_WRITE if shared else mmap.ACCESS_COPY
        mapped = mmap.mmap(file.fileno(), size * dtype.itemsize, access=access)
    return frombuffer(mapped, dtype=dtype, count=size, requires_grad=requires_grad)


def from_dlpack(ext_tensor, *, device=None, copy=None):
    """Return a tensor over the memory of an object with ``__dlpack__``, or of a DLPack capsule.

    ``copy=True`` asks for memory of its own. Read-only memory gives a tensor that cannot be changed in place.

    >>> x = _C.arange(3)
    >>> y = from_dlpack(x)
    >>> y[0] = 7
    >>> x
    tensor([7, 1, 2])
    """
    if not hasattr(ext_tensor, "__dlpack__"):
        result = _C._from_dlpack(ext_tensor)
        return result.clone() if copy else result
    result = _C._from_dlpack(dlpack_capsule(ext_tensor, {} if copy is None else {"copy": copy}))
    return result if device is None else result.to(device)


def dlpack_capsule(producer, options):
    """Ask for a capsule of version 1, then, from an older producer, for one without a version."""
    for version in ({"max_version": (1, 0)}, {}):
        try:
            return producer.__dlpack__(**version, **options)
        except TypeError as error:
            refusal = error
    raise refusal


def to_dlpack(tensor):
    """Return a DLPack capsule over the memory of ``tensor``."""
    return tensor.__dlpack__()


def set_default_device(device):
    """Make factories put tensors on ``device`` by default."""
    _C._set_default_device(device)


def set_default_tensor_type(t):
    """Set the default dtype by the name of a legacy tensor type, ``torch.DoubleTensor``."""
    name = t if isinstance(t, str) else getattr(t, "__name__", str(t))
    dtypes = {
        "HalfTensor": _C.float16,
        "FloatTensor": _C.float32,
        "DoubleTensor": _C.float64,
        "BFloat16Tensor": _C.bfloat16,
    }
    _C.set_default_dtype(dtypes[name.rpartition(".")[2]])


def get_num_interop_threads():
    """Return 1: operations run one after another."""
    return 1


def set_num_interop_threads(num):
    """Accepted for compatibility: operations run one after another."""


_settings = {"deterministic": False, "warn_only": False, "matmul_precision": "highest", "warn_always": False}


def use_deterministic_algorithms(mode, *, warn_only=False):
    """Record the wish; every algorithm here is deterministic."""
    _settings.update(deterministic=mode, warn_only=warn_only)


def are_deterministic_algorithms_enabled():
    """Return what `use_deterministic_algorithms` set."""
    return _settings["deterministic"]


def is_deterministic_algorithms_warn_only_enabled():
    """Return what `use_deterministic_algorithms` set."""
    return _settings["warn_only"]


def set_float32_matmul_precision(precision):
    """Record the wish; float32 products are always computed in float32."""
    if precision not in ("highest", "high", "medium"):
        raise RuntimeError(f"set_float32_matmul_precision: {precision!r} is not one of 'highest', 'high', or 'medium'")
    _settings["matmul_precision"] = precision


def get_float32_matmul_precision():
    """Return what `set_float32_matmul_precision` set."""
    return _settings["matmul_precision"]


def set_warn_always(b):
    """Record whether warnings that appear once should always appear."""
    _settings["warn_always"] = b


def is_warn_always_enabled():
    """Return what `set_warn_always` set."""
    return _settings["warn_always"]


def is_autocast_enabled(device_type="cuda"):
    """Return whether `autocast` is on for a device: without one CUDA is meant, as in PyTorch, and it never is."""
    from rushlight import amp

    return amp.is_autocast_enabled(device_type)
