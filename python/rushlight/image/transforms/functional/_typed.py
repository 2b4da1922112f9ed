"""What every function does with images, videos, masks, boxes and key points that are ``TVTensor``s."""

import inspect
from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight.image.transforms.framework import get_framework
from rushlight.image.transforms.functional import _boxes, _convert, _keypoints, _meta, _pad
from rushlight.image.transforms.functional._dispatch import input_first
from rushlight.image.transforms.functional._dispatch import register_kernel as register
from rushlight.image.transforms.functional._interpolation import InterpolationMode, interpolation_mode
from rushlight.image.transforms.functional._pixels import is_tensor, is_torch
from rushlight.image.tv_tensors import BoundingBoxes, Image, KeyPoints, Mask, TVTensor, Video, plain

__all__ = [
    "get_size_bounding_boxes",
    "get_size_keypoints",
    "get_size_mask",
    "is_pure_tensor",
    "register_kernel",
    "to_image",
]

NEAREST = InterpolationMode.NEAREST


def is_pure_tensor(inpt: Any) -> bool:
    """Return whether an input is a tensor that does not say what it is."""
    return is_tensor(inpt) and not isinstance(inpt, TVTensor)


def register_kernel(functional: Callable | str, tv_tensor_cls: type) -> Callable:
    """Register the function under this decorator as what a function of this module does with an own class of tensors.

    Raises:
        ValueError: for a function that is not of this module, or a class that is no own subclass of ``TVTensor``.
    """
    if isinstance(functional, str):
        from rushlight.image.transforms import functional as module

        if not hasattr(getattr(module, functional, None), "kernels"):
            raise ValueError(f"Could not find functional with name '{functional}' in {module.__name__}.")
        functional = getattr(module, functional)
    if not (isinstance(tv_tensor_cls, type) and issubclass(tv_tensor_cls, TVTensor)):
        raise ValueError(f"Kernels can only be registered for subclasses of TVTensor, but got {tv_tensor_cls}.")
    if tv_tensor_cls in (TVTensor, Image, Video, Mask, BoundingBoxes, KeyPoints):
        raise ValueError(f"Kernels cannot be registered for the builtin tv_tensor classes, but got {tv_tensor_cls}")
    return register(functional, tv_tensor_cls)


def has_kernel(functional: Callable, kind: type) -> bool:
    """Return whether a function is defined for a class of ``TVTensor``s."""
    for parent in kind.__mro__:
        if parent is TVTensor:
            return False
        if parent in functional.kernels:
            return True
    return False


def register_images(functionals: list[Callable]):
    """Let functions of images work on ``Image`` and ``Video``, and refuse every other ``TVTensor``."""
    for functional in functionals:
        for kind in (Image, Video):
            if kind not in functional.kernels:
                functional.kernels[kind] = kept(functional.of_image)
        functional.kernels[TVTensor] = refusal(functional)


def kept(function: Callable) -> Callable:
    """Return a function of plain tensors as one whose results have the class of their input."""

    def kernel(inpt, *args, **kwargs):
        output = function(plain(inpt), *args, **kwargs)
        if isinstance(output, tuple):
            return tuple(wrapped(part, inpt) for part in output)
        return wrapped(output, inpt)

    return kernel


def wrapped(output: Any, like: TVTensor, **changes):
    """Return a tensor as the class of ``like``; numbers as they are."""
    return type(like).wrap(output, like, **changes) if isinstance(output, rl.Tensor) else output


def refusal(functional: Callable) -> Callable:
    def kernel(inpt, *args, **kwargs):
        raise TypeError(f"{functional.__name__}() is not defined for {type(inpt).__name__}.")

    return kernel


def argument_names(functional: Callable) -> tuple[str, ...]:
    """Return the names of the arguments of a function after the input, in order."""
    code = inspect.unwrap(functional.of_image).__code__
    return code.co_varnames[1 : code.co_argcount]


def named(functional: Callable) -> Callable[[tuple, dict], dict]:
    """Return the function that gives arguments of ``functional`` their names."""
    names = argument_names(functional)

    def by_name(args: tuple, kwargs: dict) -> dict:
        for name in kwargs:
            if name not in names:
                raise TypeError(f"{functional.__name__}() got an unexpected keyword argument '{name}'")
        return {**dict(zip(names, args, strict=False)), **kwargs}

    return by_name


def of_mask(functional: Callable) -> Callable:
    """Return the function of an image for masks: their labels are never mixed."""
    by_name, samples = named(functional), "interpolation" in argument_names(functional)
    exact = functional.__name__ == "resize"

    def kernel(inpt, *args, **kwargs):
        given = by_name(args, kwargs)
        if samples:
            exactly = exact and is_exact(given.get("interpolation", NEAREST))
            given["interpolation"] = InterpolationMode.NEAREST_EXACT if exactly else NEAREST
            given.pop("antialias", None)
        return functional.of_image(inpt, **given)

    return kernel


def is_exact(interpolation) -> bool:
    return interpolation_mode(interpolation) is InterpolationMode.NEAREST_EXACT


def pad_mask(mask, padding, fill=None, padding_mode="constant"):
    """Pad a mask with one value."""
    if isinstance(fill, (tuple, list)):
        raise ValueError("Non-scalar fill value is not supported")
    return _pad.pad.of_image(mask, padding, fill, padding_mode)


MASKS = {"pad": pad_mask}


def converted(inpt, dtype=rl.float32, scale: bool = False):
    """Return masks, boxes or points of another dtype; their values are never scaled."""
    return inpt.to(dtype)


_convert.to_dtype.kernels.update(dict.fromkeys((Mask, BoundingBoxes, KeyPoints), converted))


@register(_meta.get_size, BoundingBoxes)
def get_size_bounding_boxes(bounding_box: BoundingBoxes) -> list[int]:
    """Return the height and width of the image that boxes lie on."""
    return list(bounding_box.canvas_size)


@register(_meta.get_size, KeyPoints)
def get_size_keypoints(keypoints: KeyPoints) -> list[int]:
    """Return the height and width of the image that points lie on."""
    return list(keypoints.canvas_size)


@register(_meta.get_size, Mask)
def get_size_mask(mask: rl.Tensor) -> list[int]:
    """Return the height and width of masks."""
    return list(mask.shape[-2:])


def to_image(inpt) -> Any:
    """Return an image of any kind as a ``tv_tensors.Image`` ``[C, H, W]``; after ``set_framework("torch")`` as a plain tensor of PyTorch."""
    tensor = plain(inpt) if isinstance(inpt, TVTensor) else _convert.to_image(inpt)
    return tensor if is_torch(tensor) and get_framework() == "torch" else Image(tensor)


BOX_ARGUMENTS, POINT_ARGUMENTS = ("format", "canvas_size", "clamping_mode"), ("canvas_size",)


def register_structured(functional: Callable, boxes: Callable, points: Callable):
    """Let a function treat boxes and key points by functions on plain tensors."""
    functional.kernels[BoundingBoxes] = adapted(functional, boxes, BOX_ARGUMENTS)
    functional.kernels[KeyPoints] = adapted(functional, points, POINT_ARGUMENTS)


def adapted(functional: Callable, function: Callable, own: tuple[str, ...]) -> Callable:
    """Return a kernel that passes those arguments that ``function`` has, and the input's own attributes."""
    names = function.__code__.co_varnames[1 : function.__code__.co_argcount]
    own = tuple(name for name in own if name in names)
    by_name = named(functional)

    def kernel(inpt, *args, **kwargs):
        given = {name: value for name, value in by_name(args, kwargs).items() if name in names}
        given.update((name, getattr(inpt, name)) for name in own)
        output = function(plain(inpt), **given)
        if isinstance(output, tuple):
            return wrapped(output[0], inpt, canvas_size=output[1])
        return wrapped(output, inpt)

    return kernel


MOVES = [  # fmt: skip
    "affine", "center_crop", "crop", "elastic", "horizontal_flip", "pad", "perspective", "resize", "resized_crop", "rotate",
    "vertical_flip",
]  # fmt: skip


def attach(functions: dict[str, Any]):
    """Register the kernels of every class of ``TVTensor`` with the functions of this module, given by name."""
    for name in MOVES:
        boxes, points = getattr(_boxes, f"{name}_bounding_boxes"), getattr(_keypoints, f"{name}_keypoints")
        register_structured(functions[name], boxes, points)
        functions[name].kernels[Mask] = kept(MASKS.setdefault(name, of_mask(functions[name])))
    register_images([function for function in functions.values() if hasattr(function, "kernels")])


def of_kind(functions: dict[str, Any], name: str) -> Callable | None:
    """Return the function of plain tensors that torchvision has under a name like ``resize_image`` or ``crop_mask``."""
    operation, _, kind = name.rpartition("_")
    if kind == "mask":
        return MASKS.get(operation) and input_first(MASKS[operation])
    found = functions.get(operation)
    return input_first(found.of_image) if kind in ("image", "video") and hasattr(found, "kernels") else None
