"""Functions that treat other kinds of input than images by kernels registered for their type, as torchvision's do."""

import functools
from collections.abc import Callable

__all__ = ["dispatched", "input_first", "register_kernel"]

INPUT_NAMES = ("inpt", "img", "image", "video", "mask", "tensor", "pic")
"""What torchvision calls the first argument of its functions, by version and by kind of input."""


def input_first(function: Callable) -> Callable:
    """Let the first argument of a function be given by any of torchvision's names for it.

    >>> input_first(lambda inpt, factor: inpt * factor)(img=3, factor=2)
    6
    """

    @functools.wraps(function)
    def call(*args, **kwargs):
        return function(*(args or take_input(function, kwargs)), **kwargs)

    return call


def take_input(function: Callable, kwargs: dict) -> tuple:
    """Take the input of a function out of its keyword arguments."""
    for name in INPUT_NAMES:
        if name in kwargs:
            return (kwargs.pop(name),)
    raise TypeError(f"{function.__name__}() missing 1 required positional argument: 'inpt'")


def dispatched(function: Callable) -> Callable:
    """Make a function of an image accept every type that a kernel is registered for.

    >>> @dispatched
    ... def name(inpt):
    ...     return "image"
    >>> @register_kernel(name, dict)
    ... def name_of_dict(inpt):
    ...     return "dict"
    >>> name({}), name(3)
    ('dict', 'image')
    """
    kernels: dict[type, Callable] = {}

    @functools.wraps(function)
    def call(*args, **kwargs):
        args = args or take_input(function, kwargs)
        if kernels:
            for parent in type(args[0]).__mro__:
                if kernel := kernels.get(parent):
                    return kernel(*args, **kwargs)
        return function(*args, **kwargs)

    call.kernels = kernels
    call.of_image = function
    return call


def register_kernel(functional: Callable, input_type: type) -> Callable:
    """Register the function under this decorator as what ``functional`` does with ``input_type`` and its subclasses.

    The kernel gets the input and the arguments as they were given. ``functional.of_image`` is the function for images.
    """
    if not hasattr(functional, "kernels"):
        raise ValueError(f"Kernels can only be registered on functionals from this module, but got {functional}.")
    if input_type in functional.kernels:
        raise ValueError(f"Functional {functional.__name__} already has a kernel registered for type {input_type}.")

    def decorator(kernel: Callable) -> Callable:
        functional.kernels[input_type] = kernel
        return kernel

    return decorator
