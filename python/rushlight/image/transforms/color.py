"""Brightness, contrast, saturation and hue, and everything else that changes colours but not places."""

from collections.abc import Sequence
from typing import Any

from rushlight.image.transforms import functional as F
from rushlight.image.transforms._draw import rand, randperm, uniform
from rushlight.image.transforms._sample import query_chw
from rushlight.image.transforms._transform import RandomTransform, Transform

__all__ = [  # fmt: skip
    "ColorJitter", "Grayscale", "RGB", "RandomAdjustSharpness", "RandomAutocontrast", "RandomChannelPermutation",
    "RandomEqualize", "RandomGrayscale", "RandomInvert", "RandomPhotometricDistort", "RandomPosterize", "RandomSolarize",
]  # fmt: skip

Range = tuple[float, float] | None


class Grayscale(Transform):
    """Convert to grey, with one channel or the same in three."""

    def __init__(self, num_output_channels: int = 1):
        super().__init__()
        self.num_output_channels = num_output_channels

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.rgb_to_grayscale, inpt, num_output_channels=self.num_output_channels)


class RandomGrayscale(RandomTransform):
    """Convert to grey with probability ``p``, with as many channels as before."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p=p)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"num_input_channels": query_chw(flat_inputs)[0]}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.rgb_to_grayscale, inpt, num_output_channels=params["num_input_channels"])


class RGB(Transform):
    """Give grey images three channels."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.grayscale_to_rgb, inpt)


ADJUSTMENTS = ("brightness", "contrast", "saturation", "hue")


class ColorJitter(Transform):
    """Change brightness, contrast, saturation and hue by random factors, in random order.

    A number ``v`` stands for factors from ``max(0, 1 - v)`` to ``1 + v``, and for hue from ``-v`` to ``v`` turns of the
    colour wheel, ``v <= 0.5``; two numbers are the range itself.
    """

    def __init__(
        self,
        brightness: float | Sequence[float] | None = None,
        contrast: float | Sequence[float] | None = None,
        saturation: float | Sequence[float] | None = None,
        hue: float | Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.brightness = factor_range(brightness, "brightness")
        self.contrast = factor_range(contrast, "contrast")
        self.saturation = factor_range(saturation, "saturation")
        self.hue = factor_range(hue, "hue", center=0, bound=(-0.5, 0.5))

    @staticmethod
    def get_params(brightness: Range, contrast: Range, saturation: Range, hue: Range) -> tuple:
        """Draw the order of the changes, as indices into (brightness, contrast, saturation, hue), and their factors."""
        order = randperm(4)
        ranges = (brightness, contrast, saturation, hue)
        return order, *(None if ends is None else uniform(ends[0], ends[1]) for ends in ranges)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        order, *factors = self.get_params(*(getattr(self, name) for name in ADJUSTMENTS))
        return {"fn_idx": order, **{f"{name}_factor": value for name, value in zip(ADJUSTMENTS, factors, strict=True)}}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        for index in params["fn_idx"].tolist():
            inpt = adjusted(self, inpt, ADJUSTMENTS[index], params)
        return inpt


def adjusted(transform: Transform, inpt: Any, name: str, params: dict[str, Any]) -> Any:
    """Return an input with one change made, if there is a factor for it."""
    factor = params[f"{name}_factor"]
    return inpt if factor is None else transform._call_kernel(getattr(F, f"adjust_{name}"), inpt, factor)


def factor_range(value, name: str, center: float = 1.0, bound: tuple[float, float] = (0, float("inf"))) -> Range:
    """Return the ends of a range of factors; None where nothing changes."""
    if value is None:
        return None
    if isinstance(value, (int, float)):
        if value < 0:
            raise ValueError(f"If {name} is a single number, it must be non negative.")
        value = [center - value, center + value]
        if center == 1.0:
            value[0] = max(value[0], 0.0)
    elif isinstance(value, Sequence) and len(value) == 2:
        value = [float(v) for v in value]
    else:
        raise TypeError(f"{name}={value} should be a single number or a sequence with length 2.")
    if not bound[0] <= value[0] <= value[1] <= bound[1]:
        raise ValueError(f"{name} values should be between {bound} and increasing, but got {value}.")
    return None if value[0] == value[1] == center else (float(value[0]), float(value[1]))


class RandomChannelPermutation(Transform):
    """Reorder the channels at random."""

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"permutation": randperm(query_chw(flat_inputs)[0])}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.permute_channels, inpt, params["permutation"].tolist())


class RandomPhotometricDistort(Transform):
    """Change brightness, contrast, saturation, hue and the order of channels, each with probability ``p`` (arXiv:1512.02325)."""

    def __init__(
        self,
        brightness: tuple[float, float] = (0.875, 1.125),
        contrast: tuple[float, float] = (0.5, 1.5),
        saturation: tuple[float, float] = (0.5, 1.5),
        hue: tuple[float, float] = (-0.05, 0.05),
        p: float = 0.5,
    ):
        super().__init__()
        self.brightness = brightness
        self.contrast = contrast
        self.hue = hue
        self.saturation = saturation
        self.p = p

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        channels = query_chw(flat_inputs)[0]
        params = {f"{name}_factor": self.factor(*getattr(self, name)) for name in ADJUSTMENTS}
        params["contrast_before"] = bool(rand() < 0.5)
        params["channel_permutation"] = randperm(channels) if rand(1) < self.p else None
        return params

    def factor(self, low: float, high: float) -> float | None:
        return uniform(low, high) if rand(1) < self.p else None

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        order = ["brightness", "contrast", "saturation", "hue"]
        if not params["contrast_before"]:
            order = ["brightness", "saturation", "hue", "contrast"]
        for name in order:
            inpt = adjusted(self, inpt, name, params)
        if params["channel_permutation"] is not None:
            inpt = self._call_kernel(F.permute_channels, inpt, params["channel_permutation"].tolist())
        return inpt


class RandomEqualize(RandomTransform):
    """Spread the values of each channel evenly over the range, with probability ``p``."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.equalize, inpt)


class RandomInvert(RandomTransform):
    """Turn black into white and white into black, with probability ``p``."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.invert, inpt)


class RandomPosterize(RandomTransform):
    """Keep the first ``bits`` bits of every sample, with probability ``p``."""

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.bits = bits

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.posterize, inpt, bits=self.bits)


class RandomSolarize(RandomTransform):
    """Invert all samples of at least ``threshold``, with probability ``p``."""

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.threshold = threshold

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.solarize, inpt, threshold=self.threshold)


class RandomAutocontrast(RandomTransform):
    """Stretch each channel so that its darkest sample is black and its brightest white, with probability ``p``."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.autocontrast, inpt)


class RandomAdjustSharpness(RandomTransform):
    """Blur (factor 0) or sharpen (2), with probability ``p``."""

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.sharpness_factor = sharpness_factor

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.adjust_sharpness, inpt, sharpness_factor=self.sharpness_factor)
