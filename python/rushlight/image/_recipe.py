"""Options of ``load`` as a native recipe."""

from functools import lru_cache

import numpy as np

from rushlight import _C

NORMALIZATIONS = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "[-1,1]": ((0.5,), (0.5,)),
}
"""Means and standard deviations by name: ImageNet's, those of OpenAI's CLIP, and of the range from -1 to 1."""

MAX_PIXELS = 178_956_970
"""Images of more pixels are refused, as by Pillow, unless ``max_pixels`` says otherwise."""

MAX_MEMORY = 2 << 30
"""Bytes that decoding one image may use, unless ``max_memory`` says otherwise."""

_UNLIMITED = 2**64 - 1

_NATIVE = ("uint8", "uint16", "float32")


def split(size, algorithm, crop, normalize, options):
    """Return the recipe of a call and its other options."""
    named = {
        "mode": "RGB",
        "dtype": None,
        "layout": None,
        "exif": True,
        "icc": False,
        "exact": False,
        "background": None,
    }
    named |= {"max_pixels": MAX_PIXELS, "max_memory": MAX_MEMORY}
    unknown = options.keys() - named.keys() - {"errors", "report", "out", "framework"}
    if unknown:
        raise TypeError(f"unexpected keyword argument {sorted(unknown)[0]!r}")
    rest = {name: value for name, value in options.items() if name not in named}
    named |= {name: value for name, value in options.items() if name in named}
    return recipe_of(size, algorithm, crop, normalize, *named.values()), rest


def recipe_of(size, algorithm, crop, normalize, *rest):
    """Return the native recipe, and the type to convert its result to (None if it has it already)."""
    try:
        return _cached_recipe(_sides(size), algorithm, _sides(crop), _freeze(normalize), *map(_freeze, rest))
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
        raise TypeError(f"size, crop, normalize and background are numbers, names or tuples: {error}") from None


@lru_cache(maxsize=256)
def _cached_recipe(
    size, algorithm, crop, normalize, mode, dtype, layout, exif, icc, exact, background, max_pixels, max_memory
):
    _check_sides("size", size)
    if crop != "center":
        _check_sides("crop", crop)
    dtype = _dtype_name(dtype, normalize)
    native = dtype if dtype in _NATIVE else "float32"
    if normalize is not None and native != "float32":
        raise ValueError(f"normalize gives floats: dtype={dtype} cannot hold them")
    if isinstance(crop, int):
        crop = (crop, crop)
    recipe = _C.image.Recipe(
        size,
        crop,
        _name("algorithm", algorithm or "lanczos3"),
        _name("mode", mode),
        _color(background),
        native,
        None if normalize is None else _scale(normalize),
        _name("layout", layout or ("HWC" if normalize is None else "CHW")),
        bool(exif),
        bool(icc),
        bool(exact),
        _limit("max_pixels", max_pixels),
        _limit("max_memory", max_memory),
    )
    return recipe, None if dtype == native else dtype


def _dtype_name(dtype, normalize):
    if dtype is None:
        return "uint8" if normalize is None else "float32"
    name = (
        dtype
        if isinstance(dtype, str)
        else str(dtype).rpartition(".")[2]
        if "torch" in repr(dtype)
        else np.dtype(dtype).name
    )
    if name not in (*_NATIVE, "float16", "float64"):
        raise ValueError(f"dtype={name} is not known; it is one of uint8, uint16, float16, float32, float64")
    return name


def _name(argument, value):
    if not isinstance(value, str):
        raise TypeError(f"{argument}={value!r} is not a name, a str")
    return value


def _color(background):
    if background is None:
        return None
    levels = background if isinstance(background, tuple) else (background,)
    if len(levels) != 3 or not all(hasattr(level, "__index__") and 0 <= level <= 255 for level in levels):
        raise ValueError(f"background={background!r} is not a colour: three integers from 0 to 255")
    return tuple(int(level) for level in levels)


def _limit(name, value):
    """The number of a limit; the largest there is for None."""
    if value is None:
        return _UNLIMITED
    if not isinstance(value, (int, float, np.number)) or value < 0 or value != value // 1:
        raise ValueError(f"{name}={value!r} is not a whole number of 0 or more, or None for no limit")
    return min(int(value), _UNLIMITED)


def _scale(normalize):
    if isinstance(normalize, str):
        if normalize not in NORMALIZATIONS:
            raise ValueError(
                f"normalize={normalize!r} is not known; it is one of {', '.join(NORMALIZATIONS)}, or (mean, std)"
            )
        return NORMALIZATIONS[normalize]
    if not isinstance(normalize, tuple) or len(normalize) != 2:
        raise ValueError(f"normalize={normalize!r} is not a name or a pair (mean, std)")
    mean, std = (np.atleast_1d(np.asarray(values, np.float32)).tolist() for values in normalize)
    if len(mean) != len(std) or 0.0 in std:
        raise ValueError(
            f"normalize has the mean {mean} and the std {std}: one of each for a channel is needed, and no std of 0"
        )
    return mean, std


def _sides(value):
    """Return one number or a name as it is, a sequence as a tuple."""
    if value is None or isinstance(value, (int, str)):
        return value
    if not getattr(value, "shape", True) or not hasattr(value, "__iter__"):
        return _side(value)
    sides = tuple(_side(side) for side in value)
    return sides[0] if len(sides) == 1 else sides


def _side(value):
    return int(value) if hasattr(value, "__index__") or hasattr(value, "__float__") else value


def _check_sides(name, value):
    if value is None:
        return
    sides = value if isinstance(value, tuple) else (value,)
    if len(sides) not in (1, 2) or not all(isinstance(side, int) and 0 < side < 2**32 for side in sides):
        centre = ', or "center"' if name == "crop" else ""
        raise ValueError(f"{name}={value!r} is not a positive number of pixels, a pair (height, width){centre}")


def _freeze(value):
    """Return a value by which a recipe can be remembered."""
    if isinstance(value, (list, tuple)):
        return tuple(_freeze(item) for item in value)
    return tuple(value.ravel().tolist()) if isinstance(value, np.ndarray) else value
