"""``torch.onnx.symbolic_opset9``: an exporter's functions, which are not here."""

from rushlight.compat.infrastructure.onnx import opset

__getattr__ = opset(9)
