"""Chains of operations drawn at random, or from policies that were learned."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import rushlight as rl
from rushlight.image.transforms import functional as F
from rushlight.image.transforms._arguments import Fill, fill_for, fill_table
from rushlight.image.transforms._draw import below, dirichlet, rand, randint
from rushlight.image.transforms._policies import POLICIES, SPACES, Operation
from rushlight.image.transforms._sample import is_image, opened, require_own
from rushlight.image.transforms._transform import Transform
from rushlight.image.transforms.functional._convert import max_value
from rushlight.image.transforms.functional._pixels import is_pil, pixels
from rushlight.image.transforms.geometry import Interpolation
from rushlight.image.transforms.modes import AutoAugmentPolicy
from rushlight.image.tv_tensors import BoundingBoxes, KeyPoints, Mask, TVTensor, Video, plain
from rushlight.utils._pytree import tree_flatten, tree_unflatten

__all__ = ["AugMix", "AutoAugment", "RandAugment", "TrivialAugmentWide"]


class Augmentation(Transform):
    """Base of the transforms that draw operations and their strength for the one image of a sample."""

    def __init__(self, *, interpolation: Interpolation = "nearest", fill: Fill | dict = None) -> None:
        super().__init__()
        self.interpolation = interpolation
        self.fill = fill
        self._fill = fill_table(fill)

    def augmented(self, image: Any) -> Any:
        """Return an image after operations that are drawn."""
        raise NotImplementedError

    def forward(self, *inputs: Any) -> Any:
        sample = inputs[0] if len(inputs) == 1 else (opened(inputs[0]), *inputs[1:])
        if is_image(sample) and not isinstance(sample, TVTensor):
            return self.augmented(opened(sample))
        leaves, structure = tree_flatten(sample)
        require_own(leaves)
        index = self.image_index(leaves)
        leaves[index] = self.augmented(leaves[index])
        return tree_unflatten(leaves, structure)

    def image_index(self, leaves: list[Any]) -> int:
        """Return where the only image of a sample is."""
        for leaf in leaves:
            if isinstance(leaf, (BoundingBoxes, Mask, KeyPoints)):
                raise TypeError(f"Inputs of type {type(leaf).__name__} are not supported by {type(self).__name__}()")
        found = [index for index, takes in enumerate(self.chosen(leaves)) if takes]
        if not found:
            raise TypeError("Found no image in the sample.")
        if len(found) > 1:
            raise TypeError(
                "Auto augment transformations are only properly defined for a single image or video, "
                f"but found {len(found)}."
            )
        return found[0]

    def space(self, name: str) -> dict[str, Operation]:
        """Return the operations to draw from."""
        return SPACES[name]

    def draw(self, space: dict[str, Operation]) -> tuple[str, Operation]:
        """Draw an operation."""
        names = tuple(space)
        name = names[int(randint(0, len(names)))]
        return name, space[name]

    def negative(self) -> bool:
        """Draw whether a strength is negative."""
        return bool(rand() <= 0.5)

    def applied(self, image: Any, name: str, magnitude: float) -> Any:
        """Return an image after one operation."""
        fill = fill_for(self._fill, image)
        if name in WARPS:
            return WARPS[name](image, magnitude, interpolation=self.interpolation, fill=fill)
        return TONES[name](image, magnitude)


def strength(magnitudes: rl.Tensor | None, index: int | None, signed: bool, negative: Callable[[], bool]) -> float:
    """Return a magnitude, with a sign drawn for operations that have two directions."""
    if magnitudes is None:
        return 0.0
    magnitude = float(magnitudes[index])
    return -magnitude if signed and negative() else magnitude


def sheared(image: Any, x: float, y: float, **options) -> Any:
    shear = [math.degrees(math.atan(x)), math.degrees(math.atan(y))]
    return F.affine(image, angle=0.0, translate=[0, 0], scale=1.0, shear=shear, center=[0, 0], **options)


def shifted(image: Any, x: float, y: float, **options) -> Any:
    return F.affine(image, angle=0.0, translate=[int(x), int(y)], scale=1.0, shear=[0.0, 0.0], **options)


WARPS = {
    "ShearX": lambda image, m, **options: sheared(image, m, 0.0, **options),
    "ShearY": lambda image, m, **options: sheared(image, 0.0, m, **options),
    "TranslateX": lambda image, m, **options: shifted(image, m, 0, **options),
    "TranslateY": lambda image, m, **options: shifted(image, 0, m, **options),
    "Rotate": lambda image, m, **options: F.rotate(image, angle=m, **options),
}

TONES = {
    "Identity": lambda image, m: image,
    "Brightness": lambda image, m: F.adjust_brightness(image, 1.0 + m),
    "Color": lambda image, m: F.adjust_saturation(image, 1.0 + m),
    "Contrast": lambda image, m: F.adjust_contrast(image, 1.0 + m),
    "Sharpness": lambda image, m: F.adjust_sharpness(image, 1.0 + m),
    "Posterize": lambda image, m: F.posterize(image, int(m)),
    "Solarize": lambda image, m: F.solarize(image, white(image) * m),
    "AutoContrast": lambda image, m: F.autocontrast(image),
    "Equalize": lambda image, m: F.equalize(image),
    "Invert": lambda image, m: F.invert(image),
}


def white(image: Any) -> float:
    """Return the largest value of an image's type."""
    return 255.0 if is_pil(image) else max_value(str(image.dtype).removeprefix("torch."))


class AutoAugment(Augmentation):
    """Apply one of the pairs of operations of a learned policy (Cubuk et al., 2018, arXiv:1805.09501)."""

    def __init__(
        self,
        policy: AutoAugmentPolicy = AutoAugmentPolicy.IMAGENET,
        interpolation: Interpolation = "nearest",
        fill: Fill | dict = None,
    ) -> None:
        super().__init__(interpolation=interpolation, fill=fill)
        if type(policy).__name__ == "AutoAugmentPolicy":
            policy = AutoAugmentPolicy(policy.value)
        self.policy = policy
        if policy not in POLICIES:
            raise ValueError(f"The provided policy {policy} is not recognized.")
        self._policies = POLICIES[policy]

    @staticmethod
    def get_params(transform_num: int) -> tuple[int, rl.Tensor, rl.Tensor]:
        """Draw which pair, two numbers to compare with its probabilities, and two signs."""
        return below(0, transform_num), rand(2), randint(0, 2, (2,))

    def augmented(self, image: Any) -> Any:
        size = F.get_size(image)
        for name, probability, index in self._policies[int(randint(0, len(self._policies)))]:
            if rand() <= probability:
                operation = self.space("policy")[name]
                image = self.applied(
                    image, name, strength(operation.magnitudes(10, *size), index, operation.signed, self.negative)
                )
        return image


class RandAugment(Augmentation):
    """Apply ``num_ops`` operations of one strength (Cubuk et al., 2019, arXiv:1909.13719).

    Args:
        magnitude: the strength, from 0 to ``num_magnitude_bins - 1``.
    """

    def __init__(
        self,
        num_ops: int = 2,
        magnitude: int = 9,
        num_magnitude_bins: int = 31,
        interpolation: Interpolation = "nearest",
        fill: Fill | dict = None,
    ) -> None:
        super().__init__(interpolation=interpolation, fill=fill)
        if not isinstance(num_ops, int) or num_ops < 0:
            raise ValueError(f"num_ops should be a non-negative integer, but got {num_ops} instead.")
        self.num_ops = num_ops
        self.magnitude = magnitude
        self.num_magnitude_bins = num_magnitude_bins

    def augmented(self, image: Any) -> Any:
        size = F.get_size(image)
        for _ in range(self.num_ops):
            name, operation = self.draw(self.space("random"))
            magnitudes = operation.magnitudes(self.num_magnitude_bins, *size)
            image = self.applied(image, name, strength(magnitudes, self.magnitude, operation.signed, self.negative))
        return image


class TrivialAugmentWide(Augmentation):
    """Apply one operation of random strength (Müller and Hutter, 2021, arXiv:2103.10158)."""

    def __init__(
        self, num_magnitude_bins: int = 31, interpolation: Interpolation = "nearest", fill: Fill | dict = None
    ):
        super().__init__(interpolation=interpolation, fill=fill)
        self.num_magnitude_bins = num_magnitude_bins

    def augmented(self, image: Any) -> Any:
        name, operation = self.draw(self.space("wide"))
        magnitudes = operation.magnitudes(self.num_magnitude_bins, *F.get_size(image))
        index = None if magnitudes is None else int(randint(0, self.num_magnitude_bins))
        return self.applied(image, name, strength(magnitudes, index, operation.signed, self.negative))


class AugMix(Augmentation):
    """Blend an image with chains of operations on it (Hendrycks et al., 2019, arXiv:1912.02781).

    Args:
        severity: the most an operation may do, from 1 to 10.
        mixture_width: how many chains.
        chain_depth: operations of a chain, or -1 to draw 1 to 3.
        alpha: parameter of the distributions of the shares.
        all_ops: whether brightness, colour, contrast and sharpness are among the operations.
    """

    def __init__(
        self,
        severity: int = 3,
        mixture_width: int = 3,
        chain_depth: int = -1,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: Interpolation = "bilinear",
        fill: Fill | dict = None,
    ) -> None:
        super().__init__(interpolation=interpolation, fill=fill)
        if not 1 <= severity <= 10:
            raise ValueError(f"The severity must be between [1, 10]. Got {severity} instead.")
        self.severity = severity
        self.mixture_width = mixture_width
        self.chain_depth = chain_depth
        self.alpha = alpha
        self.all_ops = all_ops

    def augmented(self, image: Any) -> Any:
        tensor, give = as_batch(image)
        weights = self.draw_weights(len(tensor))
        mixture = weights[0].reshape(-1, *[1] * (tensor.ndim - 1)) * tensor
        for share in weights[1:]:
            mixture.add_(share.reshape(-1, *[1] * (tensor.ndim - 1)) * self.chain(tensor))
        return give(mixture.to(tensor.dtype))

    def draw_weights(self, count: int) -> rl.Tensor:
        """Draw the shares of the image and of each chain for every image of a batch: ``[1 + mixture_width, N]``."""
        between = dirichlet(rl.tensor([self.alpha] * 2).expand(count, -1))
        among = dirichlet(rl.tensor([self.alpha] * self.mixture_width).expand(count, -1))
        return rl.cat([between[:, :1], among * between[:, 1:]], 1).T

    def chain(self, image: rl.Tensor) -> rl.Tensor:
        """Return an image after operations that are drawn."""
        space = self.space("mix" if self.all_ops else "mix without colours")
        size = F.get_size(image)
        depth = self.chain_depth if self.chain_depth > 0 else below(1, 4)
        for _ in range(depth):
            name, operation = self.draw(space)
            magnitudes = operation.magnitudes(10, *size)
            index = None if magnitudes is None else int(randint(0, self.severity))
            image = self.applied(image, name, strength(magnitudes, index, operation.signed, self.negative))
        return image


def as_batch(image: Any) -> tuple[rl.Tensor, Any]:
    """Return an image as a tensor ``[N, ..., C, H, W]``, and the function that gives such a tensor its kind again."""
    if isinstance(image, TVTensor):
        batch, give = as_batch_of(plain(image), 5 if isinstance(image, Video) else 4)
        return batch, lambda result: type(image).wrap(give(result), image)
    if isinstance(image, rl.Tensor):
        return as_batch_of(image, 4)
    found = pixels(image)
    planar = found.array if found.planar else np.ascontiguousarray(np.moveaxis(found.array, -1, -3))
    batch, unbatched = as_batch_of(rl.from_numpy(planar), 4)

    def give(result: rl.Tensor) -> Any:
        array = unbatched(result).numpy()
        return found.give(array if found.planar else np.ascontiguousarray(np.moveaxis(array, -3, -1)))

    return batch, give


def as_batch_of(tensor: rl.Tensor, dimensions: int) -> tuple[rl.Tensor, Any]:
    shape = tensor.shape
    return tensor.reshape(*[1] * max(dimensions - tensor.ndim, 0), *shape), lambda result: result.reshape(shape)
