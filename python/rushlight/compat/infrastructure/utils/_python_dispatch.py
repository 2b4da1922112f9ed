"""``torch.utils._python_dispatch``: tensors that wrap others, which are not here."""

from __future__ import annotations

from rushlight.compat.absent import absent_type

TorchDispatchMode = absent_type(
    "torch.utils._python_dispatch.TorchDispatchMode",
    "Rushlight has no dispatch below the operators; use torch.overrides.TorchFunctionMode",
)


def is_traceable_wrapper_subclass(t: object) -> bool:
    """False: no tensor wraps others."""
    return False
