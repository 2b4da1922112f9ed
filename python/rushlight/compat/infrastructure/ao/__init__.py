"""``torch.ao``: quantization as far as modules in floating point need it."""

from . import nn, quantization

__all__ = ["nn", "quantization"]
