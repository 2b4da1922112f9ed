"""A linear layer on features, from a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import reduce

import numpy as np

from rushlight.image.curation._files import Path


class LinearHead:
    """``weight . features + bias``: one number for each row of features."""

    def __init__(self, weight: np.ndarray, bias: float) -> None:
        self.weight, self.bias = weight, bias

    def __call__(self, features: np.ndarray) -> np.ndarray:
        if features.shape[-1] != len(self.weight):
            raise ValueError(
                f"the head takes {len(self.weight)} features, the model gives {features.shape[-1]}: they do not belong together"
            )
        return features @ self.weight + self.bias

    @classmethod
    def load(cls, path: Path) -> LinearHead:
        """Read the layer from a ``.safetensors``, ``.npz`` or PyTorch file; a chain of layers is multiplied out.

        Raises:
            ValueError: the matrices do not make a chain that ends in one number.
        """
        arrays = _read(os.fspath(path))
        weights = [array for array in arrays.values() if array.ndim == 2]
        biases = [array for array in arrays.values() if array.ndim == 1]
        shapes = [weight.shape for weight in weights]
        chained = all(after[1] == before[0] for before, after in zip(shapes, shapes[1:]))
        fitting = [shape[0] for shape in shapes] == [len(bias) for bias in biases]
        if not weights or not chained or not fitting or shapes[-1][0] != 1:
            raise ValueError(f"{path}: no linear layers that end in one number: weights {shapes}")
        weight = reduce(lambda product, layer: layer @ product, weights)
        bias = reduce(lambda sum, layer: layer[0] @ sum + layer[1], zip(weights, biases), np.zeros(shapes[0][1]))
        return cls(weight[0].astype(np.float32), float(bias[0]))


def _read(path: str) -> Mapping[str, np.ndarray]:
    """The arrays of a file by name, in float64 and in the order of the layers."""
    if path.endswith(".npz"):
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    elif path.endswith(".safetensors"):
        from safetensors.numpy import load_file

        arrays = load_file(path)
    else:
        import torch

        arrays = {
            name: value.numpy() for name, value in torch.load(path, map_location="cpu", weights_only=True).items()
        }
    return {name: arrays[name].astype(np.float64) for name in sorted(arrays, key=_layer_order)}


def _layer_order(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in name.split(".")]
