"""Mixtures of the samples of a batch."""

import math
import sys
from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight.image.transforms._draw import below, dirichlet
from rushlight.image.transforms._sample import getter_of_labels, has_any, is_pure, query_size
from rushlight.image.transforms._transform import Transform
from rushlight.image.transforms.functional._pixels import is_pil, is_torch
from rushlight.image.tv_tensors import BoundingBoxes, Image, KeyPoints, Mask, TVTensor, Video, plain
from rushlight.utils._pytree import tree_flatten, tree_unflatten

__all__ = ["CutMix", "MixUp"]


class BatchMixture(Transform):
    """Base of the transforms that mix each sample of a batch with the one before, and their labels in proportion.

    Args:
        alpha: both parameters of the beta distribution of the share.
        num_classes: the number of classes, for labels that are indices ``[N]``.
        labels_getter: a function from the sample to its labels; "default" takes the second input, or finds them by name.
    """

    def __init__(
        self, *, alpha: float = 1.0, num_classes: int | None = None, labels_getter: Callable | str = "default"
    ) -> None:
        super().__init__()
        self.alpha = float(alpha)
        if not self.alpha > 0:
            raise ValueError(f"alpha should be positive, got {alpha}")
        self.num_classes = num_classes
        self._labels_getter = getter_of_labels(labels_getter)

    def share(self) -> float:
        """Draw from the beta distribution."""
        return float(dirichlet(rl.tensor([[self.alpha, self.alpha]]))[0, 0])

    def forward(self, *inputs: Any) -> Any:
        sample = inputs if len(inputs) > 1 else inputs[0]
        leaves, structure = tree_flatten(sample)
        if has_any(leaves, is_pil, BoundingBoxes, Mask, KeyPoints):
            raise ValueError(
                f"{type(self).__name__}() does not support PIL images, bounding boxes, keypoints and masks."
            )
        labels = self._labels_getter(sample)
        self.check_labels(labels)
        chosen = self.chosen(leaves)
        images = [leaf for leaf, takes in zip(leaves, chosen, strict=True) if takes]
        params = {"labels": labels, "batch_size": labels.shape[0], **self.make_params(images)}
        outputs = [
            self.transform(leaf, params) if takes or leaf is labels else leaf
            for leaf, takes in zip(leaves, chosen, strict=True)
        ]
        return tree_unflatten(outputs, structure)

    def check_labels(self, labels: Any):
        """Raise unless the labels are indices ``[N]`` or shares ``[N, num_classes]``."""
        if not isinstance(labels, rl.Tensor) and not is_torch(labels):
            raise ValueError(f"The labels must be a tensor, but got {type(labels)} instead.")
        if labels.ndim not in (1, 2):
            raise ValueError(
                "labels should be index based with shape (batch_size,) or probability based with shape "
                f"(batch_size, num_classes), but got a tensor of shape {labels.shape} instead."
            )
        if labels.ndim == 1 and self.num_classes is None:
            raise ValueError("num_classes must be passed if the labels are index-based (1D)")
        if labels.ndim == 2 and self.num_classes not in (None, labels.shape[-1]):
            raise ValueError(
                "When passing 2D labels, the number of elements in last dimension must match num_classes: "
                f"{labels.shape[-1]} != {self.num_classes}. You can Leave num_classes to None."
            )

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        if inpt is params["labels"]:
            return self.mixed_labels(inpt, params["lam"])
        if not (isinstance(inpt, (Image, Video)) or is_pure(inpt)):
            return inpt
        dimensions = 5 if isinstance(inpt, Video) else 4
        if inpt.ndim != dimensions:
            raise ValueError(
                f"Expected a batched input with {dimensions} dims, but got {inpt.ndim} dimensions instead."
            )
        if inpt.shape[0] != params["batch_size"]:
            raise ValueError(
                "The batch size of the image or video does not match the batch size of the labels: "
                f"{inpt.shape[0]} != {params['batch_size']}."
            )
        if isinstance(inpt, TVTensor):
            return type(inpt).wrap(self.mixed(plain(inpt), params), inpt)
        return self.mixed(inpt, params)

    def mixed_labels(self, labels: Any, share: float) -> Any:
        """Return shares of classes ``[N, num_classes]``."""
        if labels.ndim == 1:
            nn = sys.modules["torch"].nn if is_torch(labels) else rl.nn
            labels = nn.functional.one_hot(labels, num_classes=self.num_classes)
        return blend(labels if labels.is_floating_point() else labels.float(), share)


def blend(batch: Any, share: float) -> Any:
    """Return ``share`` of each entry and the rest of the one before."""
    return batch.roll(1, 0).mul_(1.0 - share).add_(batch.mul(share))


class MixUp(BatchMixture):
    """Blend each image of a batch with the one before (Zhang et al., 2017, arXiv:1710.09412).

    >>> images, labels = MixUp(num_classes=4)(rl.rand(2, 3, 8, 8), rl.tensor([0, 3]))
    >>> images.shape, labels.shape
    (torch.Size([2, 3, 8, 8]), torch.Size([2, 4]))
    """

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"lam": self.share()}

    def mixed(self, images: Any, params: dict[str, Any]) -> Any:
        return blend(images, params["lam"])


class CutMix(BatchMixture):
    """Put a part of the image before into each image of a batch (Yun et al., 2019, arXiv:1905.04899)."""

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        share = self.share()
        height, width = query_size(flat_inputs)
        x, y = below(0, width), below(0, height)
        half = 0.5 * math.sqrt(1.0 - share)
        half_width, half_height = int(half * width), int(half * height)
        left, top = max(x - half_width, 0), max(y - half_height, 0)
        right, bottom = min(x + half_width, width), min(y + half_height, height)
        area = (right - left) * (bottom - top)
        return {"box": (left, top, right, bottom), "lam": 1.0 - area / (width * height)}

    def mixed(self, images: Any, params: dict[str, Any]) -> Any:
        left, top, right, bottom = params["box"]
        output = images.clone()
        output[..., top:bottom, left:right] = images.roll(1, 0)[..., top:bottom, left:right]
        return output
