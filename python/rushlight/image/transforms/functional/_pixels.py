"""Any kind of image as an array of samples, and the way back to its kind.

========================  =====================  ===========================
image                     samples                given back as
========================  =====================  ===========================
Rushlight tensor, torch   ``[..., C, H, W]``     a tensor, the same memory
NumPy array               ``[..., H, W, C]``     an array
PIL image                 ``[H, W, C]``          a PIL image of its mode
path, encoded bytes       ``[H, W, C]``, uint8   an array
========================  =====================  ===========================

Tensors and arrays of two dimensions are one channel.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rushlight import _C

NATIVE = frozenset((np.dtype(np.uint8), np.dtype(np.float32)))
EXPECTED = "a path, encoded bytes, a PIL image, a NumPy array, a Rushlight tensor or a torch tensor"


@dataclass(slots=True)
class Pixels:
    """Samples of one image or of a batch.

    Attributes:
        array: ``[..., C, H, W]`` if ``planar``, else ``[..., H, W, C]``; the memory of the image itself where it has any to lend.
        planar: whether a channel's samples lie together.
        give: makes of a new array with the same layout an object of the image's kind.
    """

    array: np.ndarray
    planar: bool
    give: Callable[[np.ndarray], Any]

    @property
    def channels(self) -> int:
        return self.array.shape[-3 if self.planar else -1]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        shape = self.array.shape
        return (shape[-2], shape[-1]) if self.planar else (shape[-3], shape[-2])

    @property
    def batch(self) -> tuple[int, ...]:
        """The lengths of the dimensions before those of an image."""
        return self.array.shape[:-3]

    def shape(self, channels: int, height: int, width: int) -> tuple[int, ...]:
        """Return the shape of a result with this batch and layout."""
        image = (channels, height, width) if self.planar else (height, width, channels)
        return self.batch + image

    def contiguous(self) -> np.ndarray:
        """Return the samples in C order, copied only if they are not."""
        return np.ascontiguousarray(self.array)

    def through(self, kernel: Callable, *args, integers: bool = False) -> Any:
        """Return what a native kernel ``kernel(array, planar, *args)`` makes of the samples, as an object of the image's kind.

        Kernels take uint8 and float32; other floats go through float32, and other integers if ``integers`` allows the detour.
        """
        dtype = self.array.dtype
        if dtype in NATIVE:
            return self.give(kernel(self.contiguous(), self.planar, *args))
        if dtype.kind != "f" and not integers:
            raise TypeError(
                f"images of uint8 or floats are expected, got {dtype}: pass to_dtype(image, torch.float32, scale=True)"
            )
        return self.give(from_float(kernel(np.ascontiguousarray(self.array, np.float32), self.planar, *args), dtype))

    def window(self, top: int, bottom: int, left: int, right: int) -> np.ndarray:
        """Return a view of some rows and columns of every image."""
        rows, columns = slice(top, bottom), slice(left, right)
        return self.array[..., rows, columns] if self.planar else self.array[..., rows, columns, :]

    def per_channel(self, values) -> np.ndarray:
        """Return one value per channel, shaped to meet the samples."""
        values = np.asarray(values)
        return values.reshape(-1, 1, 1) if self.planar else values.reshape(-1)


def pixels(image: Any) -> Pixels:
    """Return the samples of any kind of image.

    Raises:
        TypeError: for an object that is no image.
        ValueError: for an array or a tensor of fewer than two dimensions.
        ImageError: for a file or bytes that hold no image.

    >>> found = pixels(np.zeros((4, 5, 3), np.uint8))
    >>> found.size, found.channels, found.planar
    ((4, 5), 3, False)
    >>> pixels(_C.zeros([2, 3, 4, 5])).batch
    (2,)
    """
    if isinstance(image, _C.Tensor):
        return tensor_pixels(image, _C, _C._array, _C.from_numpy)
    if isinstance(image, np.ndarray):
        return array_pixels(image)
    if is_torch(image):
        torch = sys.modules["torch"]
        return tensor_pixels(image, torch, torch.Tensor.numpy, torch.from_numpy)
    if is_pil(image):
        return pil_pixels(image)
    return array_pixels(decoded(image))


def is_torch(image: Any) -> bool:
    """Return whether an object is a tensor of PyTorch, without importing it."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(image, torch.Tensor)


def is_pil(image: Any) -> bool:
    """Return whether an object is a PIL image, without importing Pillow."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(image, module.Image)


def is_tensor(image: Any) -> bool:
    """Return whether an object is a tensor of Rushlight or of PyTorch."""
    return isinstance(image, _C.Tensor) or is_torch(image)


def decoded(source: Any) -> np.ndarray:
    """Return the pixels of a file or of encoded bytes, ``[H, W, 3]``."""
    from rushlight.image import load, load_bytes

    if isinstance(source, (str, os.PathLike)):
        return load(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return load_bytes(source)
    raise TypeError(f"Unexpected type {type(source)}: an image is {EXPECTED}")


def tensor_pixels(tensor, framework, view: Callable, wrap: Callable) -> Pixels:
    """Return the samples of a tensor; interleaved if its memory is so. The ``view`` refuses to lend the memory of most that are no images."""
    if tensor.ndim >= 2:
        try:
            return planes(view(tensor), wrap)
        except (RuntimeError, TypeError):
            pass
    if tensor.ndim < 2:
        raise ValueError(f"Expected a tensor image of size (..., C, H, W), got {tuple(tensor.shape)}")
    if tensor.device.type != "cpu":
        raise ValueError(f"images are transformed on the CPU, got a tensor on '{tensor.device}': pass tensor.cpu()")
    if tensor.requires_grad:
        raise RuntimeError("image transforms have no gradient: pass tensor.detach()")
    if tensor.dtype == framework.bfloat16:
        dtype = tensor.dtype
        return planes(view(tensor.float()), lambda array: wrap(array).to(dtype))
    return planes(view(tensor), wrap)


def planes(array: np.ndarray, wrap: Callable) -> Pixels:
    """Return the samples of an array ``[..., C, H, W]`` or ``[H, W]``."""
    if array.ndim == 2:
        return Pixels(array[None], True, lambda result: wrap(result[0] if len(result) == 1 else result))
    if array.ndim == 3 and not array.flags.c_contiguous:
        turned = array.transpose(1, 2, 0)
        if turned.flags.c_contiguous:
            return Pixels(turned, False, lambda result: wrap(result.transpose(2, 0, 1)))
    return Pixels(array, True, wrap)


def array_pixels(array: np.ndarray) -> Pixels:
    """Return the samples of a NumPy array ``[..., H, W, C]`` or ``[H, W]``."""
    if array.ndim < 2:
        raise ValueError(f"Expected an array image of shape (..., H, W, C) or (H, W), got {array.shape}")
    if array.ndim == 2:
        return Pixels(array[..., None], False, lambda result: result[..., 0] if result.shape[-1] == 1 else result)
    return Pixels(array, False, lambda result: result)


def pil_pixels(image) -> Pixels:
    """Return the samples of a PIL image; a result with as many channels has its mode again."""
    if image.mode in INDEXED:
        raise TypeError(f"the samples of mode {image.mode} are indices: pass image.convert('RGB')")
    return pil_samples(image)


def samples(inpt: Any) -> Pixels:
    """Return ``pixels``, and of PIL images with a palette their indices."""
    return pil_samples(inpt) if is_pil(inpt) else pixels(inpt)


def pil_samples(image) -> Pixels:
    from PIL import Image

    array = np.asarray(image)
    bands = len(image.getbands())

    def give(result: np.ndarray):
        if result.shape[-1] == 1:
            gray = Image.fromarray(result[..., 0])
            if image.mode in INDEXED:
                gray.putpalette(image.getpalette())
            return gray
        if result.shape[-1] == bands and image.mode not in MODES.values():
            return Image.frombytes(image.mode, result.shape[1::-1], np.ascontiguousarray(result).tobytes())
        return Image.fromarray(result)

    return Pixels(array[..., None] if array.ndim == 2 else array, False, give)


INDEXED = ("P", "PA")
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def from_float(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return floats as another type; integers are rounded to the nearest, ties to even, and kept in range."""
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        values = np.rint(values, out=values).clip(info.min, info.max)
    return values.astype(dtype, copy=False)
