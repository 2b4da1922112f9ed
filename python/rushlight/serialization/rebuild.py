"""The functions that files name to make tensors and parameters again.

Their names and arguments are PyTorch's (`torch._utils`), so that files go both ways. All
numbers come from a file and are checked against the storage before anything is built.
"""

from collections import OrderedDict

import rushlight as rl

from .excerpt import excerpt
from .storage import STORAGE_TYPES, TypedStorage, dtype_name

__all__ = ["reduce_tensor"]


def _rebuild_tensor(storage, storage_offset, size, stride):
    check_view(storage, storage.dtype, storage_offset, size, stride)
    if storage.is_meta:
        return rl.empty_strided(size, stride, dtype=storage.dtype, device="meta")
    empty = rl.empty(0, dtype=storage.dtype)
    return empty.set_(storage.untyped(), storage_offset, tuple(size), tuple(stride))


def _rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata=None):
    tensor = _rebuild_tensor(storage, storage_offset, size, stride)
    return _finish(tensor, requires_grad, metadata)


def _rebuild_tensor_v3(storage, storage_offset, size, stride, requires_grad, backward_hooks, dtype, metadata=None):
    if not isinstance(dtype, rl.dtype):
        raise RuntimeError(f"load: expected a dtype for a tensor, but got {excerpt(dtype)}")
    storage = TypedStorage(storage.untyped(), dtype, storage.nbytes())
    tensor = _rebuild_tensor(storage, storage_offset, size, stride)
    return _finish(tensor, requires_grad, metadata)


def _finish(tensor, requires_grad, metadata):
    for flag in metadata or ():
        if flag not in ("conj", "neg"):
            raise RuntimeError(f"load: unknown tensor metadata {excerpt(flag)}, expected 'conj' or 'neg'")
    if metadata and metadata.get("conj"):
        tensor = tensor.conj_physical()
    if metadata and metadata.get("neg"):
        tensor = tensor.neg()
    return tensor.requires_grad_(True) if requires_grad else tensor


def _rebuild_parameter(data, requires_grad, backward_hooks):
    return rl.nn.Parameter(data, requires_grad)


def _rebuild_parameter_with_state(data, requires_grad, backward_hooks, state):
    return set_state(rl.nn.Parameter(data, requires_grad), state)


def _rebuild_meta_tensor_no_storage(dtype, size, stride, requires_grad):
    tensor = rl.empty_strided(tuple(size), tuple(stride), dtype=dtype, device="meta")
    return tensor.requires_grad_(True) if requires_grad else tensor


def _rebuild_device_tensor_from_cpu_tensor(data, dtype, device, requires_grad):
    tensor = data.to(dtype=dtype)
    return tensor.requires_grad_(True) if requires_grad else tensor


def _rebuild_device_tensor_from_numpy(data, dtype, device, requires_grad):
    return _rebuild_device_tensor_from_cpu_tensor(rl.from_numpy(data), dtype, device, requires_grad)


def _rebuild_from_type_v2(function, new_type, args, state):
    tensor = function(*args)
    if type(tensor) is not new_type:
        tensor = tensor.as_subclass(new_type)
    if state is None:
        return tensor
    if "__setstate__" in vars(new_type):
        tensor.__setstate__(state)
        return tensor
    return set_state(tensor, state)


def _get_layout(name):
    return rl.strided if name == "torch.strided" else name


def _rebuild_sparse_tensor(layout, data):
    raise RuntimeError(
        "load: the file holds a sparse tensor, which Rushlight does not have. Save `tensor.to_dense()` instead."
    )


def _rebuild_qtensor(*args):
    raise RuntimeError(
        "load: the file holds a quantized tensor, which Rushlight does not have. Save `tensor.dequantize()` instead."
    )


def check_view(storage, dtype, offset, size, stride):
    """Refuse a view that is not wholly inside its storage (`RuntimeError`)."""
    numbers = (offset, *size, *stride)
    if len(size) != len(stride) or any(type(n) is not int or not 0 <= n < 1 << 63 for n in numbers):
        raise RuntimeError(
            f"load: a tensor has size {excerpt(size)}, stride {excerpt(stride)} and storage "
            f"offset {excerpt(offset)}; expected non-negative 64-bit integers, one stride per size"
        )
    available = storage.nbytes() // dtype.itemsize
    needed = offset
    if 0 not in size:
        needed += 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if needed > available:
        raise RuntimeError(
            f"load: a tensor of size {tuple(size)}, stride {tuple(stride)} and storage offset "
            f"{offset} needs {needed} elements of {dtype}, but its storage has {available}. "
            "The file is damaged."
        )


def set_state(obj, state):
    """Set the attributes that `object.__getstate__` gave: a dict, or (dict, slots)."""
    attributes, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
    for part in (attributes or {}, slots or {}):
        if not isinstance(part, dict) or any(str(name).startswith("__") for name in part):
            raise RuntimeError(f"load: invalid state of {type(obj).__name__}: {excerpt(state)}")
    vars(obj).update(attributes or {})
    for name, value in (slots or {}).items():
        setattr(obj, name, value)
    return obj


def reduce_tensor(tensor):
    """`(function, args)` that rebuilds a tensor, with its storage as a `TypedStorage`.

    Hooks are not saved (a warning says so), Python attributes and the subclass are.
    """
    from rushlight.utils.hooks import warn_if_has_hooks

    warn_if_has_hooks(tensor)
    state = tensor.__getstate__()
    if isinstance(tensor, rl.nn.Parameter):
        return _reduce_parameter(tensor, state)
    function, args = reduce_plain(tensor)
    if type(tensor) is rl.Tensor and not state:
        return function, args
    return _rebuild_from_type_v2, (function, type(tensor), args, state)


def _reduce_parameter(tensor, state):
    args = (tensor.data, tensor.requires_grad, OrderedDict())
    if state:
        return _rebuild_parameter_with_state, (*args, state)
    return _rebuild_parameter, args


def reduce_plain(tensor):
    size = tuple(tensor.size())
    if tensor.device.type == "meta":
        args = (tensor.dtype, size, tuple(tensor.stride()), tensor.requires_grad)
        return _rebuild_meta_tensor_no_storage, args
    requires_grad = tensor.requires_grad
    data = tensor.detach().resolve_conj().resolve_neg()
    layout = (data.storage_offset(), size, tuple(data.stride()), requires_grad, OrderedDict())
    if dtype_name(data.dtype) in STORAGE_TYPES:
        return _rebuild_tensor_v2, (TypedStorage(data.untyped_storage(), data.dtype), *layout)
    storage = TypedStorage(data.untyped_storage(), rl.uint8, raw=True)
    return _rebuild_tensor_v3, (storage, *layout, data.dtype)
