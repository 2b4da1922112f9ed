"""A trained network together with what is needed to use it on a picture."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import rushlight as rl
from rushlight import Tensor, nn
from rushlight.models import build
from rushlight.serialization.safetensors import load_file, save_file


@dataclass(frozen=True)
class Description:
    """The network's name and geometry, its class names, and the statistics that its input is normalised with."""

    model: str
    channels: int
    size: int
    classes: list[str]
    mean: list[float]
    std: list[float]

    def network(self) -> nn.Module:
        return build(self.model, self.channels, self.size, len(self.classes))

    def normalise(self, pixels: Tensor) -> Tensor:
        """(pixels / 255 - mean) / std per channel; uint8 (N, channels, size, size) -> float32 of that shape."""
        mean = rl.tensor(self.mean).view(-1, 1, 1)
        std = rl.tensor(self.std).view(-1, 1, 1)
        return (pixels.float() / 255 - mean) / std

    def as_dict(self) -> dict:
        return asdict(self)


@dataclass(frozen=True)
class Classifier:
    """A network and its description."""

    description: Description
    network: nn.Module

    def logits(self, pixels: np.ndarray, batch_size: int = 500) -> Tensor:
        """Class scores of uint8 images; (N, channels, size, size) -> (N, classes), without gradients."""
        return self.scores(rl.from_numpy(np.ascontiguousarray(pixels)).split(batch_size))

    def scores(self, batches: Iterable[Tensor]) -> Tensor:
        """Class scores of all the images of batches, without gradients."""
        self.network.eval()
        with rl.no_grad():
            return rl.cat([self.network(self.description.normalise(batch)) for batch in batches])

    def probabilities(self, pixels: np.ndarray) -> np.ndarray:
        """Class probabilities of uint8 images; (N, channels, size, size) -> (N, classes) float32."""
        return self.logits(pixels).softmax(dim=1).numpy()

    def save(self, path: Path) -> None:
        """Write weights and description as one safetensors file."""
        weights = {name: tensor.contiguous() for name, tensor in self.network.state_dict().items()}
        save_file(weights, path, metadata={"rushlight": json.dumps(self.description.as_dict())})


def load_classifier(path: str | Path) -> Classifier:
    """Read a classifier from ``model.safetensors``, ``checkpoint.pt`` or the folder that holds them.

    Raises FileNotFoundError when there is none, ValueError when the file was not written by ``rushlight train``.
    """
    path = Path(path)
    if path.is_dir():
        path = next((path / name for name in ("model.safetensors", "checkpoint.pt") if (path / name).exists()), path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no model.safetensors or checkpoint.pt there")
    description, weights = _read_safetensors(path) if path.suffix == ".safetensors" else _read_checkpoint(path)
    network = description.network()
    network.load_state_dict(weights)
    return Classifier(description, network)


def _read_safetensors(path: Path) -> tuple[Description, dict[str, Tensor]]:
    weights = load_file(path)
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    text = header.get("__metadata__", {}).get("rushlight")
    if text is None:
        raise ValueError(f"{path}: holds weights but not what they belong to; `rushlight train` writes both")
    return Description(**json.loads(text)), weights


def _read_checkpoint(path: Path) -> tuple[Description, dict[str, Tensor]]:
    content = rl.load(path)
    if not isinstance(content, dict) or not {"description", "best"} <= content.keys():
        raise ValueError(f"{path}: not a checkpoint of `rushlight train`")
    return Description(**content["description"]), content["best"]
