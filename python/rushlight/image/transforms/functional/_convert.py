"""Between kinds of images, and between types of samples."""

import builtins
import sys

import numpy as np

from rushlight import _C
from rushlight.image.transforms.framework import as_framework, get_framework
from rushlight.image.transforms.functional._dispatch import dispatched, input_first
from rushlight.image.transforms.functional._pixels import MODES, NATIVE, is_pil, is_tensor, is_torch, pixels, samples

augment = _C.image.augment

__all__ = ["convert_image_dtype", "normalize", "pil_to_tensor", "to_dtype", "to_image", "to_pil_image", "to_tensor"]


@input_first
def to_tensor(pic):
    """Return an image as a tensor ``[C, H, W]``; 8-bit samples become floats in [0, 1].

    >>> to_tensor(np.full((1, 2, 1), 255, np.uint8))
    tensor([[[1., 1.]]])
    """
    if is_tensor(pic):
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    if isinstance(pic, np.ndarray) and pic.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
    found = samples(pic)
    if found.array.dtype == np.uint8:
        return chosen(augment.floats(found.contiguous(), False, True, True))
    array = channels_first(pic)
    if is_pil(pic) and pic.mode == "1":
        array = array.astype(np.float32)
    return chosen(array)


@input_first
def pil_to_tensor(pic):
    """Return the samples of a PIL image as a tensor ``[C, H, W]`` of the same type."""
    if not is_pil(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    return chosen(channels_first(pic))


@dispatched
def to_image(inpt):
    """Return an image as a tensor ``[C, H, W]``; tensors are returned as they are."""
    return inpt if is_tensor(inpt) else chosen(channels_first(inpt))


def chosen(array: np.ndarray):
    """Return an array as a tensor of the framework that is set."""
    return as_framework(_C.from_numpy(array), get_framework())


def channels_first(image) -> np.ndarray:
    """Return samples of an interleaved image in new memory, ``[..., C, H, W]``."""
    array = samples(image).array
    if array.dtype in NATIVE:
        return augment.planes(np.ascontiguousarray(array))
    return np.array(np.moveaxis(array, -1, -3), order="C")


@input_first
def to_pil_image(pic, mode: str | None = None):
    """Return a tensor ``[C, H, W]`` or an array ``[H, W, C]`` as a PIL image; floats in [0, 1] become 8-bit samples.

    Raises:
        ValueError: for more than four channels, other dimensions, or a ``mode`` that does not fit.
        TypeError: for samples that no mode of Pillow holds.
    """
    from PIL import Image

    if not is_tensor(pic) and not isinstance(pic, np.ndarray):
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if pic.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
    found = pixels(pic.detach() if is_tensor(pic) else pic)
    array = np.moveaxis(found.array, -3, -1) if found.planar else found.array
    channels = array.shape[-1]
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    if array.dtype.kind == "f" and mode != "F":
        array = (array * 255).astype(np.uint8)
    mode = pil_mode(array, channels, mode)
    array = np.ascontiguousarray(array[..., 0] if channels == 1 else array)
    return Image.frombytes(mode, (array.shape[1], array.shape[0]), array.tobytes())


ONE_CHANNEL = {"uint8": "L", "int16": "I;16", "int32": "I", "float32": "F"}
PERMITTED = {2: ["LA"], 3: ["RGB", "YCbCr", "HSV"], 4: ["RGBA", "CMYK", "RGBX"]}


def pil_mode(array: np.ndarray, channels: int, mode: str | None) -> str:
    """Return the mode asked for, or the one these samples have, checked."""
    if channels == 1:
        expected = ONE_CHANNEL.get(array.dtype.name)
        if mode is not None and mode != expected:
            raise ValueError(f"Incorrect mode ({mode}) supplied for input type {array.dtype}. Should be {expected}")
        mode = expected
    elif mode is not None and mode not in PERMITTED[channels]:
        raise ValueError(f"Only modes {PERMITTED[channels]} are supported for {channels}D inputs")
    elif mode is None and array.dtype == np.uint8:
        mode = MODES[channels]
    if mode is None:
        raise TypeError(f"Input type {array.dtype} is not supported")
    return mode


VALUE_BITS = {"uint8": 8, "int8": 7, "int16": 15, "uint16": 16, "int32": 31, "int64": 63}


def max_value(dtype) -> float:
    """Return what white is in a type of samples: 1 for floats.

    >>> max_value(np.uint8), max_value(np.float32)
    (255, 1)
    """
    bits = VALUE_BITS.get(dtype if isinstance(dtype, str) else np.dtype(dtype).name)
    return 1 if bits is None else (1 << bits) - 1


@dispatched
def to_dtype(inpt, dtype=None, scale: bool = False):
    """Return an image with samples of another type (float32 by default), scaled to its range of values if ``scale``.

    Floats have the range [0, 1]; between integers, bits are shifted.

    Raises:
        RuntimeError: for a scaled conversion that floats cannot carry, such as float32 to int32.
    """
    if is_torch(inpt):
        return tensor_to_dtype(inpt, dtype, scale, sys.modules["torch"])
    if isinstance(inpt, _C.Tensor):
        return tensor_to_dtype(inpt, dtype, scale, _C)
    found = pixels(inpt)
    wanted = np.float32 if dtype is None else str(dtype).removeprefix("torch.")
    return found.give(converted(found.array, np.dtype("float32" if wanted == "float" else wanted), scale))


def tensor_to_dtype(tensor, dtype, scale: bool, framework):
    """Return a tensor of another type of its own framework."""
    dtype = framework.float32 if dtype is None else dtype
    if tensor.dtype == dtype:
        return tensor
    if not scale:
        return tensor.to(dtype)
    if {tensor.dtype, dtype} & {framework.float16, framework.bfloat16}:
        return scaled_half(tensor, dtype)
    found = pixels(tensor)
    return found.give(converted(found.array, np.dtype(str(dtype).removeprefix("torch.")), True))


def scaled_half(tensor, dtype):
    """Return a conversion from or to floats of 16 bits, computed in their own precision."""
    have, want = (str(d).removeprefix("torch.") for d in (tensor.dtype, dtype))
    if want in VALUE_BITS:
        refuse_long(have, want)
        return tensor.mul(max_value(want) + 1.0 - 1e-3).to(dtype)
    return tensor.to(dtype).mul_(1.0 / max_value(have)) if have in VALUE_BITS else tensor.to(dtype)


def refuse_long(have: str, want: str) -> None:
    """Raise where floats cannot count as far as integers."""
    if want == "int64" or want == "int32" and have != "float64":
        raise RuntimeError(f"The conversion from torch.{have} to torch.{want} cannot be performed safely.")


def converted(array: np.ndarray, dtype: np.dtype, scale: bool) -> np.ndarray:
    """Return an array of another type."""
    if array.dtype == dtype or not scale:
        return array.astype(dtype, copy=False)
    have, want = array.dtype, dtype
    if have.kind == "f" and want.kind == "f":
        return array.astype(want)
    if have.kind == "f":
        refuse_long(have.name, want.name)
        # White must reach the last value, and all values must have ranges of the same width.
        return (array * have.type(max_value(want) + 1.0 - 1e-3)).astype(want)
    if have == np.uint8 and want == np.float32 and array.ndim >= 3 and array.flags.c_contiguous:
        return augment.floats(array, True, False, False)
    if want.kind == "f":
        return np.multiply(array, want.type(1.0 / max_value(have)), dtype=want)
    if have.name not in VALUE_BITS or want.name not in VALUE_BITS:
        raise TypeError(
            f"Number of value bits is only defined for integer dtypes, but got {have.name} and {want.name}."
        )
    shift = VALUE_BITS[have.name] - VALUE_BITS[want.name]
    return (array >> shift).astype(want) if shift > 0 else array.astype(want) << want.type(-shift)


@input_first
def convert_image_dtype(image, dtype=None):
    """Return ``to_dtype(image, dtype, scale=True)``."""
    return to_dtype(image, dtype, scale=True)


@dispatched
def normalize(inpt, mean, std, inplace: bool = False):
    """Return ``(image - mean) / std`` with one mean and standard deviation for each channel, or one for all.

    Raises:
        TypeError: for an image that is not floating point.
        ValueError: for a standard deviation of zero, or fewer than three dimensions.

    >>> normalize(np.ones((1, 1, 2), np.float32), [0.5, 0.0], [0.5, 2.0])
    array([[[1. , 0.5]]], dtype=float32)
    """
    found = pixels(inpt)
    dtype = found.array.dtype
    if dtype.kind != "f":
        raise TypeError(f"Input tensor should be a float tensor. Got {getattr(inpt, 'dtype', dtype)}.")
    if inpt.ndim < 3:
        raise ValueError(f"Expected tensor to be a tensor image of size (..., C, H, W). Got {inpt.shape}.")
    mean, std = (found.per_channel(np.asarray(values, dtype)) for values in (mean, std))
    if not builtins.all(std.reshape(-1)):
        raise ValueError("std evaluated to zero, leading to division by zero.")
    for values in (mean, std):
        if values.size not in (1, found.channels):
            raise ValueError(
                f"mean and std need one value or {found.channels}, one for each channel; got {values.size}"
            )
    if inplace:
        np.subtract(found.array, mean, out=found.array)
        np.divide(found.array, std, out=found.array)
        return inpt
    return found.give(np.divide(difference := np.subtract(found.array, mean), std, out=difference))
