"""The names of ``torchvision.transforms.v2``: those of ``rushlight.image.transforms``, under this path as well.

Only ``Lambda`` differs: here it gives its function every part of a sample by itself.
"""

from rushlight.image import transforms
from rushlight.image.transforms import __all__, container, functional


class Lambda(container.Lambda):
    """Apply a function to every part of a sample, or to those of some types.

    >>> Lambda(abs)([-1, -2.0])
    [1, 2.0]
    """

    _takes_parts = True


def __getattr__(name: str):
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(transforms, name)


def __dir__():
    return sorted(["functional", *__all__])
