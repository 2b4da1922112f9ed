"""``nn.grad``: gradients of convolutions against PyTorch."""

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402


@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1}, {"dilation": 2, "padding": 2, "groups": 2}])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_convolution_gradients_are_pytorchs(dims, options):
    input_size, weight_size = (2, 4, *(6,) * dims), (2, 4 // options.get("groups", 1), *(3,) * dims)

    def gradients(library):
        library.manual_seed(0)
        x, w = library.randn(input_size), library.randn(weight_size)
        y = getattr(library.nn.functional, f"conv{dims}d")(x, w, **options)
        g = library.randn(y.shape)
        for_input = getattr(library.nn.grad, f"conv{dims}d_input")(input_size, w, g, **options)
        for_weight = getattr(library.nn.grad, f"conv{dims}d_weight")(x, weight_size, g, **options)
        return [torch.tensor(v.tolist()) for v in (for_input, for_weight)]

    torch.testing.assert_close(gradients(rl), gradients(torch), rtol=1e-4, atol=1e-4)
