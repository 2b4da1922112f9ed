"""Frames of videos."""

from rushlight import _C
from rushlight.image.transforms.functional._dispatch import dispatched
from rushlight.image.transforms.functional._pixels import is_tensor, pixels

__all__ = ["uniform_temporal_subsample"]


@dispatched
def uniform_temporal_subsample(inpt, num_samples: int):
    """Return ``num_samples`` frames of a video ``[..., T, C, H, W]``, evenly from the first to the last.

    >>> uniform_temporal_subsample(_C.arange(5).reshape(5, 1, 1, 1), 3).flatten()
    tensor([0, 2, 4])
    """
    shape = inpt.shape if is_tensor(inpt) else pixels(inpt).array.shape
    if len(shape) < 4:
        raise ValueError(f"Expected a video of size (..., T, C, H, W), got {tuple(shape)}")
    indices = _C.linspace(0, shape[-4] - 1, num_samples).long().tolist()
    return inpt[..., indices, :, :, :]
