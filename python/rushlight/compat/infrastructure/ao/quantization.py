"""``torch.ao.quantization``: the marks in a model that could be quantized; quantizing it is refused."""

from __future__ import annotations

from typing import Any

from rushlight.compat.absent import attributes
from rushlight.nn import Module

__all__ = ["DeQuantStub", "QuantStub", "QuantWrapper"]

_REFUSED = (
    "convert default_eval_fn fuse_modules fuse_modules_qat get_default_qat_qconfig get_default_qconfig prepare "
    "prepare_qat quantize quantize_dynamic quantize_qat"
)

__getattr__ = attributes(
    "torch.ao.quantization",
    frozenset(_REFUSED.split()),
    "Rushlight has no quantized tensors. Keep the model in floating point; fake_quantize_per_tensor_affine and "
    "fake_quantize_per_channel_affine simulate quantization with gradients",
)


class _Stub(Module):
    """Returns its input."""

    def __init__(self, qconfig: Any = None) -> None:
        super().__init__()
        if qconfig:
            self.qconfig = qconfig

    def forward(self, x: Any) -> Any:
        return x


class QuantStub(_Stub):
    """Marks where a quantized model would quantize its input; returns it as it is."""


class DeQuantStub(_Stub):
    """Marks where a quantized model would return to floating point; returns its input as it is."""


class QuantWrapper(Module):
    """``module`` between a `QuantStub` and a `DeQuantStub`."""

    def __init__(self, module: Module) -> None:
        super().__init__()
        qconfig = getattr(module, "qconfig", None)
        self.quant, self.dequant, self.module = QuantStub(qconfig), DeQuantStub(qconfig), module
        self.train(module.training)

    def forward(self, X: Any) -> Any:
        return self.dequant(self.module(self.quant(X)))
