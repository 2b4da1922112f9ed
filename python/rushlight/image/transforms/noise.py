"""Blur, noise, holes and compression."""

import math
import numbers
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import rushlight as rl
from rushlight.image.transforms import functional as F
from rushlight.image.transforms._arguments import log_range, number_pair, require_sequence, size_pair
from rushlight.image.transforms._draw import below, normal, randint, ratio_between, uniform
from rushlight.image.transforms._sample import query_chw
from rushlight.image.transforms._transform import RandomTransform, Transform
from rushlight.image.tv_tensors import BoundingBoxes, KeyPoints, Mask

__all__ = ["Cutout", "GaussianBlur", "GaussianNoise", "JPEG", "RandomErasing"]


class GaussianBlur(Transform):
    """Blur with a Gaussian kernel of random width.

    Args:
        kernel_size: odd lengths of the kernel in x and y, or one for both.
        sigma: range of the standard deviation in pixels, or its value.
    """

    def __init__(self, kernel_size: int | Sequence[int], sigma: float | Sequence[float] = (0.1, 2.0)) -> None:
        super().__init__()
        self.kernel_size = size_pair(kernel_size, "Kernel size should be a tuple/list of two integers")
        for length in self.kernel_size:
            if length <= 0 or length % 2 == 0:
                raise ValueError("Kernel size value should be an odd and positive number.")
        self.sigma = number_pair(sigma, "sigma")
        if not 0.0 < self.sigma[0] <= self.sigma[1]:
            raise ValueError(f"sigma values should be positive and of the form (min, max). Got {self.sigma}")

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """Draw a standard deviation."""
        return uniform(sigma_min, sigma_max)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        sigma = uniform(self.sigma[0], self.sigma[1])
        return {"sigma": [sigma, sigma]}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.gaussian_blur, inpt, self.kernel_size, **params)


class GaussianNoise(Transform):
    """Add normal noise to samples in [0, 1] (8-bit samples: in units of 255); ``clip`` keeps the range."""

    def __init__(self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True) -> None:
        super().__init__()
        self.mean = mean
        self.sigma = sigma
        self.clip = clip

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.gaussian_noise, inpt, mean=self.mean, sigma=self.sigma, clip=self.clip)


class Erasing(RandomTransform):
    """Base of the transforms that make holes in images."""

    def _call_kernel(self, functional: Callable, inpt: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(inpt, (BoundingBoxes, KeyPoints, Mask)):
            warnings.warn(f"{type(self).__name__}() passes {type(inpt).__name__} through as they are.", stacklevel=2)
        return super()._call_kernel(functional, inpt, *args, **kwargs)


class RandomErasing(Erasing):
    """Fill a random rectangle, with probability ``p`` (Zhong et al., 2017, arXiv:1708.04896).

    Args:
        scale: range of the area, as a share of that of the image.
        ratio: range of height over width.
        value: a number, one for each channel, or "random" for normal noise.
        inplace: whether the input itself is changed.
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float | str | Sequence[float] = 0.0,
        inplace: bool = False,
    ):
        super().__init__(p=p)
        if not isinstance(value, (numbers.Number, str, tuple, list)):
            raise TypeError("Argument value should be either a number or str or a sequence")
        if isinstance(value, str) and value != "random":
            raise ValueError("If value is str, it should be 'random'")
        if not isinstance(scale, Sequence):
            raise TypeError("Scale should be a sequence")
        if not isinstance(ratio, Sequence):
            raise TypeError("Ratio should be a sequence")
        if scale[0] > scale[1] or ratio[0] > ratio[1]:
            warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=2)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError("Scale should be between 0 and 1")
        self.scale = scale
        self.ratio = ratio
        numbers_of = [value] if isinstance(value, numbers.Number) else value
        self.value = None if isinstance(value, str) else [float(v) for v in numbers_of]
        self.inplace = inplace
        self._log_ratio = log_range(ratio)

    @staticmethod
    def get_params(img: Any, scale, ratio, value: list[float] | None = None) -> tuple:
        """Draw top, left, height, width and the value; after ten rectangles that do not fit, the image itself."""
        i, j, h, w, v = rectangle(*F.get_dimensions(img), scale, log_range(ratio), value)
        return i, j, h, w, img if v is None else v

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        channels, height, width = query_chw(flat_inputs)
        if self.value is not None and len(self.value) not in (1, channels):
            raise ValueError(
                f"If value is a sequence, it should have either a single value or {channels} (number of inpt channels)"
            )
        drawn = rectangle(channels, height, width, self.scale, self._log_ratio, self.value)
        return dict(zip("ijhwv", drawn, strict=True))

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return inpt if params["v"] is None else self._call_kernel(F.erase, inpt, **params, inplace=self.inplace)


def rectangle(channels: int, height: int, width: int, scale, log_ratio, value: list[float] | None) -> tuple:
    """Draw a rectangle and its value ``[C, h, w]`` or ``[C, 1, 1]``; no value if ten did not fit."""
    for _ in range(10):
        area = height * width * uniform(scale[0], scale[1])
        aspect = ratio_between(log_ratio)
        h, w = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if h < height and w < width:
            v = normal(channels, h, w) if value is None else rl.tensor(value)[:, None, None]
            return below(0, height - h + 1), below(0, width - w + 1), h, w, v
    return 0, 0, height, width, None


class Cutout(Erasing):
    """Fill squares at random places, with probability ``p`` (DeVries and Taylor, 2017, arXiv:1708.04552).

    The centre of each square is uniform over the image, so that part of the square may lie outside.

    Args:
        n_holes: how many squares.
        length: their edge in pixels.
        fill: their value.
    """

    def __init__(self, n_holes: int = 1, length: int = 16, fill: float = 0.0, p: float = 1.0):
        super().__init__(p=p)
        if n_holes < 0 or length <= 0:
            raise ValueError(f"n_holes should not be negative and length positive, got {n_holes} and {length}")
        self.n_holes = n_holes
        self.length = length
        self.fill = fill

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        _, height, width = query_chw(flat_inputs)
        return {"holes": [self.hole(below(0, height), below(0, width), height, width) for _ in range(self.n_holes)]}

    def hole(self, y: int, x: int, height: int, width: int) -> tuple[int, int, int, int]:
        """Return top, left, height and width of the part of a square that lies in the image."""
        top, left = max(y - self.length // 2, 0), max(x - self.length // 2, 0)
        bottom, right = min(y - self.length // 2 + self.length, height), min(x - self.length // 2 + self.length, width)
        return top, left, bottom - top, right - left

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        for top, left, height, width in params["holes"]:
            inpt = self._call_kernel(F.erase, inpt, top, left, height, width, self.fill)
        return inpt


class JPEG(Transform):
    """Compress as JPEG and decompress again, at a quality from 1 to 100 or from a range of them."""

    def __init__(self, quality: int | Sequence[int]):
        super().__init__()
        if isinstance(quality, bool):
            raise TypeError("quality can't be bool")
        if isinstance(quality, int):
            quality = [quality, quality]
        require_sequence(quality, "quality", (2,))
        if not (all(isinstance(q, int) for q in quality) and 1 <= quality[0] <= quality[1] <= 100):
            raise ValueError(f"quality must be an integer from 1 to 100, got quality ={quality!r}")
        self.quality = quality

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"quality": int(randint(self.quality[0], self.quality[1] + 1))}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.jpeg, inpt, quality=params["quality"])
