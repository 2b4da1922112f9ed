"""The base of all transforms: which parts of a sample are transformed, with parameters drawn once for all of them."""

import enum
from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight.image._torch import introduce_modules
from rushlight.image.transforms._draw import rand
from rushlight.image.transforms._sample import (
    TypeOrCheck,
    check_type,
    has_any,
    is_array,
    is_image,
    is_pure,
    opened,
    require_own,
)
from rushlight.image.transforms.functional._pixels import is_pil, is_torch
from rushlight.image.transforms.functional._typed import has_kernel
from rushlight.image.tv_tensors import Image, TVTensor, Video
from rushlight.nn import Module
from rushlight.utils._pytree import tree_flatten, tree_unflatten

__all__ = ["RandomTransform", "Transform"]


class Transform(Module):
    """Base class of transforms: override ``make_params`` and ``transform``.

    A sample is an image of any kind, or any nesting of lists, tuples and dictionaries. All its images, videos, masks,
    boxes and key points are transformed with the same parameters. Of tensors and arrays that do not say what they are,
    the first is the image if the sample has no ``tv_tensors.Image``, ``Video`` or PIL image; the others, and everything
    else, pass through. A path or encoded bytes are an image when they are the input, or the first of several.
    """

    _transformed_types: tuple[TypeOrCheck, ...] = (rl.Tensor, is_array, is_pil, is_torch)
    _opens_files = True

    def __init__(self) -> None:
        super().__init__()
        introduce_modules(Transform)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        introduce_modules(Transform)

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        """Raise if a sample is not one this transform can treat."""

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Return the parameters for one call, drawn from the default generator."""
        return {}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Return one part of a sample transformed."""
        raise NotImplementedError

    def applies(self) -> bool:
        """Return whether this call transforms its sample at all."""
        return True

    def forward(self, *inputs: Any) -> Any:
        sample = inputs[0] if len(inputs) == 1 else inputs
        if is_image(sample):
            return self.transform_image(opened(sample) if self._opens_files else sample)
        if self._opens_files and len(inputs) > 1:
            sample = (opened(inputs[0]), *inputs[1:])
        leaves, structure = tree_flatten(sample)
        require_own(leaves)
        self.check_inputs(leaves)
        if not self.applies():
            return sample
        chosen = self.chosen(leaves)
        params = self.make_params([leaf for leaf, takes in zip(leaves, chosen, strict=True) if takes])
        outputs = [self.transform(leaf, params) if takes else leaf for leaf, takes in zip(leaves, chosen, strict=True)]
        return tree_unflatten(outputs, structure)

    def transform_image(self, image: Any) -> Any:
        """Return an image that is the whole sample transformed."""
        inputs = [image]
        self.check_inputs(inputs)
        if not self.applies():
            return image
        if not check_type(image, self._transformed_types):
            self.make_params([])
            return image
        return self.transform(image, self.make_params(inputs))

    def chosen(self, leaves: list[Any]) -> list[bool]:
        """Return which parts of a sample are transformed."""
        pure_is_image = not has_any(leaves, Image, Video, is_pil)
        chosen = []
        for leaf in leaves:
            takes = check_type(leaf, self._transformed_types)
            if takes and is_pure(leaf):
                takes, pure_is_image = pure_is_image, False
            chosen.append(takes)
        return chosen

    def _call_kernel(self, functional: Callable, inpt: Any, *args: Any, **kwargs: Any) -> Any:
        """Return what a function makes of an input; a ``TVTensor`` it is not defined for as it is."""
        if isinstance(inpt, TVTensor) and not has_kernel(functional, type(inpt)):
            return inpt
        return functional(inpt, *args, **kwargs)

    def extra_repr(self) -> str:
        shown = (bool, int, float, str, tuple, list, enum.Enum)
        values = ((name, value) for name, value in self.__dict__.items() if name != "training" and name[0] != "_")
        return ", ".join(f"{name}={value}" for name, value in values if isinstance(value, shown))


class RandomTransform(Transform):
    """Base class of transforms that are applied with probability ``p``."""

    def __init__(self, p: float = 0.5) -> None:
        if not (0.0 <= p <= 1.0):
            raise ValueError("`p` should be a floating point value in the interval [0.0, 1.0].")
        super().__init__()
        self.p = p

    def applies(self) -> bool:
        return not bool(rand(1) >= self.p)
