"""The gradients of convolutions, from the shapes of what they are taken for."""

from collections.abc import Callable, Sequence
from typing import Any

import rushlight as rl

from . import functional

__all__ = ["conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input", "conv3d_weight"]


def _gradient(
    name: str, input: rl.Tensor, weight: rl.Tensor, grad_output: rl.Tensor, wanted: rl.Tensor, geometry: tuple
) -> rl.Tensor:
    """The gradient for ``wanted``, itself differentiable where gradients are recorded."""
    create_graph = rl.is_grad_enabled()
    stride, padding, dilation, groups = geometry
    with rl.enable_grad():
        output = getattr(functional, name)(input, weight, None, stride, padding, dilation, groups)
        return rl.autograd.grad(output, wanted, grad_output, create_graph=create_graph)[0]


def _for_input(name: str) -> Callable:
    def gradient(
        input_size: Sequence[int],
        weight: rl.Tensor,
        grad_output: rl.Tensor,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> rl.Tensor:
        input = grad_output.new_zeros(input_size).requires_grad_()
        return _gradient(name, input, weight, grad_output, input, (stride, padding, dilation, groups))

    return _named(
        gradient, f"{name}_input", f"Return the gradient of ``{name}`` for its input, of shape ``input_size``."
    )


def _for_weight(name: str) -> Callable:
    def gradient(
        input: rl.Tensor,
        weight_size: Sequence[int],
        grad_output: rl.Tensor,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> rl.Tensor:
        weight = grad_output.new_zeros(weight_size).requires_grad_()
        return _gradient(name, input, weight, grad_output, weight, (stride, padding, dilation, groups))

    return _named(
        gradient, f"{name}_weight", f"Return the gradient of ``{name}`` for its weight, of shape ``weight_size``."
    )


def _named(function: Callable, name: str, text: str) -> Callable:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return function


conv1d_input, conv1d_weight = _for_input("conv1d"), _for_weight("conv1d")
conv2d_input, conv2d_weight = _for_input("conv2d"), _for_weight("conv2d")
conv3d_input, conv3d_weight = _for_input("conv3d"), _for_weight("conv3d")
