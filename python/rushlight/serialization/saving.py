"""`save`: the pickle with PyTorch's names, then the bytes of each storage."""

import io
import os
import pickle
import sys

from .files import is_path, open_writer
from .location import location_tag
from .pickler import StorageTable, torch_pickler
from .storage import storage_memory

__all__ = ["save"]

DEFAULT_PROTOCOL = 2

# Version 2: storages are numbered in the order of their records, and `.storage_alignment` exists.
FORMAT_VERSION = b"1"
ARCHIVE_VERSION = b"3\n"


def save(
    obj,
    f,
    pickle_module=pickle,
    pickle_protocol=DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization=True,
    _disable_byteorder_record=False,
):
    """Write `obj` to a path or file-like object, in the format of `torch.save`.

    Tensors that share a storage still share it after `load`. A path is replaced atomically:
    an error or interruption leaves the old file as it was.

    >>> import io, rushlight as rl
    >>> buffer = io.BytesIO()
    >>> rl.save({"x": rl.arange(3)}, buffer)
    >>> _ = buffer.seek(0)
    >>> rl.load(buffer)
    {'x': tensor([0, 1, 2])}
    """
    pickler = torch_pickler(_readable_pickler(pickle_module))
    with open_writer(f) as file:
        if _use_new_zipfile_serialization:
            _save_archive(obj, file, _archive_name(f), pickler, pickle_protocol)
        else:
            from .legacy import save_legacy

            save_legacy(obj, file, pickler, pickle_module, pickle_protocol)


def _save_archive(obj, file, name, pickler, protocol):
    from .archive import ALIGNMENT, ArchiveWriter

    table = StorageTable()

    def storage_id(kind, storage):
        tag = location_tag(storage)
        return ("storage", kind, table.add(storage), tag, storage.nbytes() // kind.dtype.itemsize)

    data = io.BytesIO()
    pickler(data, protocol, storage_id).dump(obj)
    archive = ArchiveWriter(file, name)
    archive.write("data.pkl", data.getbuffer())
    archive.write(".format_version", FORMAT_VERSION)
    archive.write(".storage_alignment", b"%d" % ALIGNMENT)
    archive.write("byteorder", sys.byteorder.encode())
    for key, storage in enumerate(table.storages):
        archive.write(f"data/{key}", storage_memory(storage))
    archive.write("version", ARCHIVE_VERSION)
    archive.finish()


def _archive_name(f):
    stem = os.path.basename(os.fsdecode(f)).rpartition(".") if is_path(f) else ("", "", "")
    name = stem[0] or stem[2]
    return name if name and name.isascii() else "archive"


def _readable_pickler(module):
    base = getattr(module, "_Pickler", None) or module.Pickler
    if not issubclass(base, pickle._Pickler):
        raise TypeError(
            f"save: pickle_module {module.__name__} has a compiled Pickler, whose names cannot be "
            "changed to PyTorch's. Use the standard pickle module, or one built on pickle._Pickler."
        )
    return base
