"""Transforms made of transforms: in order, or chosen at random."""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any

from rushlight.image.transforms._draw import rand, randperm, weighted
from rushlight.image.transforms._one_pass import one_pass
from rushlight.image.transforms._sample import is_array
from rushlight.image.transforms._transform import Transform
from rushlight.nn import ModuleList

__all__ = ["Compose", "Identity", "Lambda", "RandomApply", "RandomChoice", "RandomOrder"]


def require_transforms(transforms: Any, kinds: tuple[type, ...] = (Sequence,), names: str = ""):
    # PyTorch's ModuleList serves as well as ours.
    if not isinstance(transforms, kinds) and type(transforms).__name__ not in (kind.__name__ for kind in kinds):
        raise TypeError(f"Argument transforms should be a sequence of callables{names}")
    if not len(transforms):
        raise ValueError("Pass at least one transform")


class Sequential(Transform):
    """Base of the transforms that apply others one after the other."""

    def run(self, inputs: tuple, transforms) -> Any:
        several = len(inputs) > 1
        for transform in transforms:
            outputs = transform(*inputs)
            inputs = outputs if several else (outputs,)
        return outputs


class Compose(Sequential):
    """Apply transforms one after the other.

    From a path or encoded bytes, Resize, CenterCrop, ToTensor and Normalize in this order are one pass over the file, with the same result.

    >>> Compose([Identity(), Identity()])
    Compose(
          Identity()
          Identity()
    )
    """

    def __init__(self, transforms: Sequence[Callable]) -> None:
        super().__init__()
        require_transforms(transforms)
        self.transforms = transforms

    def forward(self, *inputs: Any) -> Any:
        if len(inputs) == 1 and isinstance(inputs[0], (str, PathLike, bytes)):
            load = one_pass(self.transforms)
            if load is not None:
                return load(inputs[0])
        return self.run(inputs, self.transforms)

    def extra_repr(self) -> str:
        return "\n".join(f"    {transform}" for transform in self.transforms)


class RandomApply(Sequential):
    """Apply all transforms of a list, with probability ``p``."""

    def __init__(self, transforms: Sequence[Callable] | ModuleList, p: float = 0.5) -> None:
        super().__init__()
        require_transforms(transforms, (Sequence, ModuleList), " or a `nn.ModuleList`")
        self.transforms = transforms
        if not (0.0 <= p <= 1.0):
            raise ValueError("`p` should be a floating point value in the interval [0.0, 1.0].")
        self.p = p

    def forward(self, *inputs: Any) -> Any:
        if rand(1) >= self.p:
            return inputs if len(inputs) > 1 else inputs[0]
        return self.run(inputs, self.transforms)

    def extra_repr(self) -> str:
        return "\n".join(f"    {transform}" for transform in self.transforms)


class RandomChoice(Transform):
    """Apply one transform of a list; ``p`` weighs them."""

    def __init__(self, transforms: Sequence[Callable], p: list[float] | None = None) -> None:
        require_transforms(transforms)
        p = [1] * len(transforms) if p is None else p
        if len(p) != len(transforms):
            raise ValueError(f"Length of p doesn't match the number of transforms: {len(p)} != {len(transforms)}")
        super().__init__()
        self.transforms = transforms
        total = sum(p)
        self.p = [weight / total for weight in p]

    def forward(self, *inputs: Any) -> Any:
        chosen = weighted(self.p)
        return self.transforms[chosen](*inputs)


class RandomOrder(Sequential):
    """Apply all transforms of a list in a random order."""

    def __init__(self, transforms: Sequence[Callable]) -> None:
        require_transforms(transforms)
        super().__init__()
        self.transforms = transforms

    def forward(self, *inputs: Any) -> Any:
        order = randperm(len(self.transforms)).tolist()
        return self.run(inputs, [self.transforms[index] for index in order])


class Identity(Transform):
    """Return the sample as it is."""

    _opens_files = False

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return inpt


class Lambda(Transform):
    """Apply a function to every part of a sample, or to those of some types.

    >>> Lambda(abs)([-1, -2.0])
    [1, 2.0]
    >>> Lambda(abs, int)([-1, -2.0])
    [1, -2.0]
    """

    _transformed_types = (object,)
    _opens_files = False

    def __init__(self, lambd: Callable[[Any], Any], *types: type):
        super().__init__()
        self.lambd = lambd
        self.types = types or self._transformed_types

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self.lambd(inpt) if isinstance(inpt, self.types) else inpt

    def chosen(self, leaves: list[Any]) -> list[bool]:
        # Arrays are data like any other here: only of several tensors does one stand for the image.
        return [takes or is_array(leaf) for leaf, takes in zip(leaves, super().chosen(leaves), strict=True)]

    def extra_repr(self) -> str:
        name = getattr(self.lambd, "__name__", None)
        types = f"types={[kind.__name__ for kind in self.types]}"
        return f"{name}, {types}" if name else types
