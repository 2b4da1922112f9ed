"""Tensors to and from the world outside: NumPy, DLPack, pickle, copy."""

import copy as copying

from rushlight import _C

__all__ = ["METHODS"]


def numpy(self, *, force=False):
    """Return a NumPy array over the same memory; ``force`` detaches and converts what NumPy cannot hold."""
    if force:
        self = self.detach().resolve_conj().resolve_neg()
    return _C._array(self)


def __array__(self, dtype=None, copy=None):
    array = self.numpy()
    converted = array if dtype is None else array.astype(dtype, copy=False)
    if copy is False and converted is not array:
        raise ValueError(f"a tensor of {self.dtype} cannot be an array of {dtype} without a copy")
    return converted.copy() if copy and converted is array else converted


def __array_wrap__(self, array, context=None, return_scalar=False):
    if array.dtype == bool:
        array = array.astype("uint8")
    return _C.from_numpy(array)


CPU = (1, 0)


def __dlpack__(self, *, stream=-1, max_version=None, dl_device=None, copy=None, read_only=False):
    """Return a DLPack capsule over this tensor's memory, of version 1 if ``max_version`` allows it."""
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if stream is not None and type(stream) is not int:
        raise TypeError("stream must be ``int`` or ``none``")
    if stream not in (None, -1):
        raise AssertionError("stream should be None on cpu.")
    if dl_device is not None and (int(dl_device[0]), int(dl_device[1])) != CPU:
        raise BufferError(
            f"cannot export a CPU tensor to the DLPack device {tuple(dl_device)}: the consumer must copy it"
        )
    versioned = max_version is not None and max_version[0] >= 1
    if read_only and not versioned:
        raise BufferError("read_only export requires the versioned DLPack protocol; pass max_version=(1, 0) or higher")
    return _C._to_dlpack(self, versioned, copy is True, read_only)


def __dlpack_device__(self):
    """Return DLPack's type and number of the device this tensor lies on."""
    if self.is_meta:
        raise ValueError("Unknown device type meta for Dlpack")
    from rushlight.utils.dlpack import DLDeviceType

    return (DLDeviceType.kDLCPU, 0)


def __array_namespace__(self, *, api_version=None):
    """Return the module with the functions of the array API standard."""
    if api_version not in (None, "2021.12", "2022.12", "2023.12", "2024.12"):
        raise ValueError(f"unknown version of the array API standard: {api_version!r}")
    from rushlight import _array_api

    return _array_api


def to_device(self, device, /, *, stream=None):
    """Return this tensor on ``device``: the name of the array API standard for ``to``."""
    return self.to(device)


def __deepcopy__(self, memo):
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  "
            "If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, "
            "see https://github.com/pytorch/pytorch/pull/103001"
        )
    if id(self) in memo:
        return memo[id(self)]
    fresh = twin(self, deep_storage(self, memo))
    memo[id(self)] = fresh
    if self.grad is not None:
        fresh.grad = copying.deepcopy(self.grad, memo)
    if self.__dict__:
        fresh.__dict__ = copying.deepcopy(self.__dict__, memo)
    return fresh


def deep_storage(tensor, memo):
    """Return the copy of a tensor's storage, one for all tensors that share it."""
    if tensor.is_meta:
        return None
    storage = tensor.untyped_storage()
    key = ("storage", storage._cdata)
    if key not in memo:
        memo[key] = storage.clone(), storage
    return memo[key][0]


def twin(tensor, storage):
    """Return a tensor of the same class and geometry over another storage."""
    size, stride = list(tensor.shape), list(tensor.stride())
    if storage is None:
        fresh = _C.empty_strided(size, stride, dtype=tensor.dtype, device="meta")
    else:
        fresh = _C._from_storage(storage, tensor.dtype, size, stride, tensor.storage_offset())
    if type(tensor) is not _C.Tensor:
        fresh = _C.Tensor._make_subclass(type(tensor), fresh)
    return fresh.requires_grad_() if tensor.requires_grad else fresh


def __getstate__(self):
    """Return the attributes that a program gave this tensor, None without any."""
    return dict(self.__dict__) or None


def __reduce_ex__(self, protocol):
    from rushlight.serialization.storage import TypedStorage

    attributes = dict(self.__dict__)
    if self.is_meta:
        return _rebuild_meta, (type(self), tuple(self.shape), self.stride(), self.dtype, self.requires_grad, attributes)
    storage = TypedStorage(self.untyped_storage(), self.dtype)
    return _rebuild, (
        type(self),
        storage,
        self.storage_offset(),
        tuple(self.shape),
        self.stride(),
        self.requires_grad,
        attributes,
    )


def _rebuild(cls, storage, offset, size, stride, requires_grad, attributes):
    """Make a tensor of its pickled parts."""
    tensor = _C._from_storage(storage.untyped(), storage.dtype, list(size), list(stride), offset)
    return dressed(tensor, cls, requires_grad, attributes)


def _rebuild_meta(cls, size, stride, dtype, requires_grad, attributes):
    """Make a tensor without data of its pickled parts."""
    return dressed(
        _C.empty_strided(list(size), list(stride), dtype=dtype, device="meta"), cls, requires_grad, attributes
    )


def dressed(tensor, cls, requires_grad, attributes):
    """Return ``tensor`` with the class, the flag and the attributes it was pickled with."""
    if cls is not _C.Tensor:
        tensor = _C.Tensor._make_subclass(cls, tensor)
    tensor.requires_grad = requires_grad
    tensor.__dict__.update(attributes)
    return tensor


METHODS = [
    numpy, __array__, __array_wrap__, __dlpack__, __dlpack_device__, __array_namespace__, to_device, __deepcopy__, __getstate__,
    __reduce_ex__,
]  # fmt: skip
