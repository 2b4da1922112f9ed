"""The size and the channels of an image."""

from rushlight.image.transforms.functional._dispatch import dispatched, input_first
from rushlight.image.transforms.functional._pixels import is_pil, is_tensor, pixels

__all__ = [
    "get_dimensions",
    "get_image_num_channels",
    "get_image_size",
    "get_num_channels",
    "get_num_frames",
    "get_size",
]


@dispatched
def get_dimensions(inpt) -> list[int]:
    """Return ``[channels, height, width]``.

    >>> import numpy as np
    >>> get_dimensions(np.zeros((4, 5, 3), np.uint8))
    [3, 4, 5]
    """
    if is_pil(inpt):
        return [len(inpt.getbands()), inpt.height, inpt.width]
    if is_tensor(inpt) and inpt.ndim >= 2:
        return [1 if inpt.ndim == 2 else inpt.shape[-3], *inpt.shape[-2:]]
    found = pixels(inpt)
    return [found.channels, *found.size]


@dispatched
def get_size(inpt) -> list[int]:
    """Return ``[height, width]``."""
    return get_dimensions(inpt)[1:]


@dispatched
def get_num_channels(inpt) -> int:
    """Return how many channels an image has."""
    return get_dimensions(inpt)[0]


@input_first
def get_image_num_channels(inpt) -> int:
    """Return how many channels an image has: an older name of ``get_num_channels``."""
    return get_num_channels(inpt)


@input_first
def get_image_size(inpt) -> list[int]:
    """Return ``[width, height]``, in this order, as torchvision's v1 does."""
    return get_size(inpt)[::-1]


@dispatched
def get_num_frames(inpt) -> int:
    """Return how many frames a video ``[..., T, C, H, W]`` has."""
    if not is_tensor(inpt) or inpt.ndim < 4:
        raise TypeError(f"Expected a video of size (..., T, C, H, W), got {getattr(inpt, 'shape', type(inpt))}")
    return inpt.shape[-4]
