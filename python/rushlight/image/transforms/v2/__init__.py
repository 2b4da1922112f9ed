"""The names of ``torchvision.transforms.v2``."""

import importlib

from rushlight.image.transforms import MODULES, functional
from rushlight.image.transforms import __all__ as __all__


def __getattr__(name: str):
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"rushlight.image.transforms.{MODULES[name]}"), name)


def __dir__():
    return sorted(["functional", *MODULES])
