"""`load`: reads the formats of `torch.save` and, by their suffix, safetensors files."""

import io
import mmap as memory_map
import os
import pickle
import sys

import rushlight as rl

from . import location
from .excerpt import excerpt
from .files import is_path, open_reader
from .globals import safe_table
from .storage import StorageType, TypedStorage, allocate, map_buffer
from .unpickler import WeightsUnpickler

__all__ = ["load"]

UNSAFE_ADVICE = (
    "By default only tensors and plain values are loaded and nothing of the file is run. If you "
    "trust the source of the file, `weights_only=False` will likely load it, but it can run any "
    "code that the file holds."
)


def load(f, map_location=None, pickle_module=None, *, weights_only=None, mmap=None, **pickle_load_args):
    """Read what `save` or `torch.save` wrote to a path or seekable file-like object.

    With `weights_only=True` (the default unless `pickle_module` is given) nothing from the file
    is run: only tensors, plain values and `add_safe_globals` are built, anything else raises
    `pickle.UnpicklingError`. `weights_only=False` unpickles, which can run any code of the file.
    `map_location` (a device, a dict of tags, or `fn(storage, tag) -> storage | None`) chooses
    the device; `mmap=True` reads bytes from the file only when they are used. A damaged file
    raises `RuntimeError` or `pickle.UnpicklingError`.
    """
    weights_only = _decide_weights_only(weights_only, pickle_module)
    if is_path(f) and os.fspath(f).endswith(".safetensors"):
        return _load_safetensors(f, map_location)
    if mmap and not is_path(f):
        raise ValueError("f must be a file path in order to use the mmap argument")
    pickle_load_args.setdefault("encoding", "utf-8")
    make = _unpickler_maker(weights_only, pickle_module or pickle, pickle_load_args)
    with open_reader(f) as file:
        try:
            return _load_any(f, file, map_location, make, mmap)
        except pickle.UnpicklingError as error:
            raise pickle.UnpicklingError(_advice(str(error), weights_only)) from error


def _load_any(f, file, map_location, make, mmap):
    magic = file.read(4)
    file.seek(-len(magic), os.SEEK_CUR)
    if magic == b"PK\3\4":
        from .archive import ArchiveReader

        return _load_archive(ArchiveReader(file), map_location, make, _map_file(f) if mmap else None)
    if mmap:
        raise RuntimeError(
            "mmap can only be used with files saved with "
            f"`torch.save({f}, _use_new_zipfile_serialization=True), "
            "please torch.save your checkpoint with this option in order to use mmap."
        )
    from .legacy import load_legacy

    return load_legacy(file, map_location, make)


def _decide_weights_only(weights_only, pickle_module):
    forced = _environment("TORCH_FORCE_WEIGHTS_ONLY_LOAD")
    forbidden = _environment("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD")
    if forced and forbidden:
        raise RuntimeError(
            "Only one of `TORCH_FORCE_WEIGHTS_ONLY_LOAD` or `TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD` "
            "should be set, but both were set."
        )
    if weights_only is None:
        weights_only = pickle_module is None and not forbidden
    weights_only = weights_only or forced
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    return weights_only


def _environment(name):
    return os.environ.get(name, "0").lower() in ("1", "y", "yes", "true")


def _unpickler_maker(weights_only, pickle_module, options):
    """A function `(file, load_storage) -> unpickler` of the kind the caller decided for."""
    if weights_only:
        return lambda file, load_storage: WeightsUnpickler(file, load_storage, encoding=options["encoding"])

    class TrustingUnpickler(pickle_module.Unpickler):
        """Imports and calls what the file names, with PyTorch's modules taken from here."""

        def find_class(self, module, name):
            known = _trusted_name(f"{module}.{name}")
            if known is not None:
                return known
            if module.split(".")[0] == "torch":
                module = "rushlight" + module[len("torch") :]
            return super().find_class(module, name)

    def make(file, load_storage):
        unpickler = TrustingUnpickler(file, **options)
        unpickler.persistent_load = load_storage
        return unpickler

    return make


def _trusted_name(path):
    # The table's stand-ins for Python's and NumPy's own types are for the restricted reader only.
    return safe_table().get(path) if path.startswith("torch.") else None


def _map_file(path):
    with open(path, "rb") as file:
        return memory_map.mmap(file.fileno(), 0, access=memory_map.ACCESS_COPY)


def _load_archive(archive, map_location, make, mapped):
    if "constants.pkl" in archive:
        raise RuntimeError(
            "load: the file is a TorchScript archive, which holds a program. Save the "
            "`state_dict()` of the model instead."
        )
    if (order := _byte_order(archive)) != sys.byteorder:
        raise RuntimeError(f"load: the file is {order}-endian, this machine is {sys.byteorder}-endian")
    storages = ArchiveStorages(archive, map_location, mapped)
    return make(io.BytesIO(archive.read("data.pkl")), storages.load).load()


def _byte_order(archive):
    if "byteorder" not in archive:
        return "little"
    order = archive.read("byteorder").decode("ascii", "replace")
    if order not in ("little", "big"):
        raise ValueError(f"Unknown endianness type: {order}")
    return order


class ArchiveStorages:
    """Answers the persistent ids of `data.pkl` with storages, each read once."""

    def __init__(self, archive, map_location, mapped):
        self._archive = archive
        self._mapped = mapped
        self._meta = location.is_meta(map_location)
        self._restore = location.restorer(map_location)
        self._loaded = {}

    def load(self, saved_id):
        kind, key, tag, numel = _checked_id(saved_id)
        nbytes = numel * kind.dtype.itemsize
        found = self._loaded.get(key)
        if found is None or found.nbytes() != nbytes:
            found = self._loaded[key] = self._read(key, tag, kind.dtype, nbytes)
        if found.dtype != kind.dtype:
            return TypedStorage(found.untyped(), kind.dtype, nbytes)
        return found

    def _read(self, key, tag, dtype, nbytes):
        if self._meta:
            return TypedStorage(None, dtype, nbytes)
        record = f"data/{key}"
        size = self._archive.size(record)
        if size != nbytes:
            raise RuntimeError(
                f"load: storage {key} should have {nbytes} bytes, but its record has {size}. The file is damaged."
            )
        return location.restore(self._restore, self._bytes(record, nbytes), tag, dtype)

    def _bytes(self, record, nbytes):
        if self._mapped is not None:
            return map_buffer(self._mapped, self._archive.offset(record), nbytes)
        storage, memory = allocate(nbytes)
        self._archive.read_into(record, memory)
        return storage


def _checked_id(saved_id):
    if type(saved_id) is tuple and len(saved_id) == 5:
        kind, key, tag, numel = saved_id[1:]
        key, tag = text(key), text(tag)
        if isinstance(kind, StorageType) and type(numel) is int and numel >= 0:
            if type(key) is str and type(tag) is str:
                return kind, key, tag, numel
    raise pickle.UnpicklingError(f"invalid reference to a storage: {excerpt(saved_id)}")


def text(value):
    """Names that Python 2 wrote as bytes."""
    return value.decode("ascii") if type(value) is bytes else value


def _load_safetensors(f, map_location):
    from .safetensors import load_file

    if map_location is not None and not isinstance(map_location, (str, rl.device)):
        raise RuntimeError(
            "Loading safetensors file with dict or callable map_location is not supported. "
            "Use a device string or torch.device instead."
        )
    return load_file(f, device=str(map_location or "cpu"))


def _advice(message, weights_only):
    if not weights_only:
        return message
    advice = f" {UNSAFE_ADVICE}" if "GLOBAL" in message else ""
    return f"Weights only load failed.{advice}\nWeightsUnpickler error: {message}"
