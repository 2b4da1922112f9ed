"""The names of ``torchvision.transforms.v2``: those of ``rushlight.image.transforms``, under this path as well."""

from rushlight.image import transforms
from rushlight.image.transforms import __all__, functional


def __getattr__(name: str):
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(transforms, name)


def __dir__():
    return sorted(["functional", *__all__])
