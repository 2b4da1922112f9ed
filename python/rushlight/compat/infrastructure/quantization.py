"""``torch.quantization``, the older name of ``torch.ao.quantization``."""

from .ao.quantization import DeQuantStub, QuantStub, QuantWrapper, __getattr__

__all__ = ["DeQuantStub", "QuantStub", "QuantWrapper", "__getattr__"]
