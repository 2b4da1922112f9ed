"""The names of ``torchvision.transforms.transforms``: those of the package."""

from rushlight.image import transforms
from rushlight.image.transforms import __all__ as __all__


def __getattr__(name: str):
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(transforms, name)
