"""Gradients of `grid_sample` at the centres of pixels, where they jump: they are of the side that PyTorch takes."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402


@pytest.mark.parametrize("side", [5, 7, 12, 17, 31, 50, 64])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("aligned", [False, True])
def test_identity(side, mode, padding, aligned):
    pixels = np.random.default_rng(0).permutation(side * side).reshape(1, 1, side, side).astype("float32") / side

    def gradients(framework):
        functional = framework.nn.functional
        x = framework.from_numpy(pixels).requires_grad_()
        theta = framework.tensor([[[1.0, 0, 0], [0, 1.0, 0]]])
        grid = functional.affine_grid(theta, (1, 1, side, side), align_corners=aligned).clone().requires_grad_()
        y = functional.grid_sample(x, grid, mode=mode, padding_mode=padding, align_corners=aligned)
        (y * x.detach()).sum().backward()
        return [tensor.detach().numpy() for tensor in (y, x.grad, grid.grad)]

    for found, expected in zip(gradients(rl), gradients(torch), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=0.1)
