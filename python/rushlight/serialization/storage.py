"""Storages as files name them: raw bytes with a dtype."""

from pickle import PickleBuffer

import rushlight as rl

__all__ = ["TypedStorage", "StorageType", "STORAGE_TYPES"]

# dtype name -> the storage class that stands for it in a file. dtypes without a class of their
# own (uint16, uint32, uint64, float8) are saved over an UntypedStorage.
STORAGE_TYPES = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "bfloat16": "BFloat16Storage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "int16": "ShortStorage",
    "int8": "CharStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
    "complex128": "ComplexDoubleStorage",
    "complex64": "ComplexFloatStorage",
}

DTYPE_NAMES = tuple(STORAGE_TYPES) + ("uint16", "uint32", "uint64")


def dtype_name(dtype):
    """`"float32"` for `rushlight.float32`."""
    return str(dtype).rpartition(".")[2]


class StorageType:
    """The storage class named in a file; `dtype` is None for the untyped one."""

    def __init__(self, name, dtype):
        self.name = name
        self._dtype = dtype

    @property
    def dtype(self):
        return rl.uint8 if self._dtype is None else getattr(rl, self._dtype)

    def __repr__(self):
        return f"StorageType({self.name})"


UNTYPED = StorageType("UntypedStorage", None)
STORAGE_TYPE_OF = {dtype: StorageType(name, dtype) for dtype, name in STORAGE_TYPES.items()}


class TypedStorage:
    """The bytes of a storage seen as elements of one dtype.

    `untyped()` is the native storage; it is `None` for a storage on the meta device, which has
    a size but no bytes. A `raw` storage is written under the name of the untyped class.
    """

    def __init__(self, untyped, dtype, nbytes=None, raw=False):
        self._untyped_storage = untyped
        self.dtype = dtype
        self.raw = raw
        self._nbytes = untyped.nbytes() if nbytes is None else nbytes

    @property
    def is_meta(self):
        return self._untyped_storage is None

    @property
    def device(self):
        return rl.device("meta" if self.is_meta else "cpu")

    def untyped(self):
        return self._untyped_storage

    def data_ptr(self):
        return 0 if self.is_meta else self._untyped_storage.data_ptr()

    def nbytes(self):
        return self._nbytes

    def element_size(self):
        return self.dtype.itemsize

    def size(self):
        return self._nbytes // self.element_size()

    __len__ = size

    def tensor(self):
        """All elements as a one-dimensional tensor over the same memory."""
        return rl.empty(0, dtype=self.dtype).set_(self._untyped_storage, 0, (len(self),), (1,))

    def tolist(self):
        return self.tensor().tolist()

    def type(self, dtype=None, non_blocking=False):
        """The name of the storage class, or a copy as elements of another dtype."""
        return f"torch.{STORAGE_TYPES[dtype_name(self.dtype)]}" if dtype is None else self._converted(dtype)

    def _converted(self, dtype):
        return self if dtype == self.dtype else self.tensor().to(dtype).storage()

    def clone(self):
        return self.tensor().clone().storage()

    def copy_(self, source, non_blocking=None):
        self.tensor().copy_(source.tensor())
        return self

    def fill_(self, value):
        self.tensor().fill_(value)
        return self

    def cpu(self):
        return self

    pin_memory = cpu

    def share_memory_(self):
        return self._untyped_storage.share_memory_()

    def is_shared(self):
        return self._untyped_storage.is_shared()

    def is_pinned(self, device="cuda"):
        return False

    is_cuda = False

    def resizable(self):
        return self._untyped_storage.resizable()

    def _new_shared(self, size, *, device=None):
        """A storage of ``size`` elements for what a worker process sends, which is copied when it is sent."""
        return rl.empty(size, dtype=self.dtype).storage()

    def __setitem__(self, index, value):
        self.tensor()[index] = value

    def __iter__(self):
        return iter(self.tolist())

    def __getitem__(self, index):
        item = self.tensor()[index]
        return item.tolist() if item.dim() == 0 else item

    def __repr__(self):
        elements = "..." if self.is_meta else " " + "\n ".join(map(str, self))
        return f"{elements}\n[torch.storage.TypedStorage(dtype={self.dtype}, device={self.device}) of size {len(self)}]"

    def __reduce_ex__(self, protocol):
        # Protocol 5 lets the caller of pickle move the bytes aside without a copy.
        memory = storage_memory(self)
        data = PickleBuffer(memory) if protocol >= 5 else bytes(memory)
        return typed_storage_from_bytes, (dtype_name(self.dtype), data)


def _conversion(dtype):
    return lambda self: self._converted(getattr(rl, dtype))


CONVERSIONS = {
    "float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16", "bool": "bool", "byte": "uint8",
    "char": "int8", "short": "int16", "int": "int32", "long": "int64",
}  # fmt: skip
for _name, _dtype in CONVERSIONS.items():
    setattr(TypedStorage, _name, _conversion(_dtype))


def typed_storage_from_bytes(dtype, data):
    """Inverse of pickling a `TypedStorage`; memory that can be written is used as it is."""
    data = memoryview(data)
    if data.readonly:
        storage, memory = allocate(data.nbytes)
        memory[:] = data
    else:
        storage = map_buffer(data, 0, data.nbytes)
    return TypedStorage(storage, getattr(rl, dtype))


def allocate(nbytes):
    """A new native storage of `nbytes`, and its memory to write into."""
    owner = rl.empty(nbytes, dtype=rl.uint8)
    return owner.untyped_storage(), memoryview(owner.numpy())


def map_buffer(buffer, offset, nbytes):
    """A native storage over part of a buffer, which it keeps alive."""
    if nbytes == 0:
        return rl.empty(0, dtype=rl.uint8).untyped_storage()
    return rl.frombuffer(buffer, dtype=rl.uint8, count=nbytes, offset=offset).untyped_storage()


def storage_memory(storage):
    """The bytes of a `TypedStorage` as a memory view."""
    if storage.is_meta:
        return memoryview(b"")
    return _memory(storage.untyped(), 0, storage.nbytes())


def tensor_memory(tensor):
    """The bytes of a contiguous tensor as a memory view."""
    nbytes = tensor.numel() * tensor.dtype.itemsize
    return _memory(tensor.untyped_storage(), tensor.storage_offset() * tensor.dtype.itemsize, nbytes)


def _memory(untyped, offset, nbytes):
    if nbytes == 0:
        return memoryview(b"")
    view = rl.empty(0, dtype=rl.uint8).set_(untyped, offset, (nbytes,), (1,))
    return memoryview(view.numpy())
