"""Parts of an image."""

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import rushlight as rl
from rushlight.image.transforms import functional as F
from rushlight.image.transforms._arguments import (
    Fill,
    fill_for,
    fill_table,
    log_range,
    require_padding,
    require_padding_mode,
    size_pair,
)
from rushlight.image.transforms._draw import below, rand, randint, ratio_between, uniform
from rushlight.image.transforms._sample import get_bounding_boxes, has_all, has_any, is_pure, query_size
from rushlight.image.transforms._transform import Transform
from rushlight.image.transforms.functional._formats import to_corners
from rushlight.image.transforms.functional._pad import sides
from rushlight.image.transforms.functional._pixels import is_pil
from rushlight.image.transforms.geometry import Interpolation
from rushlight.image.tv_tensors import BoundingBoxes, Image, KeyPoints, Mask, plain

__all__ = ["CenterCrop", "FiveCrop", "RandomCrop", "RandomIoUCrop", "RandomResizedCrop", "TenCrop"]


class CenterCrop(Transform):
    """Keep the middle, of ``(h, w)`` or of a square; zeros surround an image that is smaller."""

    def __init__(self, size: int | Sequence[int]):
        super().__init__()
        self.size = size_pair(size)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.center_crop, inpt, output_size=self.size)


class SeveralCrops(Transform):
    """Base of the transforms that make several images of one."""

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        if has_any(flat_inputs, BoundingBoxes, Mask):
            raise TypeError(f"BoundingBoxes'es and Mask's are not supported by {type(self).__name__}()")

    def _call_kernel(self, functional: Callable, inpt: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(inpt, KeyPoints):
            warnings.warn(f"{type(self).__name__}() passes KeyPoints through as they are.", stacklevel=2)
        return super()._call_kernel(functional, inpt, *args, **kwargs)


class FiveCrop(SeveralCrops):
    """Return the four corners and the middle as a tuple."""

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size = size_pair(size)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.five_crop, inpt, self.size)


class TenCrop(SeveralCrops):
    """Return the crops of ``FiveCrop``, and those of the mirror image, as a tuple."""

    def __init__(self, size: int | Sequence[int], vertical_flip: bool = False) -> None:
        super().__init__()
        self.size = size_pair(size)
        self.vertical_flip = vertical_flip

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.ten_crop, inpt, self.size, vertical_flip=self.vertical_flip)


class RandomCrop(Transform):
    """Keep a part of size ``(h, w)`` at a random place, after a border of ``padding`` was added.

    Args:
        size: ``(h, w)`` or the edge of a square.
        padding: the border, as in ``Pad``.
        pad_if_needed: whether images that are too small get a border.
        fill, padding_mode: as in ``Pad``.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: Fill | dict = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size = size_pair(size)
        if padding is not None:
            require_padding(padding)
        if pad_if_needed or padding is not None:
            require_padding_mode(padding_mode)
        left, top, right, bottom = sides(padding or 0)
        # In this order the attribute is known to users of torchvision.
        self.padding = [left, right, top, bottom] if padding else None
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self._fill = fill_table(fill)
        self.padding_mode = padding_mode

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Draw a crop: top, left, height, width."""
        _, height, width = F.get_dimensions(img)
        rows, columns = output_size
        if height < rows or width < columns:
            raise ValueError(f"Required crop size {(rows, columns)} is larger than input image size {(height, width)}")
        if (height, width) == (rows, columns):
            return 0, 0, height, width
        return below(0, height - rows + 1), below(0, width - columns + 1), rows, columns

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        rows, columns = self.size
        left, right, top, bottom = self.padding or (0, 0, 0, 0)
        if self.pad_if_needed:
            more_rows, more_columns = max(rows - height - top - bottom, 0), max(columns - width - left - right, 0)
            left, right, top, bottom = left + more_columns, right + more_columns, top + more_rows, bottom + more_rows
        height, width = height + top + bottom, width + left + right
        if height < rows or width < columns:
            padded = "" if self.padding is None else "padded "
            raise ValueError(
                f"Required crop size {(rows, columns)} is larger than {padded}input image size {(height, width)}."
            )
        padding = [left, top, right, bottom]
        return {
            "needs_crop": (height, width) != (rows, columns),
            "top": place(height - rows),
            "left": place(width - columns),
            "height": rows,
            "width": columns,
            "needs_pad": any(padding),
            "padding": padding,
        }

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        if params["needs_pad"]:
            fill = fill_for(self._fill, inpt)
            inpt = self._call_kernel(F.pad, inpt, padding=params["padding"], fill=fill, padding_mode=self.padding_mode)
        if params["needs_crop"]:
            inpt = self._call_kernel(F.crop, inpt, *(params[name] for name in ("top", "left", "height", "width")))
        return inpt


def place(room: int) -> int:
    """Draw where a part begins that has ``room`` to move; nothing is drawn for one that has none."""
    return int(randint(0, room + 1)) if room > 0 else 0


class RandomResizedCrop(Transform):
    """Keep a part of random area and aspect ratio and resize it (Szegedy et al., 2014, arXiv:1409.4842).

    Args:
        size: height and width of the result, or the edge of a square.
        scale: range of the area, as a share of that of the image.
        ratio: range of width over height.
        interpolation, antialias: as in ``Resize``.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Interpolation = "bilinear",
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size = size_pair(size)
        if not isinstance(scale, Sequence) or len(scale) != 2:
            raise TypeError("Scale should be a sequence of two floats.")
        if not isinstance(ratio, Sequence) or len(ratio) != 2:
            raise TypeError("Ratio should be a sequence of two floats.")
        if scale[0] > scale[1] or ratio[0] > ratio[1]:
            warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=2)
        self.scale = scale
        self.ratio = ratio
        self.interpolation = interpolation
        self.antialias = antialias
        self._log_ratio = log_range(ratio)

    @staticmethod
    def get_params(img: Any, scale: Sequence[float], ratio: Sequence[float]) -> tuple[int, int, int, int]:
        """Draw a crop: top, left, height, width."""
        _, height, width = F.get_dimensions(img)
        return resized_crop_window(height, width, scale, ratio, log_range(ratio))

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        size = query_size(flat_inputs)
        top, left, height, width = resized_crop_window(*size, self.scale, self.ratio, self._log_ratio)
        return {"top": top, "left": left, "height": height, "width": width}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(
            F.resized_crop, inpt, **params, size=self.size, interpolation=self.interpolation, antialias=self.antialias
        )


def resized_crop_window(height: int, width: int, scale, ratio, log_ratio) -> tuple[int, int, int, int]:
    """Draw top, left, height and width; after ten windows that do not fit, the largest in the middle is taken."""
    for _ in range(10):
        area = height * width * uniform(scale[0], scale[1])
        aspect = ratio_between(log_ratio)
        columns, rows = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < columns <= width and 0 < rows <= height:
            return below(0, height - rows + 1), below(0, width - columns + 1), rows, columns
    rows, columns = height, width
    if width / height < min(ratio):
        rows = round(width / min(ratio))
    elif width / height > max(ratio):
        columns = round(height * max(ratio))
    return (height - rows) // 2, (width - columns) // 2, rows, columns


class RandomIoUCrop(Transform):
    """Keep a part that overlaps enough with a box (Liu et al., 2016, arXiv:1512.02325).

    Boxes whose centre is outside become zero, to be taken out by ``SanitizeBoundingBoxes``.

    Args:
        min_scale, max_scale: range of the edges, as a share of those of the image.
        min_aspect_ratio, max_aspect_ratio: range of width over height.
        sampler_options: the least overlaps (intersection over union) to choose from; 1.0 leaves the sample as it is.
        trials: how often a part is drawn before another overlap is.
    """

    def __init__(
        self,
        min_scale: float = 0.3,
        max_scale: float = 1.0,
        min_aspect_ratio: float = 0.5,
        max_aspect_ratio: float = 2.0,
        sampler_options: list[float] | None = None,
        trials: int = 40,
    ):
        super().__init__()
        self.min_scale = min_scale
        self.max_scale = max_scale
        self.min_aspect_ratio = min_aspect_ratio
        self.max_aspect_ratio = max_aspect_ratio
        self.options = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0] if sampler_options is None else sampler_options
        self.trials = trials

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        if not (has_all(flat_inputs, BoundingBoxes) and has_any(flat_inputs, is_pil, Image, is_pure)):
            raise TypeError(
                f"{type(self).__name__}() requires input sample to contain tensor or PIL images "
                "and bounding boxes. Sample can also contain masks."
            )

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        size = query_size(flat_inputs)
        boxes = get_bounding_boxes(flat_inputs)
        corners = to_corners(plain(boxes), boxes.format)
        while True:
            least = self.options[below(0, len(self.options))]
            if least >= 1.0:
                return {}
            for _ in range(self.trials):
                window = self.window(*size)
                if window and (inside := overlapping(corners, window, least)) is not None:
                    left, top, right, bottom = window
                    return {
                        "top": top,
                        "left": left,
                        "height": bottom - top,
                        "width": right - left,
                        "is_within_crop_area": inside,
                    }

    def window(self, height: int, width: int) -> tuple[int, int, int, int] | None:
        """Draw left, top, right and bottom; None if they are no part of the ratio wanted."""
        x, y = self.min_scale + (self.max_scale - self.min_scale) * rand(2)
        columns, rows = int(width * x), int(height * y)
        if not self.min_aspect_ratio <= columns / rows <= self.max_aspect_ratio:
            return None
        x, y = rand(2)
        left, top = int((width - columns) * x), int((height - rows) * y)
        return (left, top, left + columns, top + rows) if columns and rows else None

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        if not params:
            return inpt
        output = self._call_kernel(F.crop, inpt, *(params[name] for name in ("top", "left", "height", "width")))
        if isinstance(output, BoundingBoxes):
            output[~params["is_within_crop_area"]] = 0
        return output


def overlapping(corners: rl.Tensor, window: tuple[int, int, int, int], least: float) -> rl.Tensor | None:
    """Return which boxes have their centre in a window, if one of these overlaps with it enough."""
    left, top, right, bottom = window
    x, y = 0.5 * (corners[..., 0] + corners[..., 2]), 0.5 * (corners[..., 1] + corners[..., 3])
    inside = (left < x) & (x < right) & (top < y) & (y < bottom)
    if not inside.any():
        return None
    return inside if intersection_over_union(corners[inside], window).max() >= least else None


def intersection_over_union(corners: rl.Tensor, window: tuple[int, int, int, int]) -> rl.Tensor:
    """Return the shared area of each box and a window, as a share of the area of both together."""
    edges = rl.tensor(window, dtype=corners.dtype)
    corners, edges = (corners.float(), edges.float()) if not corners.is_floating_point() else (corners, edges)
    shared = (rl.minimum(corners[:, 2:], edges[2:]) - rl.maximum(corners[:, :2], edges[:2])).clamp(min=0).prod(1)
    area = (corners[:, 2:] - corners[:, :2]).prod(1)
    return shared / (area + (edges[2:] - edges[:2]).prod() - shared)
