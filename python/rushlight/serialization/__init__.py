"""Files: `save` and `load` in PyTorch's formats, and safetensors.

Read `saving` and `loading` first; `archive` and `legacy` are the two containers, `pickler` and
`unpickler` the object language, `globals` the list of names that it may use.
"""

from .files import atomic_writer
from .globals import add_safe_globals, clear_safe_globals, get_safe_globals, safe_globals
from .loading import load
from .location import MAP_LOCATION, default_restore_location, location_tag, register_package
from .rebuild import reduce_tensor
from .saving import DEFAULT_PROTOCOL, save
from .storage import TypedStorage

__all__ = [
    "DEFAULT_PROTOCOL",
    "MAP_LOCATION",
    "TypedStorage",
    "add_safe_globals",
    "atomic_writer",
    "clear_safe_globals",
    "default_restore_location",
    "get_safe_globals",
    "load",
    "location_tag",
    "reduce_tensor",
    "register_package",
    "safe_globals",
    "save",
]
