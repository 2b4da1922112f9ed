"""What PyTorch has to know about our data sets and transforms, told to it if it is there."""

import sys

import numpy as np


def introduce(dataset_class):
    """Let PyTorch take a data set for a stream, for which it asks for a class of its own, and collate its tensors."""
    register_collation()
    torch_data = sys.modules.get("torch.utils.data")
    if torch_data is not None:
        torch_data.IterableDataset.register(dataset_class)


def introduce_modules(transform_class):
    """Let PyTorch take transforms for modules, as members of its `Sequential`, and collate our tensors.

    PyTorch asks for a subclass of its own class. All that modules do stays ours: our class comes first.
    """
    register_collation()
    torch_module = sys.modules.get("torch.nn.modules.module")
    if torch_module is not None and not issubclass(transform_class, torch_module.Module):
        transform_class.__bases__ += (torch_module.Module,)


def register_collation():
    """Let PyTorch's default collation make its own tensors of ours."""
    torch_collate = sys.modules.get("torch.utils.data._utils.collate")
    if torch_collate is None or not hasattr(torch_collate, "default_collate_fn_map"):
        return
    import rushlight as rl

    torch_collate.default_collate_fn_map.setdefault(rl.Tensor, _collate)


def _collate(batch, *, collate_fn_map=None):
    import torch

    return torch.from_numpy(np.stack([tensor.numpy() for tensor in batch]))
