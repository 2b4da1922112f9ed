"""``torch.onnx``: exporting is refused; what packages say about their own operators to an exporter is accepted."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from rushlight.compat.absent import absent, absent_type, attributes

REASON = "Rushlight cannot write ONNX files; export from PyTorch"

__getattr__ = attributes("torch.onnx", frozenset({"dynamo_export", "export"}), REASON)


def opset(version: int) -> Callable[[str], object]:
    """Return the ``__getattr__`` of an exporter's module ``symbolic_opset<version>``: each of its functions raises."""
    module = f"torch.onnx.symbolic_opset{version}"

    def __getattr__(name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)
        return absent(f"{module}.{name}", REASON)

    return __getattr__


ONNXProgram = absent_type("torch.onnx.ONNXProgram", REASON)
OperatorExportTypes = Enum("OperatorExportTypes", "ONNX ONNX_ATEN ONNX_ATEN_FALLBACK ONNX_FALLTHROUGH", start=0)
TrainingMode = Enum("TrainingMode", "EVAL PRESERVE TRAINING", start=0)


def is_in_onnx_export() -> bool:
    """False: nothing is ever exported."""
    return False


def register_custom_op_symbolic(symbolic_name: str, symbolic_fn: Callable, opset_version: int) -> None:
    """Say how an operator is exported: nothing asks."""


def unregister_custom_op_symbolic(symbolic_name: str, opset_version: int) -> None:
    """Take back `register_custom_op_symbolic`."""
