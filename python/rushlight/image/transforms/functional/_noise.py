"""Noise, and what a JPEG file loses."""

import io
import sys

import numpy as np

from rushlight import _C
from rushlight.image.transforms._draw import own_generator, randn
from rushlight.image.transforms.functional._dispatch import dispatched
from rushlight.image.transforms.functional._pixels import is_pil, is_torch, pixels

augment = _C.image.augment

__all__ = ["gaussian_noise", "jpeg"]


@dispatched
def gaussian_noise(inpt, mean: float = 0.0, sigma: float = 0.1, clip: bool = True):
    """Add normal noise, ``mean`` and ``sigma`` in units of white; it comes from the generator of the tensor's framework.

    Raises:
        ValueError: for a negative ``sigma``, or samples other than uint8 and floats.
    """
    if sigma < 0:
        raise ValueError(f"sigma shouldn't be negative. Got {sigma}")
    found = pixels(inpt)
    array, dtype = found.array, found.array.dtype
    if dtype != np.uint8 and dtype.kind != "f":
        raise ValueError(f"Input tensor is expected to be in uint8 or float dtype, got dtype={dtype}")
    # The streams of the two packages' generators are the same.
    foreign = is_torch(inpt) and own_generator() is None
    noise = (sys.modules["torch"].randn(array.shape) if foreign else randn(*array.shape)).numpy()
    if dtype.kind == "f":
        result = array + (dtype.type(mean) + noise.astype(dtype, copy=False) * dtype.type(sigma))
        return found.give(result.clip(0, 1, out=result) if clip else result)
    noise *= np.float32(sigma * 255)
    noise += np.float32(mean * 255)
    result = noise.astype(np.int16)
    result += array
    return found.give((result.clip(0, 255, out=result) if clip else result).astype(np.uint8))


@dispatched
def jpeg(image, quality: int):
    """Return what is left of an image after it was written as a JPEG file of this quality (1 to 100) and read again."""
    if is_pil(image):
        return pil_jpeg(image, quality)
    found = pixels(image)
    if found.array.dtype != np.uint8:
        raise RuntimeError(f"Input tensor dtype should be uint8, got {found.array.dtype}")
    if found.channels not in (1, 3):
        raise RuntimeError(f"The number of channels should be 1 or 3, got: {found.channels}")
    result = np.empty_like(found.array, order="C")
    sources = found.array.reshape(-1, *found.array.shape[-3:])
    for source, target in zip(sources, result.reshape(sources.shape)):
        source = np.ascontiguousarray(source)
        decoded = again(augment.interleaved(source) if found.planar else source, quality)
        target[...] = augment.planes(decoded) if found.planar else decoded
    return found.give(result)


def again(image: np.ndarray, quality: int) -> np.ndarray:
    """Return an image ``[H, W, C]`` after encoding and decoding."""
    from rushlight.image import encode_jpeg, load_bytes

    data = encode_jpeg(image, quality=quality)
    return load_bytes(data, mode="L" if image.shape[-1] == 1 else "RGB").reshape(image.shape)


def pil_jpeg(image, quality: int):
    """Let Pillow write and read a PIL image."""
    from PIL import Image

    file = io.BytesIO()
    image.save(file, format="JPEG", quality=quality)
    return Image.open(file).copy()
