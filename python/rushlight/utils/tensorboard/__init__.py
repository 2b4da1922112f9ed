"""Event files for TensorBoard, written by the package ``tensorboardX``."""

from typing import Any

__all__ = ["SummaryWriter"]


def SummaryWriter(*args: Any, **kwargs: Any) -> Any:
    """Return a ``tensorboardX.SummaryWriter``: ``add_scalar``, ``add_image``, ``add_histogram``, ``add_text`` and so on.

    Tensors are taken as they are: ``tensorboardX`` reads them as arrays. Raises ``ImportError`` without the package.
    """
    try:
        from tensorboardX import SummaryWriter as Writer
    except ImportError as error:
        raise ImportError(
            "utils.tensorboard.SummaryWriter: the package tensorboardX is not installed. Install it with "
            "`pip install tensorboardX`."
        ) from error
    return Writer(*args, **kwargs)
