"""``torch.ao.nn.quantized``, the newer name of ``torch.nn.quantized``."""

from rushlight.nn.quantized import FloatFunctional

__all__ = ["FloatFunctional"]
