"""The operations that augmentations draw from, their strengths, and the learned policies of AutoAugment."""

from collections.abc import Callable
from dataclasses import dataclass

import rushlight as rl
from rushlight.image.transforms.modes import AutoAugmentPolicy


@dataclass(frozen=True)
class Operation:
    """Strengths of an operation.

    Attributes:
        magnitudes: from a number of steps and the height and width of an image to a tensor of strengths; None for an operation that has none.
        signed: whether it has two directions.
    """

    magnitudes: Callable[[int, int, int], rl.Tensor | None]
    signed: bool = False


def line(first: float, last: float) -> Operation:
    return Operation(lambda bins, height, width: rl.linspace(first, last, bins))


def signed(last: float) -> Operation:
    return Operation(lambda bins, height, width: rl.linspace(0.0, last, bins), True)


def along_width(share: float) -> Operation:
    return Operation(lambda bins, height, width: rl.linspace(0.0, share * width, bins), True)


def along_height(share: float) -> Operation:
    return Operation(lambda bins, height, width: rl.linspace(0.0, share * height, bins), True)


def bits(most: int, fewer: int) -> Operation:
    """Return numbers of bits to keep, from ``most`` down by ``fewer``."""
    return Operation(lambda bins, height, width: (most - rl.arange(bins) / ((bins - 1) / fewer)).round().int())


PLAIN = Operation(lambda bins, height, width: None)
COLOURS = ("Brightness", "Color", "Contrast", "Sharpness")


def space(
    shear: float, x: Operation, y: Operation, degrees: float, colour: float, posterize: Operation
) -> dict[str, Operation]:
    """Return the operations in the order in which they are numbered."""
    return {
        "Identity": PLAIN,
        "ShearX": signed(shear),
        "ShearY": signed(shear),
        "TranslateX": x,
        "TranslateY": y,
        "Rotate": signed(degrees),
        **{name: signed(colour) for name in COLOURS},
        "Posterize": posterize,
        "Solarize": line(1.0, 0.0),
        "AutoContrast": PLAIN,
        "Equalize": PLAIN,
    }


def without(space: dict[str, Operation], *names: str) -> dict[str, Operation]:
    return {name: operation for name, operation in space.items() if name not in names}


RANDOM = space(0.3, along_width(150.0 / 331.0), along_height(150.0 / 331.0), 30.0, 0.9, bits(8, 4))
WIDE = space(0.99, signed(32.0), signed(32.0), 135.0, 0.99, bits(8, 6))
THIRDS = (
    Operation(lambda bins, height, width: rl.linspace(0.0, width / 3.0, bins), True),
    Operation(lambda bins, height, width: rl.linspace(0.0, height / 3.0, bins), True),
)
MIX = without(space(0.3, *THIRDS, 30.0, 0.9, bits(4, 4)), "Identity")

SPACES = {
    "policy": without(RANDOM, "Identity") | {"Invert": PLAIN},
    "random": RANDOM,
    "wide": WIDE,
    "mix without colours": without(MIX, *COLOURS),
    "mix": without(MIX, *COLOURS) | {name: MIX[name] for name in COLOURS},
}

# Each pair: name, probability and strength (of ten) of two operations, from tables 7 to 9 of arXiv:1805.09501.
POLICIES = {
    AutoAugmentPolicy.IMAGENET: [
        (("Posterize", 0.4, 8), ("Rotate", 0.6, 9)),
        (("Solarize", 0.6, 5), ("AutoContrast", 0.6, None)),
        (("Equalize", 0.8, None), ("Equalize", 0.6, None)),
        (("Posterize", 0.6, 7), ("Posterize", 0.6, 6)),
        (("Equalize", 0.4, None), ("Solarize", 0.2, 4)),
        (("Equalize", 0.4, None), ("Rotate", 0.8, 8)),
        (("Solarize", 0.6, 3), ("Equalize", 0.6, None)),
        (("Posterize", 0.8, 5), ("Equalize", 1.0, None)),
        (("Rotate", 0.2, 3), ("Solarize", 0.6, 8)),
        (("Equalize", 0.6, None), ("Posterize", 0.4, 6)),
        (("Rotate", 0.8, 8), ("Color", 0.4, 0)),
        (("Rotate", 0.4, 9), ("Equalize", 0.6, None)),
        (("Equalize", 0.0, None), ("Equalize", 0.8, None)),
        (("Invert", 0.6, None), ("Equalize", 1.0, None)),
        (("Color", 0.6, 4), ("Contrast", 1.0, 8)),
        (("Rotate", 0.8, 8), ("Color", 1.0, 2)),
        (("Color", 0.8, 8), ("Solarize", 0.8, 7)),
        (("Sharpness", 0.4, 7), ("Invert", 0.6, None)),
        (("ShearX", 0.6, 5), ("Equalize", 1.0, None)),
        (("Color", 0.4, 0), ("Equalize", 0.6, None)),
        (("Equalize", 0.4, None), ("Solarize", 0.2, 4)),
        (("Solarize", 0.6, 5), ("AutoContrast", 0.6, None)),
        (("Invert", 0.6, None), ("Equalize", 1.0, None)),
        (("Color", 0.6, 4), ("Contrast", 1.0, 8)),
        (("Equalize", 0.8, None), ("Equalize", 0.6, None)),
    ],
    AutoAugmentPolicy.CIFAR10: [
        (("Invert", 0.1, None), ("Contrast", 0.2, 6)),
        (("Rotate", 0.7, 2), ("TranslateX", 0.3, 9)),
        (("Sharpness", 0.8, 1), ("Sharpness", 0.9, 3)),
        (("ShearY", 0.5, 8), ("TranslateY", 0.7, 9)),
        (("AutoContrast", 0.5, None), ("Equalize", 0.9, None)),
        (("ShearY", 0.2, 7), ("Posterize", 0.3, 7)),
        (("Color", 0.4, 3), ("Brightness", 0.6, 7)),
        (("Sharpness", 0.3, 9), ("Brightness", 0.7, 9)),
        (("Equalize", 0.6, None), ("Equalize", 0.5, None)),
        (("Contrast", 0.6, 7), ("Sharpness", 0.6, 5)),
        (("Color", 0.7, 7), ("TranslateX", 0.5, 8)),
        (("Equalize", 0.3, None), ("AutoContrast", 0.4, None)),
        (("TranslateY", 0.4, 3), ("Sharpness", 0.2, 6)),
        (("Brightness", 0.9, 6), ("Color", 0.2, 8)),
        (("Solarize", 0.5, 2), ("Invert", 0.0, None)),
        (("Equalize", 0.2, None), ("AutoContrast", 0.6, None)),
        (("Equalize", 0.2, None), ("Equalize", 0.6, None)),
        (("Color", 0.9, 9), ("Equalize", 0.6, None)),
        (("AutoContrast", 0.8, None), ("Solarize", 0.2, 8)),
        (("Brightness", 0.1, 3), ("Color", 0.7, 0)),
        (("Solarize", 0.4, 5), ("AutoContrast", 0.9, None)),
        (("TranslateY", 0.9, 9), ("TranslateY", 0.7, 9)),
        (("AutoContrast", 0.9, None), ("Solarize", 0.8, 3)),
        (("Equalize", 0.8, None), ("Invert", 0.1, None)),
        (("TranslateY", 0.7, 9), ("AutoContrast", 0.9, None)),
    ],
    AutoAugmentPolicy.SVHN: [
        (("ShearX", 0.9, 4), ("Invert", 0.2, None)),
        (("ShearY", 0.9, 8), ("Invert", 0.7, None)),
        (("Equalize", 0.6, None), ("Solarize", 0.6, 6)),
        (("Invert", 0.9, None), ("Equalize", 0.6, None)),
        (("Equalize", 0.6, None), ("Rotate", 0.9, 3)),
        (("ShearX", 0.9, 4), ("AutoContrast", 0.8, None)),
        (("ShearY", 0.9, 8), ("Invert", 0.4, None)),
        (("ShearY", 0.9, 5), ("Solarize", 0.2, 6)),
        (("Invert", 0.9, None), ("AutoContrast", 0.8, None)),
        (("Equalize", 0.6, None), ("Rotate", 0.9, 3)),
        (("ShearX", 0.9, 4), ("Solarize", 0.3, 3)),
        (("ShearY", 0.8, 8), ("Invert", 0.7, None)),
        (("Equalize", 0.9, None), ("TranslateY", 0.6, 6)),
        (("Invert", 0.9, None), ("Equalize", 0.6, None)),
        (("Contrast", 0.3, 3), ("Rotate", 0.8, 4)),
        (("Invert", 0.8, None), ("TranslateY", 0.0, 2)),
        (("ShearY", 0.7, 6), ("Solarize", 0.4, 8)),
        (("Invert", 0.6, None), ("Rotate", 0.8, 4)),
        (("ShearY", 0.3, 7), ("TranslateX", 0.9, 3)),
        (("ShearX", 0.1, 6), ("Invert", 0.6, None)),
        (("Solarize", 0.7, 2), ("TranslateY", 0.6, 7)),
        (("ShearY", 0.8, 4), ("Invert", 0.8, None)),
        (("ShearX", 0.7, 9), ("TranslateY", 0.8, 3)),
        (("ShearY", 0.8, 5), ("AutoContrast", 0.7, None)),
        (("ShearX", 0.7, 2), ("Invert", 0.1, None)),
    ],
}
