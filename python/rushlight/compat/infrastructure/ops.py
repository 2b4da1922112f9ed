"""``torch.ops``: operators defined with `torch.library`, as ``torch.ops.NAMESPACE.NAME``."""

from __future__ import annotations

from rushlight.compat.absent import absent
from rushlight.compat.infrastructure.library import CustomOpDef, registered

load_library = absent("torch.ops.load_library", "Rushlight cannot load operators compiled for PyTorch", OSError)


class Namespace:
    """The operators of one namespace as attributes."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, operator: str) -> CustomOpDef:
        full = f"{self.name}::{operator}"
        if full not in registered:
            raise AttributeError(
                f"'_OpNamespace' '{self.name}' object has no attribute '{operator}': no operator {full}"
            )
        return registered[full]


def __getattr__(name: str) -> Namespace:
    if name.startswith("__"):
        raise AttributeError(f"module 'torch.ops' has no attribute {name!r}")
    return Namespace(name)
