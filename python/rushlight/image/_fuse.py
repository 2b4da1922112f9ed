"""Transforms that the native loader can do itself, recognised by their names and attributes."""

import math
from dataclasses import dataclass, field

from rushlight import _C

_HOMES = ("rushlight.image.transforms", "torchvision.transforms")
_FILTERS = {
    "nearest": "nearest",
    "bilinear": "bilinear",
    "bicubic": "bicubic",
    "lanczos": "lanczos3",
    "box": "area",
    "hamming": "hamming",
}


@dataclass
class Chain:
    """What is known of a chain of transforms so far: options of `load`, and the random crop."""

    options: dict = field(default_factory=dict)
    size: tuple | None = None
    scale: tuple | None = None
    ratio: tuple = (1.0, 1.0)
    mirror: float = 0.0
    floats: bool = False
    tensors: bool = False
    done: bool = False
    framework: str | None = None

    def load_options(self):
        """The options of `load` that do the fixed part."""
        return {"dtype": "float32" if self.floats else "uint8", **self.options}

    def random(self):
        """The native random crop, or `None` if nothing is random."""
        if self.scale is None and not self.mirror:
            return None
        return _C.image.RandomCut(self.size, self.scale, self.ratio, self.mirror)


class NotFusible(Exception):
    """A transform that has to be called."""


def fuse(transform):
    """The `Chain` that a transform is, or `None` if it has to be called for each image.

    Chains of RandomResizedCrop, or Resize and CenterCrop; RandomHorizontalFlip; the conversions to
    tensors and floats; Normalize. Random parameters are drawn by the loader, in the same distribution.
    """
    chain = Chain()
    try:
        for step in _steps(transform):
            name = type(step).__name__
            if not type(step).__module__.startswith(_HOMES) or name not in _RULES or chain.done:
                raise NotFusible
            _RULES[name](chain, step)
            if type(step).__module__.startswith("torchvision") or getattr(step, "_framework", None) == "torch":
                chain.framework = "torch"
    except NotFusible:
        return None
    # A mirrored image with a crop from the middle would be two passes.
    if chain.mirror and (chain.size is None or "crop" in chain.options):
        return None
    return chain


def _steps(transform):
    if isinstance(transform, list):
        return [step for member in transform for step in _steps(member)]
    if type(transform).__name__ == "Compose" and type(transform).__module__.startswith(_HOMES):
        return [step for member in transform.transforms for step in _steps(member)]
    return [transform]


def _pair(size):
    """Rows and columns, or `None` for the length of the shorter side."""
    size = [size] if isinstance(size, int) else list(size)
    return tuple(size) if len(size) == 2 else None


def _require(condition):
    if not condition:
        raise NotFusible


def _set_filter(chain, step):
    name = getattr(step.interpolation, "value", step.interpolation)
    _require(name in _FILTERS and getattr(step, "antialias", True) is not False)
    chain.options["algorithm"] = _FILTERS[name]


def _geometry(chain):
    _require(chain.scale is None and not chain.floats and not chain.tensors and not chain.mirror)


def _random_resized_crop(chain, step):
    _geometry(chain)
    _require(not chain.options)
    _set_filter(chain, step)
    chain.size = _pair(step.size)
    _require(chain.size is not None)
    chain.options["size"] = chain.size
    chain.scale, chain.ratio = tuple(map(float, step.scale)), tuple(map(float, step.ratio))
    _require(0 < chain.scale[0] <= chain.scale[1] and 0 < chain.ratio[0] <= chain.ratio[1] < math.inf)


def _resize(chain, step):
    _geometry(chain)
    _require(not chain.options and getattr(step, "max_size", None) is None and step.size is not None)
    _set_filter(chain, step)
    chain.size = _pair(step.size)
    chain.options["size"] = chain.size or (step.size if isinstance(step.size, int) else step.size[0])


def _center_crop(chain, step):
    _geometry(chain)
    size = _pair(step.size)
    resized = chain.options.get("size")
    # Smaller images would be padded, which one pass does not do.
    _require(size is not None and "crop" not in chain.options and resized is not None)
    fits = min(resized) if isinstance(resized, tuple) else resized
    _require(max(size) <= fits)
    chain.options["crop"] = size


def _mirror(chain, step):
    _require(not chain.mirror)
    chain.mirror = float(step.p)


def _to_tensor(chain, step):
    _require(not chain.tensors)
    chain.tensors = chain.floats = True


def _to_image(chain, step):
    _require(not chain.tensors)
    chain.tensors = True


def _to_dtype(chain, step):
    dtype = str(step.dtype).rpartition(".")[2]
    _require(chain.tensors and dtype in ("float32", "uint8") and not chain.floats)
    _require(dtype == "uint8" or type(step).__name__ == "ConvertImageDtype" or getattr(step, "scale", False))
    chain.floats = dtype == "float32"


def _normalize(chain, step):
    _require(chain.floats and not getattr(step, "inplace", False))
    mean, std = (tuple(float(v) for v in values) for values in (step.mean, step.std))
    _require(len(mean) == len(std) == 3 and all(std))
    chain.options["normalize"] = (mean, std)
    chain.done = True


_RULES = {
    "RandomResizedCrop": _random_resized_crop,
    "Resize": _resize,
    "CenterCrop": _center_crop,
    "RandomHorizontalFlip": _mirror,
    "ToTensor": _to_tensor,
    "PILToTensor": _to_image,
    "ToImage": _to_image,
    "ToDtype": _to_dtype,
    "ConvertImageDtype": _to_dtype,
    "Normalize": _normalize,
}
