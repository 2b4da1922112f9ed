"""Fake quantization, values and gradients, against PyTorch."""

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

INPUT = [[-1.3, 0.04, 0.06, 0.55], [30.0, 2.449, -0.2, 1.25]]

CALLS = {
    "numbers": lambda t, x: t.fake_quantize_per_tensor_affine(x, 0.1, 10, 0, 255),
    "signed": lambda t, x: t.fake_quantize_per_tensor_affine(x, 0.02, 0, -128, 127),
    "tensors": lambda t, x: t.fake_quantize_per_tensor_affine(x, t.tensor(0.1), t.tensor(3), 0, 15),
    "rows": lambda t, x: t.fake_quantize_per_channel_affine(
        x, t.tensor([0.1, 0.3]), t.tensor([0, 7], dtype=t.int32), 0, -8, 7
    ),
    "columns": lambda t, x: t.fake_quantize_per_channel_affine(
        x, t.tensor([0.1, 0.3, 0.2, 0.05]), t.tensor([0, 7, 1, 2], dtype=t.int32), 1, 0, 255
    ),
    "float zero points": lambda t, x: t.fake_quantize_per_channel_affine(
        x, t.tensor([0.1, 0.3]), t.tensor([0.5, 7.0]), 0, -8, 7
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("name", CALLS)
def test_values_and_gradients_are_pytorchs(name, dtype):
    def results(library):
        x = library.tensor(INPUT, dtype=getattr(library, dtype), requires_grad=True)
        y = CALLS[name](library, x)
        (y * y).sum().backward()
        assert str(y.dtype) == f"torch.{dtype}"
        return [torch.tensor(v.tolist()) for v in (y, x.grad)]

    torch.testing.assert_close(results(rl), results(torch))


def test_values_that_are_not_finite_are_pytorchs():
    def values(library):
        x = library.tensor([float("nan"), float("inf"), -float("inf")])
        return library.fake_quantize_per_tensor_affine(x, 0.1, 3, 0, 255).tolist()

    assert values(rl) == values(torch)


BAD = {
    "integers": lambda t, x: t.fake_quantize_per_tensor_affine(x.long(), 0.1, 0, 0, 255),
    "empty range": lambda t, x: t.fake_quantize_per_tensor_affine(x, 0.1, 0, 5, 2),
    "zero point outside": lambda t, x: t.fake_quantize_per_tensor_affine(x, 0.1, 300, 0, 255),
    "long zero points": lambda t, x: t.fake_quantize_per_channel_affine(x, t.ones(2), t.tensor([0, 1]), 0, 0, 255),
    "double scales": lambda t, x: t.fake_quantize_per_channel_affine(x, t.ones(2).double(), t.ones(2), 0, 0, 255),
    "too many channels": lambda t, x: t.fake_quantize_per_channel_affine(x, t.ones(3), t.ones(3), 0, 0, 255),
    "two counts": lambda t, x: t.fake_quantize_per_channel_affine(x, t.ones(2), t.ones(3), 0, 0, 255),
    "matrix of scales": lambda t, x: t.fake_quantize_per_channel_affine(x, t.ones(2, 1), t.ones(2), 0, 0, 255),
    "no such axis": lambda t, x: t.fake_quantize_per_channel_affine(x, t.ones(2), t.ones(2), 3, 0, 255),
}


@pytest.mark.parametrize("name", BAD)
def test_errors_are_of_pytorchs_types(name):
    with pytest.raises((RuntimeError, IndexError)) as theirs:
        BAD[name](torch, torch.tensor(INPUT))
    with pytest.raises(theirs.type):
        BAD[name](rl, rl.tensor(INPUT))
