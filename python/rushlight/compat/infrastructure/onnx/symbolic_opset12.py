"""``torch.onnx.symbolic_opset12``: an exporter's functions, which are not here."""

from rushlight.compat.infrastructure.onnx import opset

__getattr__ = opset(12)
