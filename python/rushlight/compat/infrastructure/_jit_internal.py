"""``torch._jit_internal``: marks for a compiler that is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight.compat.infrastructure.jit import Final as Final
from rushlight.compat.infrastructure.jit import _overload as _overload
from rushlight.compat.infrastructure.jit import _overload_method as _overload_method
from rushlight.compat.infrastructure.jit import export as export
from rushlight.compat.infrastructure.jit import ignore as ignore
from rushlight.compat.infrastructure.jit import is_scripting as is_scripting
from rushlight.compat.infrastructure.jit import unused as unused

_copy_to_script_wrapper = export


def boolean_dispatch(
    arg_name: str,
    arg_index: int,
    default: bool,
    if_true: Callable,
    if_false: Callable,
    module_name: str,
    func_name: str,
) -> Callable:
    """Return a function that calls ``if_true`` or ``if_false`` by its argument ``arg_name``."""

    def fn(*args: Any, **kwargs: Any) -> Any:
        flag = args[arg_index] if arg_index < len(args) else kwargs.get(arg_name, default)
        return (if_true if flag else if_false)(*args, **kwargs)

    return fn
