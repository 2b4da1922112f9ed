"""Whose tensors images become, and whose random numbers change them: Rushlight's, or PyTorch's."""

from typing import Any

import rushlight as rl

__all__ = ["get_framework", "set_framework"]

FRAMEWORKS = ("rushlight", "torch")
_chosen = "rushlight"


def get_framework() -> str:
    """Return whose tensors the transforms make that are built from now on: "rushlight" or "torch"."""
    return _chosen


def set_framework(name: str) -> None:
    """Let ``ToTensor``, ``PILToTensor`` and ``ToImage``, and the functions of their names, make tensors of "rushlight" or "torch".

    It counts for the transforms that are built afterwards, which keep it when they are pickled, and for the functions at once.
    Random parameters are from then on drawn from the default generator of the same package, that ``torch.manual_seed`` or ``rl.manual_seed`` seeds.

    >>> set_framework("rushlight")
    >>> get_framework()
    'rushlight'
    """
    global _chosen
    if name not in FRAMEWORKS:
        raise ValueError(f"framework must be one of {FRAMEWORKS}, got {name!r}")
    _chosen = name


def as_framework(tensor: Any, name: str) -> Any:
    """Return a tensor as one of a framework that shares its memory."""
    ours = isinstance(tensor, rl.Tensor)
    if name == "rushlight":
        return tensor if ours else rl.from_numpy(tensor.numpy())
    import torch

    return torch.from_numpy(tensor.numpy()) if ours else tensor
