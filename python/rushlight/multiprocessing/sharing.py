"""Memory that several processes see: anonymous files, which vanish with their last user."""

import mmap
import os
import tempfile
import weakref

import rushlight as rl
from rushlight.serialization.storage import TypedStorage, map_buffer, tensor_memory

# Address of a shared storage -> its file descriptor. An entry lives as long as the mapping.
_descriptors = {}


def anonymous_file(nbytes):
    """The descriptor of a new file of `nbytes` that has no name."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("rushlight", os.MFD_CLOEXEC)
    else:
        descriptor, path = tempfile.mkstemp()
        os.unlink(path)
    os.ftruncate(descriptor, nbytes)
    return descriptor


def map_shared(descriptor, nbytes):
    """A storage over a shared file. Takes over the descriptor."""
    mapping = mmap.mmap(descriptor, nbytes)
    storage = map_buffer(mapping, 0, nbytes)
    _descriptors[storage.data_ptr()] = descriptor
    weakref.finalize(mapping, _forget, storage.data_ptr(), os.getpid())
    return storage


def _forget(address, owner):
    if owner == os.getpid():
        os.close(_descriptors.pop(address))


def shared_descriptor(storage):
    """The descriptor behind a `TypedStorage`, or None when its memory is private."""
    return _descriptors.get(storage.data_ptr())


def is_shared(tensor):
    """Whether a tensor's data lies in memory that child processes share."""
    return tensor.untyped_storage().data_ptr() in _descriptors


def share_memory_(tensor):
    """Move a tensor's data to memory that child processes share; returns the tensor.

    Other tensors over the old storage keep the old memory.

    >>> import rushlight as rl
    >>> rl.multiprocessing.share_memory_(rl.ones(2))
    tensor([1., 1.])
    """
    if tensor.numel() == 0 or is_shared(tensor):
        return tensor
    data = tensor.detach().contiguous()
    memory = tensor_memory(data)
    storage = map_shared(anonymous_file(len(memory)), len(memory))
    shared = TypedStorage(storage, tensor.dtype).tensor().view(data.shape)
    shared.copy_(data)
    with rl.no_grad():
        tensor.data = shared
    return tensor
