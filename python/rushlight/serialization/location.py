"""Where a loaded storage goes: the tag in the file and `map_location`."""

from collections.abc import Callable

import rushlight as rl

from .storage import TypedStorage

__all__ = ["MAP_LOCATION", "location_tag", "register_package", "default_restore_location"]

# What `map_location=` may be, for annotations.
MAP_LOCATION = Callable[[object, str], object] | rl.device | str | dict[str, str] | None

_packages = []


def register_package(priority, tagger, deserializer):
    """Add a kind of location: `tagger(storage) -> tag | None`, `deserializer(storage, tag)`.

    Lower priorities are asked first; both return `None` for what is not theirs.
    """
    _packages.append((priority, tagger, deserializer))
    _packages.sort(key=lambda package: package[0])


def location_tag(storage):
    """The tag that a file gives to a storage, here always `"cpu"` unless a package knows better."""
    for _, tagger, _ in _packages:
        tag = tagger(storage)
        if tag:
            return tag
    raise RuntimeError(f"don't know how to determine data location of {type(storage).__name__}")


def default_restore_location(storage, location):
    """Bring a storage to the device named by its tag; raises `RuntimeError` for unknown ones."""
    for _, _, deserializer in _packages:
        result = deserializer(storage, location)
        if result is not None:
            return result
    if str(location).partition(":")[0] in ("cuda", "mps", "xpu", "hpu", "mtia", "xla"):
        raise RuntimeError(
            f"Attempting to deserialize object on a {str(location).upper()} device, but only the "
            "CPU is available. Please use torch.load with map_location=torch.device('cpu') to map "
            "your storages to the CPU."
        )
    raise RuntimeError(f"don't know how to restore data location {location!r:.80}")


def restorer(map_location):
    """A function `(storage, tag) -> storage` for the `map_location` argument of `load`."""
    if map_location is None:
        return default_restore_location
    if isinstance(map_location, dict):
        return lambda storage, tag: default_restore_location(storage, map_location.get(tag, tag))
    if isinstance(map_location, bytes):
        map_location = map_location.decode("ascii")
    if isinstance(map_location, (str, rl.device)):
        return lambda storage, tag: default_restore_location(storage, str(map_location))
    return lambda storage, tag: _call(map_location, storage, tag)


def is_meta(map_location):
    """Whether every storage goes to the meta device, so that no data need be read."""
    return isinstance(map_location, (str, rl.device)) and str(map_location) == "meta"


def _call(function, storage, tag):
    result = function(storage, tag)
    return default_restore_location(storage, tag) if result is None else result


def restore(restore_location, untyped, tag, dtype):
    """The `TypedStorage` of `untyped` after `restore_location`."""
    placed = restore_location(untyped, tag)
    if isinstance(placed, TypedStorage):
        return TypedStorage(placed.untyped(), dtype, placed.nbytes())
    if placed is META:
        return TypedStorage(None, dtype, untyped.nbytes())
    return TypedStorage(placed, dtype)


# What `default_restore_location` answers for the meta device: a size without bytes.
META = object()

register_package(
    10,
    lambda storage: "cpu",
    lambda storage, location: storage if str(location) in ("cpu", "cpu:0", "") else None,
)
register_package(22, lambda storage: None, lambda storage, location: META if location == "meta" else None)
