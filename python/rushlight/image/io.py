"""Files and encoded bytes as tensors ``[C, H, W]`` and back, with the names of ``torchvision.io``.

Tensors are Rushlight's, or PyTorch's after ``transforms.set_framework("torch")``. Nothing is turned by EXIF unless that is asked for;
what cannot be read raises :class:`rushlight.image.ImageError`.
"""

import io
import os
from enum import Enum
from functools import partial
from pathlib import Path

import numpy as np

from rushlight import from_numpy
from rushlight.image._load import image_info, load_bytes
from rushlight.image._save import encode_jpeg as jpeg_bytes
from rushlight.image._save import encode_png as png_bytes
from rushlight.image._save import write_bytes
from rushlight.image.transforms.framework import as_framework, get_framework

__all__ = [
    "ImageReadMode", "decode_avif", "decode_image", "decode_jpeg", "decode_png", "decode_webp", "encode_jpeg", "encode_png",
    "read_file", "read_image", "write_file", "write_jpeg", "write_png",
]  # fmt: skip


class ImageReadMode(Enum):
    """The channels of decoded images."""

    UNCHANGED = 0
    GRAY = 1
    GRAY_ALPHA = 2
    RGB = 3
    RGB_ALPHA = 4
    RGBA = RGB_ALPHA


MODES = dict(zip(ImageReadMode, ("unchanged", "L", "LA", "RGB", "RGBA"), strict=True))


def decode_image(input, mode=ImageReadMode.UNCHANGED, apply_exif_orientation=False):
    """Return the pixels of an encoded image: uint8, or uint16 of a PNG of 16 bits.

    Unchanged, a PNG with a palette gives its indices, as masks of classes are stored (Pillow reads them), and CMYK is RGB.

    Args:
        input: the bytes of a file as a uint8 tensor, or a path.
        mode: an ``ImageReadMode`` or its name; unchanged by default.
        apply_exif_orientation: whether the image is turned upright.

    >>> import rushlight as rl
    >>> decode_image(rl.tensor(list(b"P5 2 1 255\\n\\x00\\xff"), dtype=rl.uint8)).tolist()
    [[[0, 255]]]
    """
    if isinstance(input, (str, os.PathLike)):
        input = read_file(input)
    if "uint8" not in str(getattr(input, "dtype", None)) or input.ndim != 1:
        raise TypeError("expected the bytes of a file as a tensor [N] of uint8, or a path")
    channels = MODES[ImageReadMode[mode.upper() if isinstance(mode, str) else mode.name]]
    data = input.numpy().tobytes()
    if channels == "unchanged" and has_palette(data) and not apply_exif_orientation:
        return tensor(indices(data))
    info = image_info(io.BytesIO(data))
    dtype = "uint16" if (info.format, info.bits) == ("PNG", 16) else "uint8"
    return tensor(load_bytes(data, mode=channels, layout="CHW", dtype=dtype, exif=bool(apply_exif_orientation)))


def has_palette(data):
    """Whether a file is a PNG of colour type 3 (PNG specification, 11.2.1)."""
    return data[:8] == b"\x89PNG\r\n\x1a\n" and data[25:26] == b"\x03"


def indices(data):
    from PIL import Image

    return np.array(Image.open(io.BytesIO(data)))[None]


def read_image(path, mode=ImageReadMode.UNCHANGED, apply_exif_orientation=False):
    """Return the pixels of an image file: :func:`decode_image` of its bytes."""
    return decode_image(read_file(path), mode, apply_exif_orientation)


def decode_jpeg(input, mode=ImageReadMode.UNCHANGED, device="cpu", apply_exif_orientation=False):
    """Return the pixels of a JPEG, or of a list of them."""
    if str(device) != "cpu":
        raise NotImplementedError(f'device={str(device)!r}: images are decoded to "cpu"; move the tensor afterwards')
    one = partial(decode_image, mode=mode, apply_exif_orientation=apply_exif_orientation)
    return [one(data) for data in input] if isinstance(input, (list, tuple)) else one(input)


def decode_png(input, mode=ImageReadMode.UNCHANGED, apply_exif_orientation=False):
    """Return the pixels of a PNG."""
    return decode_image(input, mode, apply_exif_orientation)


def decode_webp(input, mode=ImageReadMode.UNCHANGED):
    """Return the pixels of a WebP; of an animation the first frame's."""
    return decode_image(input, mode)


def decode_avif(input, mode=ImageReadMode.UNCHANGED):
    """Return the pixels of an AVIF."""
    return decode_image(input, mode)


def encode_jpeg(input, quality=75):
    """Return the bytes of a JPEG of pixels ``[1 or 3, H, W]`` of uint8, or those of a list of images."""
    if isinstance(input, (list, tuple)):
        return [encode_jpeg(image, quality) for image in input]
    return of_bytes(jpeg_bytes(input, quality=quality))


def encode_png(input, compression_level=6):
    """Return the bytes of a PNG of pixels ``[1 to 4, H, W]``."""
    return of_bytes(png_bytes(input, compress_level=compression_level))


def write_jpeg(input, filename, quality=75):
    """Write pixels ``[1 or 3, H, W]`` as a JPEG file."""
    write_file(filename, encode_jpeg(input, quality))


def write_png(input, filename, compression_level=6):
    """Write pixels ``[1 to 4, H, W]`` as a PNG file."""
    write_file(filename, encode_png(input, compression_level))


def read_file(path):
    """Return the bytes of a file as a tensor ``[N]`` of uint8."""
    with open(path, "rb") as file:
        return of_bytes(file.read())


def write_file(filename, data):
    """Write a tensor ``[N]`` of uint8 as a file."""
    write_bytes(Path(filename), data.numpy().tobytes())


def tensor(array):
    """Return an array as a tensor of the framework that is set."""
    return as_framework(from_numpy(array), get_framework())


def of_bytes(data):
    return tensor(np.frombuffer(bytearray(data), np.uint8))
