"""Rotation, affine, perspective and elastic maps of an image."""

from collections.abc import Sequence
from typing import Any

import rushlight as rl
from rushlight.image.transforms import functional as F
from rushlight.image.transforms._arguments import Fill, angle_range, fill_for, fill_table, number_pair, require_sequence
from rushlight.image.transforms._draw import below, rand, uniform
from rushlight.image.transforms._sample import query_size
from rushlight.image.transforms._transform import RandomTransform, Transform
from rushlight.image.transforms.functional._matrices import perspective_coefficients
from rushlight.image.transforms.geometry import Interpolation

__all__ = ["ElasticTransform", "RandomAffine", "RandomPerspective", "RandomRotation"]


class RandomRotation(Transform):
    """Rotate by an angle from ``degrees``: a range, or a number for both directions.

    Args:
        expand: whether the result is large enough to hold all of the image.
        center: the point ``(x, y)`` that stays, by default that of the image.
        fill: the value outside of the image.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: Interpolation = "nearest",
        expand: bool = False,
        center: list[float] | None = None,
        fill: Fill | dict = 0,
    ) -> None:
        super().__init__()
        self.degrees = angle_range(degrees, "degrees")
        self.interpolation = interpolation
        self.expand = expand
        self.fill = fill
        self._fill = fill_table(fill)
        if center is not None:
            require_sequence(center, "center", (2,))
        self.center = center

    @staticmethod
    def get_params(degrees: Sequence[float]) -> float:
        """Draw an angle."""
        return uniform(float(degrees[0]), float(degrees[1]))

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"angle": self.get_params(self.degrees)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        fill = fill_for(self._fill, inpt)
        return self._call_kernel(
            F.rotate,
            inpt,
            **params,
            interpolation=self.interpolation,
            expand=self.expand,
            center=self.center,
            fill=fill,
        )


class RandomAffine(Transform):
    """Rotate, shift, scale and shear about the centre.

    Args:
        degrees: range of angles, or a number for both directions.
        translate: the most to shift, as shares of width and height.
        scale: range of the scale.
        shear: range of angles in x, or in x and y, or a number for both directions of x.
        fill: the value outside of the image.
        center: the point ``(x, y)`` that stays, by default that of the image.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: Interpolation = "nearest",
        fill: Fill | dict = 0,
        center: list[float] | None = None,
    ) -> None:
        super().__init__()
        self.degrees = angle_range(degrees, "degrees")
        if translate is not None:
            require_sequence(translate, "translate", (2,))
            if not all(0.0 <= share <= 1.0 for share in translate):
                raise ValueError("translation values should be between 0 and 1")
        self.translate = translate
        if scale is not None:
            require_sequence(scale, "scale", (2,))
            if not all(value > 0 for value in scale):
                raise ValueError("scale values should be positive")
        self.scale = scale
        self.shear = None if shear is None else angle_range(shear, "shear", (2, 4))
        self.interpolation = interpolation
        self.fill = fill
        self._fill = fill_table(fill)
        if center is not None:
            require_sequence(center, "center", (2,))
        self.center = center

    @staticmethod
    def get_params(degrees, translate, scale_ranges, shears, img_size) -> tuple:
        """Draw angle, translation, scale and shear for an image of ``img_size``, its width before its height."""
        angle = uniform(float(degrees[0]), float(degrees[1]))
        shift, scale, shear_x, shear_y = (0, 0), 1.0, 0.0, 0.0
        if translate is not None:
            most = [float(share * length) for share, length in zip(translate, img_size, strict=True)]
            shift = tuple(round(uniform(-length, length)) for length in most)
        if scale_ranges is not None:
            scale = uniform(scale_ranges[0], scale_ranges[1])
        if shears is not None:
            shear_x = uniform(shears[0], shears[1])
            shear_y = uniform(shears[2], shears[3]) if len(shears) == 4 else 0.0
        return angle, shift, scale, (shear_x, shear_y)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        drawn = self.get_params(self.degrees, self.translate, self.scale, self.shear, (width, height))
        return dict(zip(("angle", "translate", "scale", "shear"), drawn, strict=True))

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        fill = fill_for(self._fill, inpt)
        return self._call_kernel(
            F.affine, inpt, **params, interpolation=self.interpolation, fill=fill, center=self.center
        )


class RandomPerspective(RandomTransform):
    """Move each corner by up to ``distortion_scale`` of half an edge towards the centre."""

    def __init__(
        self,
        distortion_scale: float = 0.5,
        p: float = 0.5,
        interpolation: Interpolation = "bilinear",
        fill: Fill | dict = 0,
    ) -> None:
        super().__init__(p=p)
        if not 0 <= distortion_scale <= 1:
            raise ValueError("Argument distortion_scale value should be between 0 and 1")
        self.distortion_scale = distortion_scale
        self.interpolation = interpolation
        self.fill = fill
        self._fill = fill_table(fill)

    @staticmethod
    def get_params(width: int, height: int, distortion_scale: float) -> tuple[list[list[int]], list[list[int]]]:
        """Draw where the corners go: the corners clockwise from the top left, and their new places."""
        most_x = int(distortion_scale * (width // 2)) + 1
        most_y = int(distortion_scale * (height // 2)) + 1
        left, right, top, bottom = (0, most_x), (width - most_x, width), (0, most_y), (height - most_y, height)
        corners = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
        places = [(left, top), (right, top), (right, bottom), (left, bottom)]
        return corners, [[below(*x), below(*y)] for x, y in places]

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        corners, places = self.get_params(width, height, self.distortion_scale)
        return {"coefficients": perspective_coefficients(corners, places)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        fill = fill_for(self._fill, inpt)
        return self._call_kernel(
            F.perspective, inpt, startpoints=None, endpoints=None, fill=fill, interpolation=self.interpolation, **params
        )


class ElasticTransform(Transform):
    """Move every pixel by random displacements that change smoothly (Simard et al., 2003).

    Args:
        alpha: the strength of the displacements, in pixels, in x and y.
        sigma: their smoothness, the standard deviation of the blur in pixels.
    """

    def __init__(
        self,
        alpha: float | Sequence[float] = 50.0,
        sigma: float | Sequence[float] = 5.0,
        interpolation: Interpolation = "bilinear",
        fill: Fill | dict = 0,
    ) -> None:
        super().__init__()
        self.alpha = number_pair(alpha, "alpha")
        self.sigma = number_pair(sigma, "sigma")
        self.interpolation = interpolation
        self.fill = fill
        self._fill = fill_table(fill)

    @staticmethod
    def get_params(alpha: Sequence[float], sigma: Sequence[float], size: Sequence[int]) -> rl.Tensor:
        """Draw displacements ``[1, H, W, 2]``, in units of half an image, for an image of ``size``."""
        height, width = size
        x = smooth_noise(height, width, sigma[0], sigma) * alpha[0] / width
        y = smooth_noise(height, width, sigma[1], sigma) * alpha[1] / height
        return rl.cat([x, y], 1).permute(0, 2, 3, 1)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"displacement": self.get_params(self.alpha, self.sigma, query_size(flat_inputs))}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        fill = fill_for(self._fill, inpt)
        return self._call_kernel(F.elastic, inpt, **params, fill=fill, interpolation=self.interpolation)


def smooth_noise(height: int, width: int, sigma: float, sigmas: Sequence[float]) -> rl.Tensor:
    """Draw ``[1, 1, H, W]`` from [-1, 1), blurred by a kernel of eight standard deviations."""
    noise = rand(1, 1, height, width) * 2 - 1
    if sigma <= 0.0:
        return noise
    edge = int(8 * sigma + 1) | 1
    return F.gaussian_blur(noise, [edge, edge], list(sigmas))
