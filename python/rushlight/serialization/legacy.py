"""The format before PyTorch 1.6: a row of pickles, then the storages, each after its length."""

import pickle
import struct
import sys

from . import location
from .excerpt import excerpt
from .loading import text
from .pickler import StorageTable
from .storage import StorageType, TypedStorage, allocate, map_buffer, storage_memory

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001
SYSTEM = {
    "protocol_version": PROTOCOL_VERSION,
    "little_endian": sys.byteorder == "little",
    "type_sizes": {"short": 2, "int": 4, "long": 4},
}


def save_legacy(obj, file, pickler, pickle_module, protocol):
    """Write `obj`; the storages follow in the order of their keys as text."""
    table = StorageTable()

    def storage_id(kind, storage):
        numel = storage.nbytes() // kind.dtype.itemsize
        return ("storage", kind, table.add(storage), location.location_tag(storage), numel, None)

    for header in (MAGIC_NUMBER, PROTOCOL_VERSION, SYSTEM):
        pickle_module.dump(header, file, protocol=protocol)
    pickler(file, protocol, storage_id).dump(obj)
    keys = sorted(str(key) for key in range(len(table.storages)))
    pickle_module.dump(keys, file, protocol=protocol)
    for key in keys:
        storage = table.storages[int(key)]
        file.write(struct.pack("<q", len(storage)))
        file.write(storage_memory(storage))


def load_legacy(file, map_location, make):
    """Read the row of pickles, or the still older tar archive when the file is one."""
    start = file.tell()
    if _is_tar(file):
        from .tar import load_tar

        return load_tar(file, map_location, make)
    file.seek(start)
    _check_header(file, make)
    storages = LegacyStorages(map_location, _remaining(file))
    result = make(file, storages.load).load()
    storages.fill(file, make(file, _no_storage).load())
    return result


def _remaining(file):
    here = file.tell()
    end = file.seek(0, 2)
    file.seek(here)
    return end - here


def _is_tar(file):
    # The magic of the POSIX and GNU archives is at byte 257 of the first block.
    return file.read(512)[257:262] == b"ustar"


def _check_header(file, make):
    if make(file, _no_storage).load() != MAGIC_NUMBER:
        raise RuntimeError("Invalid magic number; corrupt file?")
    version = make(file, _no_storage).load()
    if version != PROTOCOL_VERSION:
        raise RuntimeError(f"Invalid protocol version: {excerpt(version)}")
    system = make(file, _no_storage).load()
    little = system.get("little_endian", True) if isinstance(system, dict) else True
    if bool(little) != (sys.byteorder == "little"):
        raise RuntimeError("load: the file was written on a machine of the other byte order")


def _no_storage(saved_id):
    raise pickle.UnpicklingError("a storage is referred to outside of the saved object")


class LegacyStorages:
    """Makes storages when they are referred to and fills them once the object is read.

    Their bytes come last in the file, so a file can ask for no more memory than its own length.
    """

    def __init__(self, map_location, budget):
        self._restore = location.restorer(map_location)
        self._budget = budget
        self._storages = {}
        self._views = {}

    def load(self, saved_id):
        if type(saved_id) is tuple and len(saved_id) > 1 and text(saved_id[0]) == "module":
            return saved_id[1]
        kind, key, tag, numel, view = _checked_id(saved_id)
        if key not in self._storages:
            self._storages[key] = self._make(kind.dtype, numel, tag)
        storage = self._storages[key]
        if view is not None:
            return self._view(storage, kind.dtype, *view)
        if storage.dtype != kind.dtype:
            return TypedStorage(storage.untyped(), kind.dtype, storage.nbytes())
        return storage

    def _make(self, dtype, numel, tag):
        nbytes = numel * dtype.itemsize
        self._budget -= nbytes
        if self._budget < 0:
            raise RuntimeError(
                f"load: a storage of {numel} elements of {dtype} is larger than the rest of the "
                "file. The file is damaged."
            )
        return location.restore(self._restore, allocate(nbytes)[0], tag, dtype)

    def _view(self, storage, dtype, key, offset, numel):
        if key not in self._views:
            start, nbytes = offset * dtype.itemsize, numel * dtype.itemsize
            if start + nbytes > storage.nbytes():
                raise RuntimeError(f"load: view {key} reaches beyond its storage")
            part = None if storage.is_meta else map_buffer(storage_memory(storage), start, nbytes)
            self._views[key] = TypedStorage(part, dtype, nbytes)
        return self._views[key]

    def fill(self, file, keys):
        """Read the bytes of every storage, in the order of `keys`."""
        if type(keys) is not list:
            raise RuntimeError("load: the list of storages is damaged")
        for key in map(text, keys):
            storage = self._storages.get(key) if type(key) is str else None
            if storage is None:
                raise RuntimeError(f"storage key {excerpt(key)} is not used by the saved object")
            read_storage(file, storage)


def read_storage(file, storage):
    """Fill a storage from its length in elements and its bytes."""
    header = file.read(8)
    numel = struct.unpack("<q", header)[0] if len(header) == 8 else -1
    if numel != len(storage):
        raise RuntimeError(
            f"load: a storage should have {len(storage)} elements, but the file has {numel}. The file is damaged."
        )
    if storage.is_meta:
        file.seek(storage.nbytes(), 1)
    else:
        read_exactly(file, storage_memory(storage))


def read_exactly(file, memory):
    while memory:
        data = file.read(min(len(memory), 1 << 22))
        if not data:
            raise RuntimeError(f"load: the file ends {len(memory)} bytes too early")
        memory[: len(data)] = data
        memory = memory[len(data) :]


def _checked_id(saved_id):
    if type(saved_id) is tuple and len(saved_id) in (5, 6):
        kind, key, tag, numel, *view = saved_id[1:]
        key, tag, view = text(key), text(tag), view[0] if view else None
        plain = type(key) is str and type(tag) is str and type(numel) is int and numel >= 0
        if plain and isinstance(kind, StorageType) and (view is None or _is_view(view)):
            return kind, key, tag, numel, view
    raise pickle.UnpicklingError(f"invalid reference to a storage: {excerpt(saved_id)}")


def _is_view(view):
    return (
        type(view) is tuple
        and len(view) == 3
        and type(view[0]) in (str, bytes)
        and all(type(n) is int and n >= 0 for n in view[1:])
    )
