"""``torch.onnx``: exporting is refused."""

from __future__ import annotations

from rushlight.compat.absent import attributes

__getattr__ = attributes(
    "torch.onnx", frozenset({"dynamo_export", "export"}), "Rushlight cannot write ONNX files; export from PyTorch"
)


def is_in_onnx_export() -> bool:
    """False: nothing is ever exported."""
    return False
