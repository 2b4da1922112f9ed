"""The classes of ``torchvision.transforms``: those of v2, but they print as there, and where the two draw differently, they draw as there."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from numbers import Real
from typing import Any

from rushlight.image.transforms import auto, color, container, conversion, crop, geometry, noise, warp
from rushlight.image.transforms import functional as F
from rushlight.image.transforms._draw import python_generator, randint
from rushlight.image.transforms._policies import SPACES, Operation, line
from rushlight.image.transforms.functional import InterpolationMode
from rushlight.image.transforms.functional._interpolation import interpolation_mode


class Shown:
    """Base of classes with the arguments and defaults of v2's that print ``SHOWN`` with these arguments and ``self``."""

    SHOWN = ""

    def __init_subclass__(cls, **defaults: Any) -> None:
        of_v2 = cls.__bases__[-1]
        signature = inspect.signature(of_v2)
        if "interpolation" in signature.parameters:
            defaults["interpolation"] = interpolation_mode(signature.parameters["interpolation"].default)
        parameters = [p.replace(default=defaults.get(p.name, p.default)) for p in signature.parameters.values()]
        cls.__signature__ = signature.replace(parameters=parameters)
        cls.__doc__ = cls.__doc__ or of_v2.__doc__

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = self.__signature__.bind(*args, **kwargs)
        given.apply_defaults()
        self._given = given.arguments
        if "interpolation" in self._given:
            self.interpolation = self._given["interpolation"] = interpolation_mode(self._given["interpolation"])

    def shown(self) -> str:
        """Return what is printed between the parentheses."""
        return self.SHOWN.format(self=self, **self._given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shown()})"


def listed(transforms: Sequence[Callable], *before: str) -> str:
    """Return lines of text between the parentheses."""
    return "".join(f"\n    {line}" for line in (*before, *transforms)) + "\n"


class Compose(Shown, container.Compose):
    """Apply transforms one after the other; none at all leave the image as it is.

    >>> Compose([])
    Compose(
    )
    """

    def __init__(self, transforms: Sequence[Callable]) -> None:
        container.Sequential.__init__(self)
        if not isinstance(transforms, Iterable):
            raise TypeError("Argument transforms should be a sequence of callables")
        self.transforms = transforms

    def forward(self, *inputs: Any) -> Any:
        if not self.transforms:
            return inputs if len(inputs) > 1 else inputs[0]
        return super().forward(*inputs)

    def shown(self) -> str:
        return listed(self.transforms)


class RandomApply(Shown, container.RandomApply):
    """Apply all transforms of a list, with probability ``p``."""

    def shown(self) -> str:
        return listed(self.transforms, f"p={self.p}")


class RandomChoice(Shown, container.RandomChoice):
    """Apply one transform of a list, drawn by Python's ``random.choices``."""

    def forward(self, *inputs: Any) -> Any:
        return python_generator().choices(self.transforms, weights=self._given["p"])[0](*inputs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({listed(self.transforms)})(p={self._given['p']})"


class RandomOrder(Shown, container.RandomOrder):
    """Apply all transforms of a list in an order drawn by Python's ``random.shuffle``."""

    def forward(self, *inputs: Any) -> Any:
        order = list(self.transforms)
        python_generator().shuffle(order)
        return self.run(inputs, order)

    def shown(self) -> str:
        return listed(self.transforms)


class Lambda(Shown, container.Lambda):
    """Apply a function to what the transform before it returned, such as the crops of ``TenCrop``, or to those parts of a sample that are of some types.

    Of several inputs the function gets every part by itself.

    >>> Lambda(len)((1, 2, 3))
    3
    >>> Lambda(abs, int)([-1, -2.0])
    [1, -2.0]
    """

    def __init__(self, lambd: Callable[[Any], Any], *types: type) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        super().__init__(lambd, *types)

    def forward(self, *inputs: Any) -> Any:
        whole = len(inputs) == 1 and isinstance(inputs[0], (tuple, list, dict))
        if whole and self.types == self._transformed_types:
            return self.lambd(inputs[0])
        return super().forward(*inputs)


class Resize(Shown, geometry.Resize):
    """Resize to ``size``: ``(height, width)``, or the length of the shorter side.

    >>> Resize(256)
    Resize(size=256, interpolation=bilinear, max_size=None, antialias=True)
    """

    SHOWN = "size={size}, interpolation={interpolation.value}, max_size={max_size}, antialias={antialias}"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.size = self._given["size"]


class Pad(Shown, geometry.Pad):
    SHOWN = "padding={padding}, fill={fill}, padding_mode={padding_mode}"


class RandomCrop(Shown, crop.RandomCrop):
    SHOWN = "size={self.size}, padding={padding}"


class RandomResizedCrop(Shown, crop.RandomResizedCrop):
    def shown(self) -> str:
        scale, ratio = (tuple(round(bound, 4) for bound in bounds) for bounds in (self.scale, self.ratio))
        size, interpolation, antialias = (self._given[name] for name in ("size", "interpolation", "antialias"))
        return f"size={self.size}, scale={scale}, ratio={ratio}, interpolation={interpolation.value}, antialias={antialias}"


class Normalize(Shown, conversion.Normalize):
    """Return ``(image - mean) / std`` by channel; one number is for all channels."""

    SHOWN = "mean={mean}, std={std}"

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float], inplace: bool = False) -> None:
        super().__init__(*([value] if isinstance(value, Real) else value for value in (mean, std)), inplace)
        self._given |= {"mean": mean, "std": std}
        if isinstance(mean, tuple) and isinstance(std, tuple):
            self.mean, self.std = mean, std


class LinearTransformation(Shown, conversion.LinearTransformation):
    def shown(self) -> str:
        return f"transformation_matrix={self.transformation_matrix.tolist()}, mean_vector={self.mean_vector.tolist()}"


class ColorJitter(Shown, color.ColorJitter, brightness=0, contrast=0, saturation=0, hue=0):
    SHOWN = "brightness={self.brightness}, contrast={self.contrast}, saturation={self.saturation}, hue={self.hue}"


class RandomPosterize(Shown, color.RandomPosterize):
    SHOWN = "bits={bits},p={p}"


class RandomSolarize(Shown, color.RandomSolarize):
    SHOWN = "threshold={threshold},p={p}"


class RandomAdjustSharpness(Shown, color.RandomAdjustSharpness):
    SHOWN = "sharpness_factor={sharpness_factor},p={p}"


class GaussianBlur(Shown, noise.GaussianBlur):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sigma = tuple(self.sigma)

    def shown(self) -> str:
        sigma = self._given["sigma"]
        return f"kernel_size={self.kernel_size}, sigma={(sigma, sigma) if isinstance(sigma, Real) else sigma}"


class RandomErasing(Shown, noise.RandomErasing, value=0):
    SHOWN = "p={p}, scale={scale}, ratio={ratio}, value={value}, inplace={inplace}"


def optional(options: dict[str, Any], **usual: Any) -> str:
    """Return those options that are not as usual."""
    return "".join(f", {name}={options[name]}" for name, value in usual.items() if options[name] != value)


class RandomRotation(Shown, warp.RandomRotation):
    def shown(self) -> str:
        first = "degrees={self.degrees}, interpolation={interpolation.value}, expand={expand}"
        return first.format(self=self, **self._given) + optional(self._given, center=None, fill=None)


class RandomAffine(Shown, warp.RandomAffine):
    def shown(self) -> str:
        options = {**self._given, "shear": self.shear, "interpolation": self._given["interpolation"].value}
        usual = {"interpolation": InterpolationMode.NEAREST.value, "fill": 0, "center": None}
        return f"degrees={self.degrees}" + optional(options, translate=None, scale=None, shear=None, **usual)


class RandomPerspective(Shown, warp.RandomPerspective):
    SHOWN = "p={p}"


class ElasticTransform(Shown, warp.ElasticTransform):
    def shown(self) -> str:
        both = (
            [float(value)] * 2 if isinstance(value, Real) else value
            for value in map(self._given.get, ("alpha", "sigma"))
        )
        fill = self._given["fill"]
        fill = [float(value) for value in ([fill] if isinstance(fill, Real) else fill)]
        return "alpha={}, sigma={}, interpolation={}, fill={}".format(*both, self._given["interpolation"], fill)


class Augmentation:
    """Base of the augmentations: signs are drawn as integers, and `solarize` has thresholds of bytes."""

    def negative(self) -> bool:
        return bool(randint(0, 2, (1,)))

    def space(self, name: str) -> dict[str, Operation]:
        return SPACES[name] | {"Solarize": line(255.0, 0.0)}

    def applied(self, image: Any, name: str, magnitude: float) -> Any:
        return F.solarize(image, magnitude) if name == "Solarize" else super().applied(image, name, magnitude)


class AutoAugment(Shown, Augmentation, auto.AutoAugment):
    SHOWN = "policy={policy}, fill={fill}"

    @property
    def policies(self) -> list:
        """The pairs of ``(name, probability, magnitude)`` that are drawn from."""
        return self._policies

    def augmented(self, image: Any) -> Any:
        chosen, chances, signs = self.get_params(len(self._policies))
        size = F.get_size(image)
        for (name, probability, index), chance, sign in zip(self._policies[chosen], chances, signs, strict=True):
            if chance <= probability:
                operation = self.space("policy")[name]
                magnitudes = operation.magnitudes(10, *size)
                image = self.applied(
                    image, name, auto.strength(magnitudes, index, operation.signed, lambda sign=sign: not sign)
                )
        return image


class RandAugment(Shown, Augmentation, auto.RandAugment):
    SHOWN = "num_ops={num_ops}, magnitude={magnitude}, num_magnitude_bins={num_magnitude_bins}, interpolation={interpolation}, fill={fill}"


class TrivialAugmentWide(Shown, Augmentation, auto.TrivialAugmentWide):
    SHOWN = "num_magnitude_bins={num_magnitude_bins}, interpolation={interpolation}, fill={fill}"


class AugMix(Shown, Augmentation, auto.AugMix):
    SHOWN = (
        "severity={severity}, mixture_width={mixture_width}, chain_depth={chain_depth}, alpha={alpha}, all_ops={all_ops}, "
        "interpolation={interpolation}, fill={fill}"
    )
