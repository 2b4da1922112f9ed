"""How samples between samples are found."""

from enum import Enum

__all__ = ["InterpolationMode"]


class InterpolationMode(Enum):
    """Interpolation methods; Pillow's integer constants and the names as text are accepted as well."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


PILLOW = {
    InterpolationMode.NEAREST: 0,
    InterpolationMode.LANCZOS: 1,
    InterpolationMode.BILINEAR: 2,
    InterpolationMode.BICUBIC: 3,
    InterpolationMode.BOX: 4,
    InterpolationMode.HAMMING: 5,
}
BY_NUMBER = {number: mode for mode, number in PILLOW.items()}
PILLOW[InterpolationMode.NEAREST_EXACT] = 0


def interpolation_mode(interpolation: InterpolationMode | str | int) -> InterpolationMode:
    """Return the mode that a name, one of Pillow's constants or a mode, be it torchvision's, stands for.

    >>> interpolation_mode(2)
    <InterpolationMode.BILINEAR: 'bilinear'>
    """
    if isinstance(interpolation, InterpolationMode):
        return interpolation
    if type(interpolation).__name__ == "InterpolationMode":
        return InterpolationMode(interpolation.value)
    names = [mode.value for mode in InterpolationMode]
    if isinstance(interpolation, str):
        if interpolation not in names:
            raise ValueError(f"Invalid interpolation mode: '{interpolation}'. Supported string values are: {names}.")
        return InterpolationMode(interpolation)
    if isinstance(interpolation, int) and interpolation in BY_NUMBER:
        return BY_NUMBER[interpolation]
    raise ValueError(
        f"Argument interpolation should be an `InterpolationMode` or a corresponding Pillow integer constant, but got {interpolation}."
    )
