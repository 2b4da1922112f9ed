"""One process, several devices: here one."""

from ..modules.module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """Calls `module` as it is: there is one device, so the batch is not split.

    The parameters are reached under the prefix `module.`.

    >>> list(nn.DataParallel(nn.Linear(2, 1)).state_dict())
    ['module.weight', 'module.bias']
    """

    def __init__(self, module, device_ids=None, output_device=None, dim=0):
        super().__init__()
        if device_ids:
            raise RuntimeError(f"DataParallel: device_ids={device_ids} given but there are no GPUs; leave them out")
        self.module = module
        self.device_ids = []
        self.output_device = output_device
        self.dim = dim

    def forward(self, *inputs, **kwargs):
        return self.module(*inputs, **kwargs)
