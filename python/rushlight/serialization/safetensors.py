"""The safetensors format: a JSON header with every tensor's dtype, shape and place, then bytes.

Layout: 8 bytes header length (little-endian), the header, then the data; `data_offsets` count
from the end of the header and cover it without holes or overlaps.
Source: https://github.com/huggingface/safetensors (format description in its README).
"""

import json
import mmap
import os
import struct
from math import prod

import rushlight as rl

from .excerpt import excerpt
from .files import atomic_writer
from .storage import allocate, dtype_name, map_buffer, tensor_memory

__all__ = ["SafetensorError", "load", "load_file", "safe_open", "save", "save_file"]

LARGEST_HEADER = 100_000_000

# In the order in which the reference writer places tensors: by alignment, largest first.
DTYPES = {
    "U64": "uint64",
    "I64": "int64",
    "F64": "float64",
    "C64": "complex64",
    "U32": "uint32",
    "I32": "int32",
    "F32": "float32",
    "BF16": "bfloat16",
    "F16": "float16",
    "U16": "uint16",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}
CODES = {name: code for code, name in DTYPES.items()}
ORDER = {code: place for place, code in enumerate(DTYPES)}


class SafetensorError(RuntimeError):
    """A file that breaks the rules of the format."""


def save(tensors, metadata=None):
    """The bytes of a safetensors file with these named tensors and text metadata.

    >>> import rushlight as rl
    >>> from rushlight.serialization import safetensors
    >>> safetensors.load(safetensors.save({"x": rl.arange(3)}))
    {'x': tensor([0, 1, 2])}
    """
    header, ordered = _header(tensors, metadata)
    return b"".join([header, *(tensor_memory(tensor) for tensor in ordered)])


def save_file(tensors, filename, metadata=None):
    """Write named tensors to a file, which is replaced atomically.

    Raises `ValueError` for tensors that are not contiguous and `RuntimeError` for tensors that
    share memory, because the format can hold neither.
    """
    header, ordered = _header(tensors, metadata)
    with atomic_writer(filename) as file:
        file.write(header)
        for tensor in ordered:
            file.write(tensor_memory(tensor))


def load(data):
    """The named tensors in the bytes of a safetensors file."""
    data = bytearray(data)
    return {name: _tensor(data, entry) for name, entry in _parse(data, len(data))[0].items()}


def load_file(filename, device="cpu"):
    """The named tensors of a file, mapped into memory: bytes are read when they are used."""
    with safe_open(filename, framework="pt", device=device) as file:
        return {name: file.get_tensor(name) for name in file.keys()}


class safe_open:
    """A safetensors file of which tensors are taken one by one.

    `keys()`, `metadata()`, `get_tensor(name)`, and `get_slice(name)`, which has `get_shape()`,
    `get_dtype()` and is indexed like the tensor.
    """

    def __init__(self, filename, framework="pt", device="cpu"):
        if framework not in ("pt", "torch", "pytorch", "rushlight"):
            raise SafetensorError(f"framework {framework!r} is not supported, expected 'pt'")
        self._device = str(device)
        self._data = _map(filename)
        self._entries, self._metadata = _parse(self._data, len(self._data))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        # Tensors keep the mapping alive; it ends with the last of them.
        self._data = None

    def keys(self):
        return sorted(self._entries)

    def offset_keys(self):
        """Names in the order of their bytes."""
        return sorted(self._entries, key=lambda name: self._entries[name].start)

    def metadata(self):
        return self._metadata

    def get_tensor(self, name):
        if self._data is None:
            raise SafetensorError("the file is closed")
        if name not in self._entries:
            raise SafetensorError(f"File does not contain tensor {name}")
        tensor = _tensor(self._data, self._entries[name])
        return tensor if self._device == "cpu" else tensor.to(self._device)

    def get_slice(self, name):
        return TensorSlice(self.get_tensor(name), self._entries[name])


class TensorSlice:
    """A tensor of a file, of which only the indexed part is copied out."""

    def __init__(self, tensor, entry):
        self._tensor = tensor
        self._entry = entry

    def get_shape(self):
        return list(self._entry.shape)

    def get_dtype(self):
        return self._entry.code

    def __getitem__(self, index):
        return self._tensor[index].clone()


class Entry:
    """One tensor of the header; offsets count from the beginning of the file."""

    def __init__(self, name, fields, data_start):
        self.code, self.shape, (start, end) = _checked_fields(name, fields)
        self.dtype = getattr(rl, DTYPES[self.code])
        self.start, self.end = data_start + start, data_start + end
        self.name = name
        if prod(self.shape) * self.dtype.itemsize != end - start:
            raise SafetensorError(
                f"TensorInvalidInfo: {name} of dtype {self.code} and shape {excerpt(self.shape)} "
                f"does not have {end - start} bytes"
            )


def _header(tensors, metadata):
    _check_tensors(tensors)
    _check_metadata(metadata)

    def place(name):
        return ORDER[_code(name, tensors[name])], name

    fields, position = {} if metadata is None else {"__metadata__": metadata}, 0
    names = sorted(tensors, key=place)
    for name in names:
        tensor = tensors[name]
        end = position + tensor.numel() * tensor.dtype.itemsize
        fields[name] = {
            "dtype": _code(name, tensor),
            "shape": list(tensor.shape),
            "data_offsets": [position, end],
        }
        position = end
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > LARGEST_HEADER:
        raise SafetensorError(f"the header of {len(text)} bytes is larger than {LARGEST_HEADER}")
    return struct.pack("<Q", len(text)) + text, [tensors[name] for name in names]


def _code(name, tensor):
    code = CODES.get(dtype_name(tensor.dtype))
    if code is None:
        raise SafetensorError(f"{name}: safetensors has no dtype for {tensor.dtype}")
    return code


def _check_tensors(tensors):
    if not isinstance(tensors, dict):
        raise ValueError(f"Expected a dict of [str, rl.Tensor] but received {type(tensors)}")
    places = {}
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not isinstance(tensor, rl.Tensor):
            raise ValueError(f"Key `{name}` is invalid, expected rl.Tensor but received {type(tensor)}")
        if not tensor.is_contiguous():
            raise ValueError(
                f"You are trying to save a non contiguous tensor: `{name}` which is not allowed. "
                "Call `.contiguous()` on it first."
            )
        if tensor.numel():
            places.setdefault(tensor.untyped_storage().data_ptr(), []).append(name)
    shared = [names for names in places.values() if len(names) > 1]
    if shared:
        raise RuntimeError(
            f"Some tensors share memory: {shared}. The format would store them several times "
            "and load them apart. Save one of each group, or `.clone()` them."
        )


def _check_metadata(metadata):
    items = (metadata or {}).items()
    if not all(isinstance(key, str) and isinstance(value, str) for key, value in items):
        raise ValueError("metadata must be a dict of str to str")


def _map(filename):
    with open(filename, "rb") as file:
        if os.fstat(file.fileno()).st_size < 8:
            raise SafetensorError("Error while deserializing header: HeaderTooSmall")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


def _parse(data, size):
    """Entries by name, and the metadata or None."""
    if size < 8:
        raise SafetensorError("Error while deserializing header: HeaderTooSmall")
    (length,) = struct.unpack("<Q", data[:8])
    if length > LARGEST_HEADER:
        raise SafetensorError("Error while deserializing header: HeaderTooLarge")
    if length > size - 8:
        raise SafetensorError("Error while deserializing header: InvalidHeaderLength")
    fields = _parse_json(bytes(data[8 : 8 + length]))
    metadata = fields.pop("__metadata__", None)
    if metadata is not None and not _is_text_map(metadata):
        raise SafetensorError("Error while deserializing header: __metadata__ must map text to text")
    entries = {name: Entry(name, value, 8 + length) for name, value in fields.items()}
    _check_cover(entries.values(), 8 + length, size)
    return entries, metadata


def _parse_json(text):
    if not text.startswith(b"{"):
        raise SafetensorError("Error while deserializing header: InvalidHeaderStart")
    try:
        return json.loads(text.decode(), object_pairs_hook=_unique)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise SafetensorError(f"Error while deserializing header: {error}") from None


def _unique(pairs):
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name occurs twice")
    return fields


def _is_text_map(value):
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _checked_fields(name, fields):
    if not isinstance(fields, dict) or set(fields) != {"dtype", "shape", "data_offsets"}:
        raise SafetensorError(f"{name}: expected dtype, shape and data_offsets")
    code, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
    if not isinstance(code, str) or code not in DTYPES:
        raise SafetensorError(f"{name}: unknown dtype {excerpt(code)}")
    for numbers in (shape, offsets):
        if not isinstance(numbers, list) or not all(type(n) is int and 0 <= n < 1 << 63 for n in numbers):
            raise SafetensorError(f"{name}: expected non-negative integers, got {excerpt(numbers)}")
    if len(shape) > 64 or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise SafetensorError(f"{name}: invalid shape or data_offsets {excerpt(offsets)}")
    return code, tuple(shape), offsets


def _check_cover(entries, start, size):
    position = start
    for entry in sorted(entries, key=lambda entry: (entry.start, entry.end)):
        if entry.start != position:
            raise SafetensorError(
                f"Error while deserializing header: InvalidOffset({entry.name}): its bytes begin "
                f"at {entry.start - start}, expected {position - start}"
            )
        position = entry.end
    if position != size:
        raise SafetensorError(
            "Error while deserializing header: MetadataIncompleteBuffer: the tensors have "
            f"{position - start} bytes, the file {size - start}"
        )


def _tensor(data, entry):
    nbytes = entry.end - entry.start
    if entry.start % entry.dtype.itemsize:
        storage, memory = allocate(nbytes)
        memory[:] = memoryview(data)[entry.start : entry.end]
    else:
        storage = map_buffer(data, entry.start, nbytes)
    stride, step = [], 1
    for length in reversed(entry.shape):
        stride.append(step)
        step *= max(length, 1)
    return rl.empty(0, dtype=entry.dtype).set_(storage, 0, entry.shape, tuple(stride[::-1]))
