"""What functions of an image have in common before their own work begins."""

import functools
from collections.abc import Callable

from rushlight.image.transforms.functional._pixels import Pixels, is_pil, pixels

__all__ = ["enhanced", "image_ops", "on_pixels"]


def on_pixels(pillow: Callable | None = None, channels: tuple[int, ...] | None = None) -> Callable:
    """Give the function under this decorator the ``Pixels`` of its input; PIL images go to ``pillow`` with the other arguments.

    Raises:
        TypeError: unless the image has one of these numbers of ``channels``.
    """

    def decorator(function: Callable) -> Callable:
        @functools.wraps(function)
        def call(inpt, *args, **kwargs):
            if pillow is not None and is_pil(inpt):
                return pillow(inpt, *args, **kwargs)
            found = pixels(inpt)
            if channels is not None:
                check_channels(found, channels)
            return function(found, *args, **kwargs)

        return call

    return decorator


def check_channels(found: Pixels, channels: tuple[int, ...]) -> None:
    if found.channels not in channels:
        permitted = " or ".join(map(str, channels))
        raise TypeError(f"Input image tensor permitted channel values are {permitted}, but found {found.channels}")


def image_ops(name: str) -> Callable:
    """Return a function of Pillow's ``ImageOps``, imported when it is called."""

    def call(image, *args, **kwargs):
        from PIL import ImageOps

        return getattr(ImageOps, name)(image, *args, **kwargs)

    return call


def enhanced(name: str) -> Callable:
    """Return the function of an image and a factor that a class of Pillow's ``ImageEnhance`` is."""

    def call(image, *args, **kwargs):
        from PIL import ImageEnhance

        (factor,) = (*args, *kwargs.values())
        return getattr(ImageEnhance, name)(image).enhance(factor)

    return call
