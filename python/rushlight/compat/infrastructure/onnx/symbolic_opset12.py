"""``torch.onnx.symbolic_opset12``: an exporter's functions, which are not here."""

from __future__ import annotations

from rushlight.compat.absent import absent
from rushlight.compat.infrastructure.onnx import REASON


def __getattr__(name: str) -> object:
    if name.startswith("__"):
        raise AttributeError(f"module 'torch.onnx.symbolic_opset12' has no attribute {name!r}", name=name)
    return absent(f"torch.onnx.symbolic_opset12.{name}", REASON)
