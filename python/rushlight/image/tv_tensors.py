"""Tensors that say what they are: images, videos, masks, boxes and key points, so that transforms treat each as it must be.

Operations on them give plain tensors, as in torchvision; ``clone``, ``to``, ``detach``, ``requires_grad_`` and
``pin_memory`` keep the class, ``wrap`` gives it back, and ``set_return_type("TVTensor")`` keeps it everywhere.
"""

from enum import Enum

import rushlight as rl
from rushlight.image._torch import register_collation

__all__ = [
    "BoundingBoxFormat",
    "BoundingBoxes",
    "Image",
    "KeyPoints",
    "Mask",
    "TVTensor",
    "Video",
    "set_return_type",
    "wrap",
]

KEEP_CLASS = {"clone", "detach", "requires_grad_", "pin_memory"}


def own_dtype(value):
    """Return Rushlight's dtype for one of PyTorch's; anything else as it is."""
    kind = type(value)
    foreign = kind.__module__ == "torch" and kind.__name__ == "dtype" and kind is not rl.dtype
    return getattr(rl, str(value).removeprefix("torch.")) if foreign else value


class TVTensor(rl.Tensor):
    """Base of all tensors that know their meaning.

    ``ATTRIBUTES`` names what a subclass carries besides its values.
    """

    ATTRIBUTES: tuple[str, ...] = ()
    _return_subclass = False

    @staticmethod
    def _to_tensor(data, dtype=None, device=None, requires_grad=None) -> rl.Tensor:
        """Return any values as a plain tensor."""
        if requires_grad is None:
            requires_grad = getattr(data, "requires_grad", False)
        return plain(rl.as_tensor(data, dtype=own_dtype(dtype), device=device)).requires_grad_(requires_grad)

    def __new__(cls, data, *, dtype=None, device=None, requires_grad=None):
        return cls._to_tensor(data, dtype, device, requires_grad).as_subclass(cls)

    @classmethod
    def wrap(cls, tensor: rl.Tensor, like: "TVTensor", **changes) -> "TVTensor":
        """Return ``tensor`` as this class, with the attributes of ``like`` save those that are given."""
        result = tensor.as_subclass(cls)
        for name in cls.ATTRIBUTES:
            setattr(result, name, changes[name] if name in changes else getattr(like, name))
        return result

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if not all(issubclass(cls, kind) for kind in types):
            return NotImplemented
        with rl._C.DisableTorchFunctionSubclass():
            output = func(*args, **kwargs or {})
            like = next((value for value in (*args, *(kwargs or {}).values()) if isinstance(value, cls)), None)
            keeps = TVTensor._return_subclass or getattr(func, "__name__", "") in KEEP_CLASS
            return with_class(output, like if keeps and like is not None else None)

    def to(self, *args, **kwargs):
        """Return this tensor with another dtype, device or memory format, as the same class."""
        with rl._C.DisableTorchFunctionSubclass():
            named = {name: own_dtype(value) for name, value in kwargs.items()}
            output = rl.Tensor.to(self, *map(own_dtype, args), **named)
        return output if output is self else type(self).wrap(plain(output), self)

    def __repr__(self, *, tensor_contents=None):
        with rl._C.DisableTorchFunctionSubclass():
            text = rl.Tensor.__repr__(self)
            extra = [f"{name}={getattr(self, name)}" for name in self.ATTRIBUTES]
        return f"{text[:-1]}, {', '.join(extra)})" if extra else text

    def __deepcopy__(self, memo):
        return self.detach().clone().requires_grad_(self.requires_grad)


def plain(tensor: rl.Tensor) -> rl.Tensor:
    """Return a tensor of any class as a plain one that shares its memory."""
    return tensor if type(tensor) is rl.Tensor else tensor.as_subclass(rl.Tensor)


def with_class(output, like: TVTensor | None):
    """Return a result, or each of several, as the class of ``like``; as plain tensors without it."""
    if isinstance(output, rl.Tensor):
        if like is None:
            return plain(output) if isinstance(output, TVTensor) else output
        return output if type(output) is type(like) and vars(output) else type(like).wrap(output, like)
    if isinstance(output, (tuple, list)) and any(isinstance(part, rl.Tensor) for part in output):
        parts = [with_class(part, like) for part in output]
        return type(output)(*parts) if hasattr(output, "_fields") else type(output)(parts)
    return output


class Image(TVTensor):
    """An image ``[..., C, H, W]`` from values, an array of this shape, or a PIL image; ``[H, W]`` becomes ``[1, H, W]``.

    >>> Image([[1, 2]]).shape
    torch.Size([1, 1, 2])
    """

    def __new__(cls, data, *, dtype=None, device=None, requires_grad=None):
        tensor = cls._to_tensor(samples(data), dtype, device, requires_grad)
        if tensor.ndim < 2:
            raise ValueError(f"Tensor must be 2D or higher, got {tensor.ndim}D tensor.")
        return (tensor.unsqueeze(0) if tensor.ndim == 2 else tensor).as_subclass(cls)


class Video(TVTensor):
    """Frames ``[..., T, C, H, W]``."""

    def __new__(cls, data, *, dtype=None, device=None, requires_grad=None):
        tensor = cls._to_tensor(data, dtype, device, requires_grad)
        if tensor.ndim < 4:
            raise ValueError(f"Expected a video of size (..., T, C, H, W), got a tensor of {tensor.ndim} dimensions")
        return tensor.as_subclass(cls)


class Mask(TVTensor):
    """Masks ``[..., H, W]``: a class for every pixel, or one mask for every object. PIL images become ``[1, H, W]``."""

    def __new__(cls, data, *, dtype=None, device=None, requires_grad=None):
        return cls._to_tensor(samples(data), dtype, device, requires_grad).as_subclass(cls)


class BoundingBoxFormat(Enum):
    """How four numbers make a box: two corners, a corner and a size, or a centre and a size."""

    XYXY = "XYXY"
    XYWH = "XYWH"
    CXCYWH = "CXCYWH"


ROTATED = ("XYWHR", "CXCYWHR", "XYXYXYXY")


def box_format(format: BoundingBoxFormat | str) -> BoundingBoxFormat:
    """Return the format that a name of any case, or another package's format, stands for.

    Raises:
        NotImplementedError: for torchvision's formats of rotated boxes.
    """
    name = (format if isinstance(format, str) else format.value).upper()
    if name in ROTATED:
        raise NotImplementedError(
            f"BoundingBoxes: format {name} is one of rotated boxes, which transforms do not treat; give the upright boxes "
            "around them as XYXY, XYWH or CXCYWH, or the corners as KeyPoints"
        )
    return BoundingBoxFormat[name]


class BoundingBoxes(TVTensor):
    """Boxes ``[N, 4]`` on an image.

    Args:
        format: a ``BoundingBoxFormat`` or its name.
        canvas_size: height and width of the image.
        clamping_mode: "soft" or "hard" to keep results of transforms within the image, None to let them leave it.

    >>> BoundingBoxes([1, 2, 5, 6], format="xyxy", canvas_size=(10, 20))
    BoundingBoxes([[1, 2, 5, 6]], format=BoundingBoxFormat.XYXY, canvas_size=(10, 20), clamping_mode=soft)
    """

    ATTRIBUTES = ("format", "canvas_size", "clamping_mode")

    def __new__(cls, data, *, format, canvas_size, clamping_mode="soft", dtype=None, device=None, requires_grad=None):
        tensor = cls._to_tensor(data, dtype, device, requires_grad)
        if tensor.ndim not in (1, 2):
            raise ValueError(f"Expected a 1D or 2D tensor, got {tensor.ndim}D")
        if clamping_mode not in (None, "hard", "soft"):
            raise ValueError(f"clamping_mode must be None, hard or soft, got {clamping_mode}.")
        boxes = (tensor.unsqueeze(0) if tensor.ndim == 1 else tensor).as_subclass(cls)
        boxes.format, boxes.canvas_size, boxes.clamping_mode = box_format(format), canvas_size, clamping_mode
        return boxes


class KeyPoints(TVTensor):
    """Points ``[..., 2]``, x before y, on an image of ``canvas_size`` (height and width).

    >>> KeyPoints([[3, 4]], canvas_size=(10, 20))
    KeyPoints([[3, 4]], canvas_size=(10, 20))
    """

    ATTRIBUTES = ("canvas_size",)

    def __new__(cls, data, *, canvas_size, dtype=None, device=None, requires_grad=None):
        tensor = cls._to_tensor(data, dtype, device, requires_grad)
        if tensor.ndim == 1:
            tensor = tensor.unsqueeze(0)
        if tensor.shape[-1] != 2:
            raise ValueError(f"Expected a tensor of shape (..., 2), not {tensor.shape}")
        points = tensor.as_subclass(cls)
        points.canvas_size = canvas_size
        return points


def samples(data):
    """Return the samples of a PIL image ``[C, H, W]``; anything else as it is."""
    from rushlight.image.transforms.functional import pil_to_tensor
    from rushlight.image.transforms.functional._pixels import is_pil

    return pil_to_tensor(data) if is_pil(data) else data


def wrap(wrappee: rl.Tensor, *, like: TVTensor, **changes) -> TVTensor:
    """Return a tensor as the class of ``like``, with its attributes save those that are given.

    >>> boxes = BoundingBoxes([[0, 0, 2, 2]], format="xywh", canvas_size=(4, 4))
    >>> wrap(boxes + 1, like=boxes, canvas_size=(8, 8)).canvas_size
    (8, 8)
    """
    if "format" in changes:
        changes["format"] = box_format(changes["format"])
    return type(like).wrap(rl.as_tensor(wrappee), like, **changes)


class set_return_type:
    """Choose, at once and until the end of a ``with`` block, whether operations give a "Tensor" or a "TVTensor"."""

    def __init__(self, return_type: str):
        if return_type.lower() not in ("tensor", "tvtensor"):
            raise ValueError(f"return_type must be 'TVTensor' or 'Tensor', got {return_type}")
        self.before = TVTensor._return_subclass
        TVTensor._return_subclass = return_type.lower() == "tvtensor"

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        TVTensor._return_subclass = self.before


# Functions give tensors to PyTorch's data loader as well, where no data set or transform has been made.
register_collation()
