"""How `multiprocessing` pickles tensors."""

from multiprocessing.reduction import DupFd, ForkingPickler

import rushlight as rl
from rushlight.serialization.rebuild import reduce_tensor
from rushlight.serialization.storage import TypedStorage, dtype_name

from .sharing import map_shared, shared_descriptor

# `multiprocessing` may pickle with a protocol that has no buffers.
DEFAULT_PROTOCOL = 4


def register():
    """Teach `multiprocessing` about tensors, parameters and their storages."""
    for kind in (rl.Tensor, rl.nn.Parameter):
        ForkingPickler.register(kind, reduce_leaf)
    ForkingPickler.register(TypedStorage, reduce_storage)


def reduce_leaf(tensor):
    """Pickle a tensor that is no result of recorded operations; else raise `RuntimeError`."""
    if tensor.requires_grad and not tensor.is_leaf:
        raise RuntimeError(
            "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd "
            "does not support crossing process boundaries. If you just want to transfer the "
            "data, call detach() on the tensor before serializing (e.g., putting it on the queue)."
        )
    return reduce_tensor(tensor)


def reduce_storage(storage):
    descriptor = shared_descriptor(storage)
    if descriptor is None:
        return storage.__reduce_ex__(DEFAULT_PROTOCOL)
    return _attach, (DupFd(descriptor), dtype_name(storage.dtype), storage.nbytes())


def _attach(duplicate, dtype, nbytes):
    return TypedStorage(map_shared(duplicate.detach(), nbytes), getattr(rl, dtype))
