"""Files to arrays: ``load`` and its kin."""

import os

import numpy as np

from rushlight import _C
from rushlight.image._calls import check_errors, tell, thread_count, wrapper
from rushlight.image._destination import Destination
from rushlight.image._errors import ImageError
from rushlight.image._recipe import MAX_MEMORY, MAX_PIXELS, recipe_of, split


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
        max_pixels: larger images are refused before anything is allocated for them; None for no limit.
        max_memory: bytes of memory for decoding; None for no limit.
        errors: "raise"; "skip" gives None for an image that cannot be read, "substitute" zeros.
        report: a list to which the errors of what was not read are appended.
        out: an array or tensor of the right shape and type to decode into; of an image that cannot be read it is zero.
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
    recipe = recipe_of(
        size, algorithm, crop, normalize, mode, dtype, layout, exif, icc, exact, background, max_pixels, max_memory
    )
    return _load_one(_source(path), recipe, device, framework, errors, report, out)


def load_bytes(data, size=None, algorithm=None, crop=None, normalize=None, device=None, **options):
    """Load one image from the bytes of its file; arguments as for :func:`load`.

    >>> import rushlight as rl
    >>> rl.image.load_bytes(b"P5 2 1 255\\n\\x00\\xff", mode="L").tolist()
    [[[0], [255]]]
    """
    recipe, rest = split(size, algorithm, crop, normalize, options)
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
    return _load_many(_sources(paths), size, algorithm, crop, normalize, workers, device, options)


def load_batch_bytes(
    data_list, size=None, algorithm=None, crop=None, normalize=None, workers=None, device=None, **options
):
    """Load many images from the bytes of their files; arguments as for :func:`load_batch`."""
    if isinstance(data_list, (bytes, bytearray)):
        raise TypeError("a sequence of files' bytes is needed, not the bytes of one: use load_bytes, or [data]")
    encoded = [_encoded(data) for data in data_list]
    return _load_many(encoded, size, algorithm, crop, normalize, workers, device, options)


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
    check_errors(errors)
    found = _C.image.info(_sources(paths), thread_count(workers))
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
    check_errors(errors)
    wrap = wrapper(device, framework)
    recipe, dtype = recipe
    destination = Destination(out, dtype)
    try:
        array = _C.image.load(source, recipe, None, destination.native)
    except ImageError as error:
        destination.clear()
        if errors == "raise":
            raise
        tell([error], report)
        if errors == "skip":
            return None
        shape = recipe.fixed_shape if out is None else np.shape(destination.memory)
        if shape is None:
            raise ValueError('errors="substitute" needs a shape: give size as (h, w), or size and crop') from error
        array = np.zeros(shape, recipe.dtype) if destination.native is None else destination.native
    return destination.result(array, wrap)


def _load_many(sources, size, algorithm, crop, normalize, workers, device, options):
    (recipe, dtype), rest = split(size, algorithm, crop, normalize, options)
    errors, out = rest.get("errors", "raise"), rest.get("out")
    check_errors(errors)
    wrap = wrapper(device, rest.get("framework"))
    if errors == "skip" and out is not None:
        raise ValueError('out= keeps a place for every image: use errors="substitute" or "raise" with it')
    destination = Destination(out, dtype)
    loaded, failed = _C.image.load_batch(sources, recipe, thread_count(workers), destination.native)
    for index, error in failed:
        if errors == "raise" or not isinstance(error, ImageError):
            raise error
        error.index = index
    if failed:
        tell([error for _, error in failed], rest.get("report"))
    if failed and errors == "skip":
        lost = {index for index, _ in failed}
        kept = [index for index in range(len(sources)) if index not in lost]
        loaded = [loaded[index] for index in kept] if isinstance(loaded, list) else loaded[kept]
    if not isinstance(loaded, list):
        return destination.result(loaded, wrap)
    if out is not None:
        raise ValueError("out= needs results of one shape: give size as (h, w), or size and crop")
    return [None if array is None else destination.result(array, wrap) for array in loaded]


def _sources(paths):
    if isinstance(paths, (str, bytes, os.PathLike)):
        raise TypeError(f"a sequence of paths is needed, not the one path {paths!r}: use load, or [path]")
    return [_source(path) for path in paths]


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
    if hasattr(data, "detach"):
        data = data.numpy()
    return data if isinstance(data, bytes) else bytes(memoryview(data))
