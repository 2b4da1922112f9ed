"""Another size, orientation or border."""

from collections.abc import Sequence
from typing import Any

from rushlight.image.transforms import functional as F
from rushlight.image.transforms._arguments import (
    Fill,
    fill_for,
    fill_table,
    require_padding,
    require_padding_mode,
    require_sequence,
)
from rushlight.image.transforms._draw import rand, randint
from rushlight.image.transforms._sample import query_size
from rushlight.image.transforms._transform import RandomTransform, Transform
from rushlight.image.transforms.modes import InterpolationMode

__all__ = [  # fmt: skip
    "Pad", "RandomHorizontalFlip", "RandomResize", "RandomShortestSize", "RandomVerticalFlip", "RandomZoomOut", "Resize",
    "ScaleJitter",
]  # fmt: skip

Interpolation = str | InterpolationMode | int


class Resize(Transform):
    """Resize to ``(h, w)``, or the shorter edge to an int.

    Args:
        size: an int, a sequence of one or two, or None to let ``max_size`` set the longer edge.
        interpolation: an ``InterpolationMode``, its value, or Pillow's constant.
        max_size: the most that the longer edge may have.
        antialias: whether the filter widens when an image shrinks; PIL images always have it.

    >>> Resize(256)
    Resize(size=[256], interpolation=bilinear, antialias=True)
    """

    def __init__(
        self,
        size: int | Sequence[int] | None,
        interpolation: Interpolation = "bilinear",
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        if isinstance(size, int):
            size = [size]
        elif isinstance(size, Sequence) and len(size) in (1, 2):
            size = list(size)
        elif size is not None:
            raise ValueError(
                f"size can be an integer, a sequence of one or two integers, or None, but got {size} instead."
            )
        elif not isinstance(max_size, int):
            raise ValueError(f"max_size must be an integer when size is None, but got {max_size} instead.")
        self.size = size
        self.interpolation = interpolation
        self.max_size = max_size
        self.antialias = antialias

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(
            F.resize,
            inpt,
            self.size,
            interpolation=self.interpolation,
            max_size=self.max_size,
            antialias=self.antialias,
        )


class RandomlySized(Transform):
    """Base of the transforms that resize to a size they draw."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(
            F.resize, inpt, params["size"], interpolation=self.interpolation, antialias=self.antialias
        )


class ScaleJitter(RandomlySized):
    """Resize by a random factor of the scale that fits ``target_size`` (Ghiasi et al., 2020, arXiv:2012.07177)."""

    def __init__(
        self,
        target_size: tuple[int, int],
        scale_range: tuple[float, float] = (0.1, 2.0),
        interpolation: Interpolation = "bilinear",
        antialias: bool | None = True,
    ):
        super().__init__()
        self.target_size = target_size
        self.scale_range = scale_range
        self.interpolation = interpolation
        self.antialias = antialias

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        low, high = self.scale_range
        fit = min(self.target_size[1] / height, self.target_size[0] / width)
        scale = fit * (low + rand(1) * (high - low))
        return {"size": (int(height * scale), int(width * scale))}


class RandomShortestSize(RandomlySized):
    """Resize the shorter edge to one of several lengths, the longer one to at most ``max_size``."""

    def __init__(
        self,
        min_size: list[int] | tuple[int] | int,
        max_size: int | None = None,
        interpolation: Interpolation = "bilinear",
        antialias: bool | None = True,
    ):
        super().__init__()
        self.min_size = [min_size] if isinstance(min_size, int) else list(min_size)
        self.max_size = max_size
        self.interpolation = interpolation
        self.antialias = antialias

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        scale = self.min_size[int(randint(0, len(self.min_size)))] / min(height, width)
        if self.max_size is not None:
            scale = min(scale, self.max_size / max(height, width))
        return {"size": (int(height * scale), int(width * scale))}


class RandomResize(RandomlySized):
    """Resize the shorter edge to a length from ``min_size`` to ``max_size - 1``."""

    def __init__(
        self,
        min_size: int,
        max_size: int,
        interpolation: Interpolation = "bilinear",
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.min_size = min_size
        self.max_size = max_size
        self.interpolation = interpolation
        self.antialias = antialias

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"size": [int(randint(self.min_size, self.max_size))]}


class RandomHorizontalFlip(RandomTransform):
    """Exchange left and right with probability ``p``."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.horizontal_flip, inpt)


class RandomVerticalFlip(RandomTransform):
    """Exchange top and bottom with probability ``p``."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.vertical_flip, inpt)


class Pad(Transform):
    """Add a border.

    Args:
        padding: one number for all sides, two for left/right and top/bottom, or left, top, right, bottom.
        fill: the value of a constant border, one for each channel, or values by type of input.
        padding_mode: "constant", "edge", "reflect" or "symmetric".
    """

    def __init__(self, padding: int | Sequence[int], fill: Fill | dict = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        require_padding(padding)
        require_padding_mode(padding_mode)
        self.padding = padding if isinstance(padding, int) else list(padding)
        self.fill = fill
        self._fill = fill_table(fill)
        self.padding_mode = padding_mode

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        fill = fill_for(self._fill, inpt)
        return self._call_kernel(F.pad, inpt, padding=self.padding, fill=fill, padding_mode=self.padding_mode)


class RandomZoomOut(RandomTransform):
    """Place the image somewhere on a canvas whose edges are ``side_range`` times as long (Liu et al., 2016, arXiv:1512.02325)."""

    def __init__(self, fill: Fill | dict = 0, side_range: Sequence[float] = (1.0, 4.0), p: float = 0.5) -> None:
        super().__init__(p=p)
        self.fill = fill
        self._fill = fill_table(fill)
        require_sequence(side_range, "side_range", (2,))
        self.side_range = side_range
        if side_range[0] < 1.0 or side_range[0] > side_range[1]:
            raise ValueError(f"Invalid side range provided {side_range}.")

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        low, high = self.side_range
        side = low + rand(1) * (high - low)
        rows, columns = int(height * side), int(width * side)
        x, y = rand(2)
        left, top = int((columns - width) * x), int((rows - height) * y)
        return {"padding": [left, top, columns - left - width, rows - top - height]}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.pad, inpt, **params, fill=fill_for(self._fill, inpt))
