"""``torch.onnx.symbolic_opset11``: an exporter's functions, which are not here."""

from rushlight.compat.infrastructure.onnx import opset

__getattr__ = opset(11)
