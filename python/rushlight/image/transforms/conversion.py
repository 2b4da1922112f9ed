"""Between kinds of images and types of samples, and between formats of boxes."""

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import rushlight as rl
from rushlight.image.transforms import functional as F
from rushlight.image.transforms._sample import (
    get_bounding_boxes,
    get_keypoints,
    has_any,
    is_array,
    is_pure,
    is_source,
    labels_getter,
    opened,
)
from rushlight.image.transforms._transform import Transform
from rushlight.image.transforms.functional._formats import within_canvas
from rushlight.image.transforms.functional._keypoints import inside
from rushlight.image.transforms.functional._pixels import is_pil, is_torch
from rushlight.image.tv_tensors import BoundingBoxes, BoundingBoxFormat, Image, KeyPoints, Mask, TVTensor, Video, plain
from rushlight.utils._pytree import tree_flatten, tree_unflatten

__all__ = [  # fmt: skip
    "ClampBoundingBoxes", "ClampKeyPoints", "ConvertBoundingBoxFormat", "ConvertImageDtype", "LinearTransformation",
    "Normalize", "PILToTensor", "SanitizeBoundingBoxes", "SanitizeKeyPoints", "SetClampingMode", "ToDtype", "ToImage",
    "ToPILImage", "ToPureTensor", "ToTensor", "UniformTemporalSubsample",
]  # fmt: skip


class ToTensor(Transform):
    """Convert PIL images, arrays ``[H, W, C]`` and files to tensors ``[C, H, W]``; 8-bit samples become floats in [0, 1]."""

    _transformed_types = (is_pil, is_array)

    def transform(self, inpt: Any, params: dict[str, Any]) -> rl.Tensor:
        return F.to_tensor(inpt)


class PILToTensor(Transform):
    """Convert PIL images and files to tensors ``[C, H, W]`` of the same samples."""

    _transformed_types = (is_pil, is_source)
    _opens_files = False

    def transform(self, inpt: Any, params: dict[str, Any]) -> rl.Tensor:
        return F.pil_to_tensor(inpt) if is_pil(inpt) else plain(F.to_image(opened(inpt)))

    def chosen(self, leaves: list[Any]) -> list[bool]:
        # In a structure, text and bytes are data.
        return [is_pil(leaf) for leaf in leaves]


class ToImage(Transform):
    """Convert images of any kind to ``tv_tensors.Image`` ``[C, H, W]`` of the same samples."""

    _transformed_types = (is_pure, is_pil)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Image:
        return F.to_image(inpt)


class ToPILImage(Transform):
    """Convert tensors ``[C, H, W]`` and arrays ``[H, W, C]`` to PIL images; floats in [0, 1] become 8-bit samples."""

    _transformed_types = (is_pure, Image)

    def __init__(self, mode: str | None = None) -> None:
        super().__init__()
        self.mode = mode

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return F.to_pil_image(plain(inpt) if isinstance(inpt, Image) else inpt, mode=self.mode)


class ToPureTensor(Transform):
    """Convert every ``TVTensor`` to a tensor without a meaning."""

    _transformed_types = (TVTensor,)

    def transform(self, inpt: TVTensor, params: dict[str, Any]) -> rl.Tensor:
        return plain(inpt)


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
        if type(inpt) not in self.dtype and "others" not in self.dtype:
            raise ValueError(
                f"No dtype was specified for type {type(inpt)}. To convert images and videos alone pass a dtype, e.g. "
                'dtype=torch.float32; in a dict, "others" is the key of all other types.'
            )
        dtype = self.dtype.get(type(inpt), self.dtype.get("others"))
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


class ConvertBoundingBoxFormat(Transform):
    """Convert boxes to a format: "xyxy", "xywh" or "cxcywh", or a ``BoundingBoxFormat``."""

    _transformed_types = (BoundingBoxes,)

    def __init__(self, format: str | BoundingBoxFormat) -> None:
        super().__init__()
        self.format = format

    def transform(self, inpt: BoundingBoxes, params: dict[str, Any]) -> BoundingBoxes:
        return F.convert_bounding_box_format(inpt, new_format=self.format)


class ClampBoundingBoxes(Transform):
    """Cut boxes at the borders of their image."""

    _transformed_types = (BoundingBoxes,)

    def __init__(self, clamping_mode: str | None = "auto") -> None:
        super().__init__()
        self.clamping_mode = clamping_mode

    def transform(self, inpt: BoundingBoxes, params: dict[str, Any]) -> BoundingBoxes:
        return F.clamp_bounding_boxes(inpt, clamping_mode=self.clamping_mode)


class ClampKeyPoints(Transform):
    """Move points outside of their image to the nearest pixel in it."""

    _transformed_types = (KeyPoints,)

    def transform(self, inpt: KeyPoints, params: dict[str, Any]) -> KeyPoints:
        return F.clamp_keypoints(inpt)


class SetClampingMode(Transform):
    """Set whether later transforms keep boxes within their image ("soft" or "hard"), or not (None)."""

    _transformed_types = (BoundingBoxes,)

    def __init__(self, clamping_mode: str | None) -> None:
        super().__init__()
        self.clamping_mode = clamping_mode
        if clamping_mode not in (None, "soft", "hard"):
            raise ValueError(f"clamping_mode must be soft, hard or None, got {clamping_mode}")

    def transform(self, inpt: BoundingBoxes, params: dict[str, Any]) -> BoundingBoxes:
        return BoundingBoxes.wrap(plain(inpt.clone()), inpt, clamping_mode=self.clamping_mode)


class Sanitizer(Transform):
    """Base of the transforms that take boxes or points out of a sample, and their labels and masks with them."""

    def find(self, leaves: list[Any]) -> TVTensor:
        """Return what decides."""
        raise NotImplementedError

    def valid(self, inpt: TVTensor) -> rl.Tensor:
        """Return which entries stay."""
        raise NotImplementedError

    def forward(self, *inputs: Any) -> Any:
        sample = inputs if len(inputs) > 1 else inputs[0]
        labels = self.labels(sample)
        leaves, structure = tree_flatten(sample)
        found = self.find(leaves)
        for label in labels:
            if label.shape[0] != found.shape[0]:
                raise ValueError(
                    f"Number of {type(found).__name__} (shape={found.shape}) must match the number of labels. "
                    f"Found labels with shape={label.shape}."
                )
        params = {"valid": self.valid(found), "labels": labels}
        return tree_unflatten([self.transform(leaf, params) for leaf in leaves], structure)

    def labels(self, sample: Any) -> tuple:
        """Return the tensors of labels in a sample."""
        labels = self._labels_getter(sample)
        if labels is None:
            return ()
        for label in labels if isinstance(labels, (tuple, list)) else (labels,):
            if not isinstance(label, rl.Tensor) and not is_torch(label):
                raise ValueError(
                    f"The labels in the input to forward() must be a tensor or None, got {type(label)} instead."
                )
        return tuple(labels) if isinstance(labels, (tuple, list)) else (labels,)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        valid = params["valid"]
        if any(inpt is label for label in params["labels"]):
            return inpt[sys.modules["torch"].from_numpy(valid.numpy()) if is_torch(inpt) else valid]
        if isinstance(inpt, self._kept) and len(inpt) == len(valid):
            return type(inpt).wrap(plain(inpt)[valid], inpt)
        return inpt


class SanitizeBoundingBoxes(Sanitizer):
    """Take out boxes that are too small or leave their image, and their labels and masks.

    Args:
        min_size: the least edge.
        min_area: the least area.
        labels_getter: a function from the sample to its labels (a tensor, or several); "default" finds them by name, None for no labels.
    """

    _kept = (BoundingBoxes, Mask)

    def __init__(
        self, min_size: float = 1.0, min_area: float = 1.0, labels_getter: Callable | str | None = "default"
    ) -> None:
        super().__init__()
        if min_size < 1:
            raise ValueError(f"min_size must be >= 1, got {min_size}.")
        self.min_size = min_size
        if min_area < 1:
            raise ValueError(f"min_area must be >= 1, got {min_area}.")
        self.min_area = min_area
        self.labels_getter = labels_getter
        self._labels_getter = getter_of(labels_getter)

    def find(self, leaves: list[Any]) -> BoundingBoxes:
        return get_bounding_boxes(leaves)

    def valid(self, inpt: BoundingBoxes) -> rl.Tensor:
        return within_canvas(plain(inpt), inpt.format, inpt.canvas_size, self.min_size, self.min_area)


class SanitizeKeyPoints(Sanitizer):
    """Take out points (or groups of points) that leave their image, and their labels."""

    _kept = (KeyPoints,)

    def __init__(self, labels_getter: Callable | str | None = None) -> None:
        super().__init__()
        self.labels_getter = labels_getter
        self._labels_getter = getter_of(labels_getter)

    def find(self, leaves: list[Any]) -> KeyPoints:
        return get_keypoints(leaves)

    def valid(self, inpt: KeyPoints) -> rl.Tensor:
        return inside(plain(inpt), inpt.canvas_size)


getter_of = labels_getter
