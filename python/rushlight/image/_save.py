"""Pixels to files: JPEG, PNG and WebP."""

import errno
import os
import secrets
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from rushlight._C import image as _native

_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG", ".png": "PNG", ".webp": "WEBP"}


def encode_jpeg(
    array: Any, quality: int = 75, subsampling: str = "4:2:0", progressive: bool = False, optimize: bool = False
) -> bytes:
    """A JPEG file of grey or RGB pixels, byte for byte what libjpeg-turbo writes with the same settings.

    Args:
        array: uint8, ``[H, W]``, ``[H, W, 1]`` or ``[H, W, 3]``; a tensor ``[C, H, W]``; or a PIL image.
        quality: 1 (smallest) to 100.
        subsampling: of the colour: ``"4:4:4"`` (none), ``"4:2:2"`` or ``"4:2:0"``.
        progressive: write scans of rising quality.
        optimize: make the Huffman tables for this image; slower, some per cent smaller.

    Raises:
        ValueError: for a shape, an alpha channel or an option that a JPEG cannot have.
        TypeError: if the pixels are not uint8.

    >>> import numpy as np
    >>> encode_jpeg(np.zeros((8, 8, 3), np.uint8))[6:10]
    b'JFIF'
    """
    quality = _between("quality", quality, 1, 100)
    return _native.encode_jpeg(_pixels(array, "uint8"), quality, subsampling, progressive, optimize)


def encode_png(array: Any, compress_level: int = 6) -> bytes:
    """A PNG file of grey or RGB pixels, with or without alpha.

    Args:
        array: uint8 or uint16, ``[H, W]`` or ``[H, W, 1 to 4]``; a tensor ``[C, H, W]``; or a PIL image.
        compress_level: 0 (stored) to 9 (smallest), as zlib's.

    Raises:
        ValueError: for a shape or a level that a PNG cannot have.
        TypeError: if the pixels are neither uint8 nor uint16.

    >>> import numpy as np
    >>> encode_png(np.zeros((2, 2), np.uint16))[:4]
    b'\\x89PNG'
    """
    return _native.encode_png(_pixels(array, "uint8", "uint16"), _between("compress_level", compress_level, 0, 9))


def encode_webp(array: Any, quality: int = 80, lossless: bool = False) -> bytes:
    """A WebP file of grey or RGB pixels, with or without alpha.

    Args:
        array: uint8, ``[H, W]`` or ``[H, W, 1 to 4]``; a tensor ``[C, H, W]``; or a PIL image.
        quality: 0 (smallest) to 100; alpha is always exact.
        lossless: keep every pixel as it is; ``quality`` has no effect then.

    Raises:
        ValueError: for a shape or a quality that a WebP cannot have.
        TypeError: if the pixels are not uint8.

    >>> import numpy as np
    >>> encode_webp(np.zeros((2, 2, 3), np.uint8), lossless=True)[8:16]
    b'WEBPVP8L'
    """
    quality = _between("quality", quality, 0, 100)
    return _native.encode_webp(_pixels(array, "uint8"), None if lossless else quality)


def save(
    array: Any, path: str | PathLike, quality: int | None = None, format: str | None = None, **options: Any
) -> None:
    """Write pixels to a file, which appears under its name only when it is complete.

    Args:
        array: pixels as `encode_jpeg`, `encode_png` or `encode_webp` takes them.
        path: where to; an existing file is replaced.
        quality: of a JPEG (75 by default) or a WebP (80).
        format: ``"JPEG"``, ``"PNG"`` or ``"WEBP"``; by default what the name ends with.
        options: further arguments of the encoder, such as ``subsampling``, ``compress_level`` or ``lossless``.

    Raises:
        ValueError: if the format is not one of the three, or has no such option.

    >>> import numpy as np, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(np.zeros((8, 8, 3), np.uint8), f"{folder}/black.jpg", quality=90)
    """
    path = Path(os.fsdecode(os.path.realpath(path)))
    encode = _encoder(path, format)
    if quality is not None:
        if encode is encode_png:
            raise ValueError("a PNG has no quality: pass compress_level=0 to 9, or save as JPEG or WebP")
        options["quality"] = quality
    try:
        data = encode(array, **options)
    except TypeError as error:
        if "unexpected keyword" not in str(error):
            raise
        raise ValueError(f"{encode.__name__} has no such option: {', '.join(options)}") from None
    write_bytes(path, data)


def _encoder(path: Path, format: str | None):
    name = _FORMATS.get(path.suffix.lower()) if format is None else format.upper().replace("JPG", "JPEG")
    encoders = {"JPEG": encode_jpeg, "PNG": encode_png, "WEBP": encode_webp}
    if name not in encoders:
        given = f"the name {path.name!r}" if format is None else f"format={format!r}"
        raise ValueError(f"{given} is of no format that can be written: JPEG, PNG or WEBP (pass format=)")
    return encoders[name]


def write_bytes(path: Path, data: bytes) -> None:
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no folder to save in", str(path.parent))
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(part, "xb") as file:
            file.write(data)
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _between(name: str, value: int, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an int from {low} to {high}, got {type(value).__name__}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low} to {high}, got {value}")
    return int(value)


def _pixels(array: Any, *dtypes: str) -> np.ndarray:
    """The pixels as a contiguous array [H, W] or [H, W, C] of one of the dtypes."""
    if hasattr(array, "getbands"):
        array = _pil_pixels(array)
    elif hasattr(array, "permute") and hasattr(array, "numpy"):
        array = _tensor_pixels(array)
    array = np.asarray(array)
    if array.dtype.name not in dtypes:
        cure = (
            "scale, round and cast it first, as in (array * 255).round().astype('uint8')"
            if array.dtype.kind == "f"
            else "cast it first"
        )
        raise TypeError(f"expected pixels of {' or '.join(dtypes)}, got {array.dtype.name}: {cure}")
    if array.ndim not in (2, 3) or array.ndim == 3 and not 1 <= array.shape[2] <= 4 or 0 in array.shape:
        raise ValueError(f"expected an image [H, W] or [H, W, 1 to 4], got shape {list(array.shape)}")
    return np.ascontiguousarray(array)


def _tensor_pixels(tensor: Any) -> np.ndarray:
    if tensor.dim() not in (2, 3) or tensor.dim() == 3 and not 1 <= tensor.shape[0] <= 4:
        raise ValueError(f"expected an image tensor [H, W] or [1 to 4, H, W], got shape {list(tensor.shape)}")
    array = tensor.detach().cpu().numpy()
    return array if array.ndim == 2 else array.transpose(1, 2, 0)


def _pil_pixels(image: Any) -> Any:
    kept = ("L", "LA", "RGB", "RGBA", "I", "F")
    if image.mode in kept or image.mode.startswith("I;16"):
        return image
    if image.mode == "P":
        return image.convert("RGBA" if "transparency" in image.info else "RGB")
    like = {"1": "L", "PA": "RGBA", "RGBa": "RGBA", "La": "LA"}
    return image.convert(like.get(image.mode, "RGB"))
