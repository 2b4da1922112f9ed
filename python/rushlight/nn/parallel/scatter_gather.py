"""Splitting a batch over devices and joining the results."""

import rushlight as rl

__all__ = ["gather", "scatter", "scatter_kwargs"]

_REASON = "there is one device, the CPU; use the batch as it is"


def scatter(inputs, target_gpus, dim=0):
    """Not available: raises RuntimeError, there is no other device."""
    raise RuntimeError(f"scatter: target_gpus={target_gpus!r} given, but {_REASON}")


def scatter_kwargs(inputs, kwargs, target_gpus, dim=0):
    """Not available: raises RuntimeError, there is no other device."""
    raise RuntimeError(f"scatter_kwargs: target_gpus={target_gpus!r} given, but {_REASON}")


def gather(outputs, target_device, dim=0):
    """Return the tensors ``outputs`` joined along ``dim``; ``target_device`` must be the CPU."""
    if rl.device(target_device).type != "cpu":
        raise RuntimeError(f"gather: target_device={target_device!r} given, but {_REASON}")
    return rl.cat(list(outputs), dim)
