"""Between kinds of images, and between types of samples."""

import sys
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

import rushlight as rl
from rushlight.image.transforms import functional as F
from rushlight.image.transforms._arguments import kind_in
from rushlight.image.transforms._sample import (
    has_any,
    is_array,
    is_pure,
    is_source,
    opened,
)
from rushlight.image.transforms._transform import Transform
from rushlight.image.transforms.framework import as_framework, get_framework
from rushlight.image.transforms.functional._pixels import is_pil, is_torch
from rushlight.image.tv_tensors import Image, TVTensor, Video, plain

__all__ = [  # fmt: skip
    "ConvertImageDtype", "LinearTransformation", "Normalize", "PILToTensor", "ToDtype", "ToImage", "ToPILImage",
    "ToPureTensor", "ToTensor", "UniformTemporalSubsample",
]  # fmt: skip


class TensorMaker(Transform):
    """Base of the transforms that make tensors, of the framework that is set when they are built."""

    def __init__(self) -> None:
        super().__init__()
        self._framework = get_framework()


class ToTensor(TensorMaker):
    """Convert PIL images, arrays ``[H, W, C]`` and files to tensors ``[C, H, W]``; 8-bit samples become floats in [0, 1]."""

    _transformed_types = (is_pil, is_array)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return as_framework(F.to_tensor(inpt), self._framework)


class PILToTensor(TensorMaker):
    """Convert PIL images and files to tensors ``[C, H, W]`` of the same samples."""

    _transformed_types = (is_pil, is_source)
    _opens_files = False

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        tensor = F.pil_to_tensor(inpt) if is_pil(inpt) else F.to_image(opened(inpt))
        return as_framework(plain(tensor) if isinstance(tensor, Image) else tensor, self._framework)

    def chosen(self, leaves: list[Any]) -> list[bool]:
        # In a structure, text and bytes are data.
        return [is_pil(leaf) for leaf in leaves]


class ToImage(TensorMaker):
    """Convert images of any kind to ``tv_tensors.Image`` ``[C, H, W]`` of the same samples; for PyTorch, to its plain tensors."""

    _transformed_types = (is_pure, is_pil)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        if self._framework == "rushlight":
            image = F.to_image(inpt)
            return image if isinstance(image, Image) else Image(image)
        image = inpt if is_torch(inpt) else F.to_image(inpt)
        return as_framework(plain(image) if isinstance(image, Image) else image, self._framework)


class ToPILImage(Transform):
    """Convert tensors ``[C, H, W]`` and arrays ``[H, W, C]`` to PIL images; floats in [0, 1] become 8-bit samples."""

    _transformed_types = (is_pure, Image)

    def __init__(self, mode: str | None = None) -> None:
        super().__init__()
        self.mode = mode

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return F.to_pil_image(plain(inpt) if isinstance(inpt, Image) else inpt, mode=self.mode)


class ToPureTensor(TensorMaker):
    """Convert every ``TVTensor`` to a tensor without a meaning."""

    _transformed_types = (TVTensor,)

    def transform(self, inpt: TVTensor, params: dict[str, Any]) -> Any:
        return as_framework(plain(inpt), self._framework)


def is_dtype(value: Any) -> bool:
    """Return whether a value is a dtype of Rushlight, PyTorch or NumPy."""
    if isinstance(value, (rl.dtype, np.dtype)) or isinstance(value, type) and issubclass(value, np.generic):
        return True
    return "torch" in sys.modules and isinstance(value, sys.modules["torch"].dtype)


def dtype_for(inpt: Any, dtype: Any) -> Any:
    """Return the dtype of an input's own library that has the name of ``dtype``."""
    if is_array(inpt):
        return dtype
    name = np.dtype(dtype).name if isinstance(dtype, (type, np.dtype)) else str(dtype).removeprefix("torch.")
    return getattr(sys.modules["torch"] if is_torch(inpt) else rl, name)


class ToDtype(Transform):
    """Convert images and videos to a dtype, or each type of input to its own.

    Args:
        dtype: a dtype for images and videos, or dtypes by type of input; "others" stands for types not named, None leaves them.
        scale: whether the range of the values is scaled to that of the dtype, [0, 1] for floats.

    >>> ToDtype(rl.float32, scale=True)(rl.tensor([[[0, 255]]], dtype=rl.uint8))
    tensor([[[0., 1.]]])
    """

    _transformed_types = (rl.Tensor, is_array, is_torch)

    def __init__(self, dtype: Any, scale: bool = False) -> None:
        super().__init__()
        if not isinstance(dtype, dict) and not is_dtype(dtype):
            raise ValueError(f"dtype must be a dict or a torch.dtype, got {type(dtype)} instead")
        if isinstance(dtype, dict) and rl.Tensor in dtype and (Image in dtype or Video in dtype):
            warnings.warn(
                "Got `dtype` values for `torch.Tensor` and either `tv_tensors.Image` or `tv_tensors.Video`: "
                "a plain tensor passes through if one of these is in the input.",
                stacklevel=2,
            )
        self.dtype = dtype
        self.scale = scale

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        is_image = is_pure(inpt) or isinstance(inpt, (Image, Video))
        if not isinstance(self.dtype, dict):
            return F.to_dtype(inpt, dtype_for(inpt, self.dtype), self.scale) if is_image else inpt
        kind = kind_in(self.dtype, inpt)
        if kind not in self.dtype:
            raise ValueError(
                f"No dtype was specified for type {type(inpt)}. To convert images and videos alone pass a dtype, e.g. "
                'dtype=torch.float32; in a dict, "others" is the key of all other types.'
            )
        dtype = self.dtype[kind]
        if dtype is not None:
            return self._call_kernel(F.to_dtype, inpt, dtype=dtype_for(inpt, dtype), scale=self.scale)
        if self.scale and is_image:
            warnings.warn(
                "scale was set to True but no dtype was specified for images or videos: no scaling will be done.",
                stacklevel=2,
            )
        return inpt


class ConvertImageDtype(Transform):
    """Convert an image to a dtype, its range of values scaled to that of the dtype."""

    def __init__(self, dtype: Any = rl.float32) -> None:
        super().__init__()
        self.dtype = dtype

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.to_dtype, inpt, dtype=dtype_for(inpt, self.dtype), scale=True)


class Normalize(Transform):
    """Return ``(image - mean) / std`` by channel."""

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False):
        super().__init__()
        self.mean = list(mean)
        self.std = list(std)
        self.inplace = inplace

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        refuse_pil(self, flat_inputs)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.normalize, inpt, mean=self.mean, std=self.std, inplace=self.inplace)


def refuse_pil(transform: Transform, flat_inputs: list[Any]):
    if has_any(flat_inputs, is_pil):
        raise TypeError(f"{type(transform).__name__}() does not support PIL images.")


class LinearTransformation(Transform):
    """Return ``(image - mean) @ matrix`` of all samples of an image as one vector, e.g. to whiten it.

    Args:
        transformation_matrix: ``[D, D]`` with ``D = C * H * W``.
        mean_vector: ``[D]``.
    """

    _transformed_types = (is_pure, Image, Video)

    def __init__(self, transformation_matrix: rl.Tensor, mean_vector: rl.Tensor):
        super().__init__()
        rows, columns = transformation_matrix.shape
        if rows != columns:
            raise ValueError(
                f"transformation_matrix should be square. Got {tuple(transformation_matrix.shape)} rectangular matrix."
            )
        if mean_vector.shape[0] != rows:
            raise ValueError(
                f"mean_vector should have the same length {mean_vector.shape[0]} as any one of the dimensions of the "
                f"transformation_matrix [{(rows, columns)}]"
            )
        if transformation_matrix.dtype != mean_vector.dtype:
            raise ValueError(
                f"Input tensors should have the same dtype. Got {transformation_matrix.dtype} and {mean_vector.dtype}"
            )
        self.transformation_matrix = transformation_matrix
        self.mean_vector = mean_vector

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        refuse_pil(self, flat_inputs)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        shape, length = inpt.shape, len(self.mean_vector)
        if shape[-3] * shape[-2] * shape[-1] != length:
            raise ValueError(
                "Input tensor and transformation matrix have incompatible shape."
                f"[{shape[-3]} x {shape[-2]} x {shape[-1]}] != {length}"
            )
        image = plain(inpt) if isinstance(inpt, TVTensor) else inpt
        flat = image.reshape(-1, length) - self.mean_vector
        output = (flat @ self.transformation_matrix.to(flat.dtype)).reshape(shape)
        return type(inpt).wrap(output, inpt) if isinstance(inpt, TVTensor) else output


class UniformTemporalSubsample(Transform):
    """Keep ``num_samples`` frames of a video ``[..., T, C, H, W]``, evenly spaced."""

    _transformed_types = (rl.Tensor, is_torch)

    def __init__(self, num_samples: int):
        super().__init__()
        self.num_samples = num_samples

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.uniform_temporal_subsample, inpt, self.num_samples)
