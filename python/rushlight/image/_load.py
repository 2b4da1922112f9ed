"""Files to arrays: ``load`` and its kin."""

import os
import warnings
from functools import lru_cache

import numpy as np

from rushlight import _C
from rushlight.image._errors import ImageError, ImageWarning

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

_NATIVE = ("uint8", "uint16", "float32")


def load(
    path,
    size=None,
    algorithm=None,
    crop=None,
    normalize=None,
    device=None,
    *,
    mode="RGB",
    dtype=None,
    layout=None,
    exif=True,
    icc=False,
    exact=False,
    background=None,
    max_pixels=MAX_PIXELS,
    max_memory=MAX_MEMORY,
    errors="raise",
    report=None,
    out=None,
    framework=None,
):
    """Load one image file as an array.

    Args:
        path: a path, or a binary file object.
        size: the new length of the shorter side, as torchvision's ``Resize(size)``, or ``(height, width)``.
        algorithm: how to resize: "nearest", "bilinear", "bicubic", "catmullrom", "mitchell", "lanczos3" (default) or "area".
        crop: "center" keeps ``(height, width)`` of ``size`` (a square if that is one number) from the middle of the image that covers it;
            a number or ``(height, width)`` is cut from the middle after resizing to ``size``.
        normalize: ``(sample / 255 - mean) / std`` with "imagenet", "clip", "[-1,1]" or ``(mean, std)``.
        device: None for NumPy, "cpu" for a tensor.
        mode: "RGB", "RGBA", "L", "LA", or "unchanged" for the channels the file has.
        dtype: uint8 (default), float32 (default with ``normalize``; 0 to 1 without), float16, float64, or uint16, which keeps 16 bits.
        layout: "HWC", or "CHW" (default with ``normalize``).
        exif: apply the EXIF orientation.
        icc: convert from the file's colour profile to sRGB.
        exact: decode a JPEG at its full size before resizing. Else one at least eight times as large as the result, along both sides, is
            decoded at 1/2, 1/4 or 1/8; some samples are then off by a few levels.
        background: the colour ``(r, g, b)`` behind transparent pixels; by default alpha is dropped, as by Pillow's ``convert("RGB")``.
        max_pixels: larger images are refused before anything is allocated for them.
        max_memory: bytes of memory for decoding.
        errors: "raise"; "skip" gives None for an image that cannot be read, "substitute" zeros.
        report: a list to which the errors of what was not read are appended.
        out: an array of the right shape and type to decode into.
        framework: "rushlight" or "torch": whose tensor ``device="cpu"`` gives.

    Returns:
        uint8 ``[height, width, channels]``; with ``normalize`` float32 ``[channels, height, width]``.

    Raises:
        ImageError: the file is missing or not a readable image; names the file, the format and the reason.
        ValueError: an argument makes no sense, or the crop does not fit.

    >>> import rushlight as rl
    >>> from io import BytesIO
    >>> rl.image.load(BytesIO(b"P5 4 2 255\\n" + bytes(8)), size=1).shape
    (1, 2, 3)
    """
    recipe = _recipe(
        size, algorithm, crop, normalize, mode, dtype, layout, exif, icc, exact, background, max_pixels, max_memory
    )
    return _load_one(_source(path), recipe, device, framework, errors, report, out)


def load_bytes(data, size=None, algorithm=None, crop=None, normalize=None, device=None, **options):
    """Load one image from the bytes of its file; arguments as for :func:`load`.

    >>> import rushlight as rl
    >>> rl.image.load_bytes(b"P5 2 1 255\\n\\x00\\xff", mode="L").tolist()
    [[[0], [255]]]
    """
    recipe, rest = _split(size, algorithm, crop, normalize, options)
    return _load_one(
        _encoded(data), recipe, device, **{"framework": None, "errors": "raise", "report": None, "out": None, **rest}
    )


def load_batch(paths, size=None, algorithm=None, crop=None, normalize=None, workers=None, device=None, **options):
    """Load many image files on ``workers`` threads (default: one for each core).

    The other arguments are those of :func:`load`. With ``errors="skip"`` images that cannot be read are left out, with "substitute" they are
    zeros (None in a list of results of several shapes); what failed is told by an :class:`ImageWarning` or, with ``report=``, appended to that list
    as :class:`ImageError` with an ``index``.

    Returns:
        One contiguous array ``[N, ...]`` if all results have one shape, else a list of arrays.
    """
    return _load_many([_source(path) for path in paths], size, algorithm, crop, normalize, workers, device, options)


def load_batch_bytes(
    data_list, size=None, algorithm=None, crop=None, normalize=None, workers=None, device=None, **options
):
    """Load many images from the bytes of their files; arguments as for :func:`load_batch`."""
    return _load_many(
        [_encoded(data) for data in data_list], size, algorithm, crop, normalize, workers, device, options
    )


class ImageInfo(tuple):
    """``(width, height)`` of an image, with what else its headers say as attributes.

    Attributes:
        width, height: in pixels, as the image is seen (the EXIF orientation applied), or as stored with ``exif=False``.
        format: "JPEG", "PNG", "WebP", "AVIF", "GIF", "BMP", "TIFF", "QOI" or "PNM", by the content.
        mode: "L", "LA", "RGB" or "RGBA": the channels that ``mode="unchanged"`` gives.
        bits: 8 or 16.
        orientation: by EXIF, 1 to 8; 1 is upright.
    """

    def __new__(cls, header, exif=True):
        """Take what the engine read from the headers."""
        form, width, height, mode, bits, orientation = header
        info = super().__new__(cls, (height, width) if exif and orientation >= 5 else (width, height))
        info.width, info.height = info
        info.format, info.mode, info.bits, info.orientation = form, mode, bits, orientation
        return info


def image_info(path, *, exif=True):
    """Return the size ``(width, height)`` of an image from its headers, with more as attributes (:class:`ImageInfo`).

    >>> import rushlight as rl
    >>> from io import BytesIO
    >>> info = rl.image.image_info(BytesIO(b"P5 4 2 255\\n" + bytes(8)))
    >>> info, info.format, info.mode
    ((4, 2), 'PNM', 'L')
    """
    return image_info_batch([path], workers=1, exif=exif)[0]


def image_info_batch(paths, workers=None, *, exif=True, errors="raise"):
    """Return :func:`image_info` of many files; with ``errors="skip"`` None for those that cannot be read."""
    _check_errors(errors)
    found = _C.image.info([_source(path) for path in paths], _threads(workers))
    fault = next((header for header in found if isinstance(header, Exception)), None)
    if fault is not None and errors == "raise":
        raise fault
    return [None if isinstance(header, Exception) else ImageInfo(header, exif) for header in found]


def to_dlpack(array):
    """Return a DLPack capsule over the memory of an array or tensor, for ``from_dlpack`` of PyTorch, TensorFlow or CuPy.

    Newer ``from_dlpack`` functions (JAX, NumPy, Rushlight) take the array itself.
    """
    return array.__dlpack__()


def _load_one(source, recipe, device, framework, errors, report, out):
    _check_errors(errors)
    wrap = _wrapper(device, framework)
    recipe, dtype = recipe
    try:
        array = _C.image.load(source, recipe, None, out)
    except ImageError as error:
        if errors == "raise":
            raise
        _tell([error], report)
        if errors == "skip":
            return None
        if recipe.fixed_shape is None:
            raise ValueError('errors="substitute" needs a shape: give size as (h, w), or size and crop') from error
        array = np.zeros(recipe.fixed_shape, recipe.dtype)
    return wrap(array if dtype is None else array.astype(dtype))


def _load_many(sources, size, algorithm, crop, normalize, workers, device, options):
    (recipe, dtype), rest = _split(size, algorithm, crop, normalize, options)
    errors, out = rest.get("errors", "raise"), rest.get("out")
    _check_errors(errors)
    wrap = _wrapper(device, rest.get("framework"))
    if errors == "skip" and out is not None:
        raise ValueError('out= keeps a place for every image: use errors="substitute" or "raise" with it')
    loaded, failed = _C.image.load_batch(sources, recipe, _threads(workers), out)
    for index, error in failed:
        if errors == "raise" or not isinstance(error, ImageError):
            raise error
        error.index = index
    if failed:
        _tell([error for _, error in failed], rest.get("report"))
    if failed and errors == "skip":
        lost = {index for index, _ in failed}
        kept = [index for index in range(len(sources)) if index not in lost]
        loaded = [loaded[index] for index in kept] if isinstance(loaded, list) else loaded[kept]
    if isinstance(loaded, list):
        return [None if array is None else wrap(array if dtype is None else array.astype(dtype)) for array in loaded]
    return wrap(loaded if dtype is None else loaded.astype(dtype))


def _split(size, algorithm, crop, normalize, options):
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
    return _recipe(size, algorithm, crop, normalize, *named.values()), rest


def _recipe(size, algorithm, crop, normalize, *rest):
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
    layout = layout or ("HWC" if normalize is None else "CHW")
    scale = None if normalize is None else _scale(normalize)
    recipe = _C.image.Recipe(
        size,
        crop,
        algorithm or "lanczos3",
        mode,
        background,
        native,
        scale,
        layout,
        exif,
        icc,
        exact,
        max_pixels,
        max_memory,
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
    sides = tuple(int(side) for side in value) if hasattr(value, "__iter__") else int(value)
    return sides[0] if isinstance(sides, tuple) and len(sides) == 1 else sides


def _check_sides(name, value):
    sides = value if isinstance(value, tuple) else () if value is None else (value,)
    if len(sides) > 2 or not all(isinstance(side, int) and side > 0 for side in sides):
        centre = ', or "center"' if name == "crop" else ""
        raise ValueError(f"{name}={value!r} is not a positive number of pixels, a pair (height, width){centre}")


def _freeze(value):
    """Return a value by which a recipe can be remembered."""
    if isinstance(value, (list, tuple)):
        return tuple(_freeze(item) for item in value)
    return tuple(value.ravel().tolist()) if isinstance(value, np.ndarray) else value


def _source(path):
    """Return what the engine reads: a path as text, or the bytes of a file object."""
    if isinstance(path, str):
        return path
    if hasattr(path, "read"):
        return _encoded(path.read())
    return os.fsdecode(path)


def _encoded(data):
    if isinstance(data, str):
        raise TypeError("the bytes of an image file are needed, not a str: to load from a path use load or load_batch")
    return data if isinstance(data, bytes) else bytes(memoryview(data))


def _threads(workers):
    if workers is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers < 0:
        raise ValueError(f"workers={workers} is negative: give how many threads to use, or None for one per core")
    return max(workers, 1)


def _check_errors(errors):
    if errors not in ("raise", "skip", "substitute"):
        raise ValueError(f'errors={errors!r} is not known; it is "raise", "skip" or "substitute"')


def _tell(errors, report):
    if report is not None:
        report.extend(errors)
        return
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    warnings.warn(f"{errors[0]}{more}", ImageWarning, stacklevel=4)


def _wrapper(device, framework):
    """Return the function that makes of an array what ``device`` and ``framework`` ask for."""
    if framework not in (None, "rushlight", "torch"):
        raise ValueError(f'framework={framework!r} is not known; it is "rushlight" or "torch"')
    if device is None and framework is None:
        return lambda array: array
    if device is not None and str(device) != "cpu":
        raise NotImplementedError(
            f'device={str(device)!r}: images are loaded to NumPy (None) or to "cpu"; move the tensor afterwards'
        )
    if framework == "torch":
        import torch

        return torch.from_numpy
    from rushlight import from_numpy

    return from_numpy
