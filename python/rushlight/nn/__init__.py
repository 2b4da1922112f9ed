"""Layers, losses and containers; their functional forms, initializers and helpers around them."""

from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter  # isort: skip
from .modules import *  # noqa: F403  # isort: skip
from . import attention, common_types, functional, grad, init, modules, parallel, parameter, quantized, utils
from .parallel import DataParallel

__all__ = [
    "Buffer", "DataParallel", "Parameter", "UninitializedBuffer", "UninitializedParameter", "attention",
    "common_types", "factory_kwargs", "functional", "grad", "init", "modules", "parallel", "parameter", "quantized", "utils", *modules.__all__,
]  # fmt: skip


def factory_kwargs(kwargs):
    """The arguments `device`, `dtype` and `memory_format` of `kwargs`, given directly or under `factory_kwargs`.

    >>> nn.factory_kwargs({"dtype": rl.float64})
    {'dtype': torch.float64}
    """
    kwargs = dict(kwargs or {})
    result = dict(kwargs.pop("factory_kwargs", {}))
    unexpected = kwargs.keys() - {"device", "dtype", "memory_format"}
    if unexpected:
        raise TypeError(f"unexpected kwargs {unexpected}")
    for name in kwargs:
        if name in result:
            raise TypeError(f"{name} specified twice, in **kwargs and in factory_kwargs")
    return result | kwargs
