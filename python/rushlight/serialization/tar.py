"""The first format of PyTorch (0.1): a tar archive of `storages`, `tensors` and `pickle`.

Nothing is extracted to disk. Numbers in `storages` and `tensors` are little-endian.
"""

import io
import pickle
import struct
import tarfile

from . import location
from .excerpt import excerpt
from .legacy import read_exactly
from .loading import text
from .rebuild import _rebuild_tensor
from .storage import StorageType, TypedStorage, allocate, map_buffer, storage_memory


def load_tar(file, map_location, make):
    """Read a tar archive; the pickle refers to tensors and storages by number."""
    file.seek(0)
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            members = {name: _member(archive, name) for name in ("storages", "tensors", "pickle")}
    except tarfile.TarError as error:
        raise RuntimeError(f"load: failed reading tar archive: {error}") from None
    objects = {}
    _read_storages(members["storages"], objects, location.restorer(map_location), make)
    _read_tensors(members["tensors"], objects, make)
    return make(members["pickle"], lambda saved_id: _find(objects, saved_id)).load()


def _member(archive, name):
    # A record declared larger than the file has fewer bytes; a sparse one could have more.
    info = archive.getmember(name) if name in archive.getnames() else None
    if info is None or not info.isreg() or info.issparse():
        raise RuntimeError(f"load: the tar archive has no file {name!r}")
    return io.BytesIO(archive.extractfile(info).read())


def _find(objects, saved_id):
    if type(saved_id) is tuple and saved_id:
        return saved_id[0]
    key = int(saved_id) if type(saved_id) in (int, str) else saved_id
    if type(key) is not int or key not in objects:
        raise pickle.UnpicklingError(f"unknown object {excerpt(saved_id)}")
    return objects[key]


def _read_storages(file, objects, restore_location, make):
    def read():
        return make(file, lambda saved_id: _find(objects, saved_id)).load()

    for _ in range(_count(read())):
        key, tag, kind = _fields(read(), 3)
        if not isinstance(kind, StorageType):
            raise RuntimeError(f"load: expected a storage type, but got {excerpt(kind)}")
        objects[_key(key)] = _read_storage(file, restore_location, text(tag), kind.dtype)
    for target, root, offset, numel in (_fields(view, 4) for view in read()):
        objects[_key(target)] = _view(_find(objects, root), offset, numel)


def _read_storage(file, restore_location, tag, dtype):
    nbytes = _unpack(file, "<q")[0] * dtype.itemsize
    if not 0 <= nbytes <= len(file.getbuffer()) - file.tell():
        raise RuntimeError(f"load: a storage of {nbytes} bytes is larger than its file")
    storage, memory = allocate(nbytes)
    read_exactly(file, memory)
    return location.restore(restore_location, storage, tag, dtype)


def _view(root, offset, numel):
    start, nbytes = offset * root.dtype.itemsize, numel * root.dtype.itemsize
    if min(start, nbytes) < 0 or start + nbytes > root.nbytes():
        raise RuntimeError("load: a view reaches beyond its storage")
    part = None if root.is_meta else map_buffer(storage_memory(root), start, nbytes)
    return TypedStorage(part, root.dtype, nbytes)


def _read_tensors(file, objects, make):
    def read():
        return make(file, lambda saved_id: _find(objects, saved_id)).load()

    for _ in range(_count(read())):
        key, storage_key, _ = _fields(read(), 3)
        dimensions = _unpack(file, "<ixxxx")[0]
        if not 0 <= dimensions <= 64:
            raise RuntimeError(f"load: a tensor cannot have {dimensions} dimensions")
        size, stride = (_unpack(file, f"<{dimensions}q") for _ in range(2))
        offset = _unpack(file, "<q")[0]
        storage = _find(objects, storage_key)
        objects[_key(key)] = _rebuild_tensor(storage, offset, size, stride)


def _unpack(file, layout):
    data = file.read(struct.calcsize(layout))
    if len(data) < struct.calcsize(layout):
        raise RuntimeError("load: the file ends too early")
    return struct.unpack(layout, data)


def _count(value):
    if type(value) is not int or value < 0:
        raise RuntimeError(f"load: expected a count, but got {excerpt(value)}")
    return value


def _key(value):
    if type(value) not in (int, str):
        raise RuntimeError(f"load: expected the number of an object, but got {excerpt(value)}")
    return int(value)


def _fields(value, count):
    if type(value) not in (tuple, list) or len(value) != count:
        raise RuntimeError(f"load: expected {count} fields, but got {excerpt(value)}")
    return value
