"""Operators as modules, as models that could be quantized use them."""

from __future__ import annotations

import rushlight as rl

from .modules import Identity, Module

__all__ = ["FloatFunctional"]


class FloatFunctional(Module):
    """Operators on tensors as methods, whose results pass through ``activation_post_process``, an `Identity` at first.

    >>> nn.quantized.FloatFunctional().add_relu(rl.tensor([1.0, -3.0]), rl.tensor([1.0, 1.0]))
    tensor([2., 0.])
    """

    def __init__(self) -> None:
        super().__init__()
        self.activation_post_process = Identity()

    def forward(self, x: rl.Tensor) -> rl.Tensor:
        """Raise RuntimeError: the methods are called instead."""
        raise RuntimeError("FloatFunctional is not intended to use the 'forward'. Please use the underlying operation")

    def add(self, x: rl.Tensor, y: rl.Tensor) -> rl.Tensor:
        """Return ``x + y``."""
        return self.activation_post_process(rl.add(x, y))

    def add_scalar(self, x: rl.Tensor, y: float) -> rl.Tensor:
        """Return ``x + y`` as it is, for a number ``y``."""
        return rl.add(x, y)

    def mul(self, x: rl.Tensor, y: rl.Tensor) -> rl.Tensor:
        """Return ``x * y``."""
        return self.activation_post_process(rl.mul(x, y))

    def mul_scalar(self, x: rl.Tensor, y: float) -> rl.Tensor:
        """Return ``x * y`` as it is, for a number ``y``."""
        return rl.mul(x, y)

    def cat(self, x: list[rl.Tensor], dim: int = 0) -> rl.Tensor:
        """Return the tensors joined along ``dim``."""
        return self.activation_post_process(rl.cat(x, dim=dim))

    def add_relu(self, x: rl.Tensor, y: rl.Tensor) -> rl.Tensor:
        """Return ``relu(x + y)``."""
        return self.activation_post_process(rl.relu(rl.add(x, y)))

    def matmul(self, x: rl.Tensor, y: rl.Tensor) -> rl.Tensor:
        """Return ``x @ y``."""
        return self.activation_post_process(rl.matmul(x, y))
