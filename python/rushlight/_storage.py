"""What the native storage class gets from Python: its bytes one by one."""

from rushlight import _C

__all__ = ["attach"]


def elements(self):
    """Return all bytes as a tensor over the same memory."""
    return _C._from_storage(self, _C.uint8, [self.nbytes()], [1], 0)


def clone(self):
    """Return a copy."""
    return _C._storage(elements(self).clone())


def copy_(self, source, non_blocking=None):
    """Take the bytes of another storage of the same size."""
    if source.nbytes() != self.nbytes():
        raise RuntimeError(f"copy_: a storage of {source.nbytes()} bytes does not fit one of {self.nbytes()} bytes")
    elements(self).copy_(elements(source))
    return self


def fill_(self, value):
    """Set every byte."""
    elements(self).fill_(value)
    return self


def tolist(self):
    """Return the bytes as a list."""
    return elements(self).tolist()


def __getitem__(self, index):
    if not isinstance(index, slice):
        return elements(self)[index].item()
    start, stop, step = index.indices(self.nbytes())
    if step != 1:
        raise RuntimeError(f"Trying to slice with a step of {step}, but only a step of 1 is supported")
    if stop <= start:
        return _C.UntypedStorage(0)
    return _C._from_buffer(elements(self).numpy(), _C.uint8, stop - start, start).untyped_storage()


def __setitem__(self, index, value):
    elements(self)[index] = value


def __iter__(self):
    return iter(tolist(self))


def __repr__(self):
    data = "\n".join(f" {byte}" for byte in tolist(self))
    return f"{data}\n[torch.storage.UntypedStorage(device={self.device}) of size {len(self)}]"


def __deepcopy__(self, memo):
    return memo.setdefault(("storage", self._cdata), (clone(self), self))[0]


def __reduce_ex__(self, protocol):
    return storage_of, (bytes(elements(self)),)


def storage_of(data):
    """Return a storage with a copy of some bytes."""
    storage = _C.UntypedStorage(len(data))
    return copy_(storage, _C._storage(_C._from_buffer(data, _C.uint8))) if data else storage


def __sizeof__(self):
    return object.__sizeof__(self) + self.nbytes()


def from_file(cls, filename, shared=False, nbytes=0):
    """Return a storage over the first ``nbytes`` of a mapped file, all of it by default; ``shared``: changes reach the file."""
    import os

    from rushlight._services import from_file as mapped

    return mapped(filename, shared, nbytes or os.path.getsize(filename), dtype=_C.uint8).untyped_storage()


def _new_shared(self, size, *, device=None):
    """Return a storage of ``size`` bytes for what a worker process sends, which is copied when it is sent."""
    return _C.UntypedStorage(size)


def share_memory_(self):
    """Refuse: memory is moved to where processes share it by way of its tensor."""
    raise NotImplementedError("share_memory_: a storage cannot move its memory; call share_memory_() of its tensor")


def itself(self, *args, **kwargs):
    """Return this storage."""
    return self


def resize_(self, size):
    """Raise unless the size stays: tensors over a storage count on it."""
    if size != self.nbytes():
        raise NotImplementedError(
            f"resize_: a storage of {self.nbytes()} bytes cannot become one of {size} bytes: "
            "give the tensor other memory with tensor.set_() or tensor.resize_()"
        )
    return self


METHODS = [
    clone, copy_, fill_, resize_, tolist, __getitem__, __setitem__, __iter__, __repr__, __deepcopy__, __reduce_ex__,
    __sizeof__, _new_shared, share_memory_,
]  # fmt: skip


def attach(storage_class):
    """Give the native class its Python attributes."""
    for method in METHODS:
        setattr(storage_class, method.__name__, method)
    for name in ("cpu", "untyped", "pin_memory"):
        setattr(storage_class, name, itself)
    storage_class.from_file = classmethod(from_file)
    storage_class.element_size = lambda self: 1
    storage_class.is_cuda = property(lambda self: False)
    storage_class.is_pinned = storage_class.is_shared = storage_class.resizable = lambda self: False
