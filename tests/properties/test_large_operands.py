"""Ways that only large, strided or far-off operands take, against NumPy: no example of a few elements comes there."""

import itertools

import numpy as np
import pytest

import rushlight as rl

RANDOM = np.random.default_rng(0)
TYPES = ["float32", "float64", "int64", "int32", "uint8", "bool"]


def grid(shape, dtype="float32"):
    return RANDOM.integers(0, 2 if dtype == "bool" else 100, shape).astype(dtype)


def equal(tensor, array):
    assert np.array_equal(tensor.numpy(), array, equal_nan=array.dtype.kind == "f")


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_operands_of_different_orders_in_memory(dtype, order):
    a, b = grid((24, 24, 24), dtype), grid((24, 24, 24), dtype)
    x, y, turned = rl.from_numpy(a), rl.from_numpy(b).permute(order), b.transpose(order)
    equal(x.maximum(y), np.maximum(a, turned))
    equal(x > y, a > turned)
    equal(y > x, turned > a)
    equal(rl.where(x > 0, x, y), np.where(a > 0, a, turned))
    equal(x.to(rl.float64) + y, a.astype(np.float64) + turned)
    equal(x.clone().copy_(y), turned)


@pytest.mark.parametrize("dtype", TYPES)
def test_short_innermost_dimensions(dtype):
    a = grid((3000, 3), dtype)
    x = rl.from_numpy(a)
    equal(x.unsqueeze(2).expand(3000, 3, 2).contiguous(), np.repeat(a, 2).reshape(3000, 3, 2))
    equal(rl.stack([x, x], -1), np.stack([a, a], -1))
    equal(x[::2, ::2].maximum(x[1::2, 1:]), np.maximum(a[::2, ::2], a[1::2, 1:]))
    out = rl.zeros(3000, 6, dtype=x.dtype)
    out[:, 1::2] = x
    equal(out[:, 1::2], a)
    assert not out[:, ::2].any()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(3, 1000), (200, 130), (1000, 3), (2, 300, 70), (20_000,)])
def test_reductions(shape, dtype):
    a = grid(shape, dtype)
    x = rl.from_numpy(a)
    for axis in range(len(shape)):
        equal(x.sum(axis), a.astype(np.int64).sum(axis).astype(dtype if dtype.startswith("float") else "int64"))
        equal(rl.count_nonzero(x, axis), np.count_nonzero(a, axis))
        equal((x > 98).any(axis), (a > 98).any(axis))
        values, positions = x.max(axis)
        equal(values, a.max(axis))
        equal(positions, a.argmax(axis))
        equal(x.min(axis).indices, a.argmin(axis))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extremes_of_columns_with_nan(dtype):
    a = grid((300, 70), dtype)
    a[RANDOM.integers(0, 300, 40), RANDOM.integers(0, 70, 40)] = np.nan
    x = rl.from_numpy(a)
    equal(x.max(0).indices, a.argmax(0))
    equal(x.min(0).indices, a.argmin(0))
    equal(x.max(0).values, a.max(0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_beyond_the_limits_of_a_formula(dtype):
    a = RANDOM.normal(0, 3, 1001).astype(dtype)
    a[::7] = np.resize([1e7, -1e9, 1e20, -3e30, np.inf, -np.inf, np.nan, -0.0], 143)
    b = np.where(np.arange(1001) % 5, 0.7, 1e-30).astype(dtype)
    strided = rl.from_numpy(np.repeat(a, 2))[::2]
    with np.errstate(all="ignore"):
        for name in ("sin", "cos", "tan"):
            wanted = getattr(np, name)(a.astype(np.float64))
            for made in (
                getattr(rl.from_numpy(a), name)(),
                getattr(strided, name)(),
                getattr(strided.clone(), f"{name}_")(),
            ):
                np.testing.assert_allclose(made.numpy(), wanted, rtol=1e-6 if dtype == "float32" else 1e-14)
        for name in ("fmod", "remainder"):
            wanted = getattr(np, name)(a, b)
            for first in (rl.from_numpy(a), strided):
                equal(getattr(rl, name)(first, rl.from_numpy(b)), wanted)


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "float32"])
def test_matrices_and_vectors(dtype):
    a, v = grid((40, 50), dtype), grid(50, dtype)
    x, y = rl.from_numpy(a), rl.from_numpy(v)
    equal(x @ y, a @ v)
    equal(y @ x.t(), v @ a.T)
    equal(x.t().contiguous().t() @ y, a @ v)
    equal(x[:, ::2] @ y[::2], a[:, ::2] @ v[::2])


@pytest.mark.parametrize("plane", [(1, 1), (7, 7), (9, 15), (70, 70)])
def test_groups_of_planes(plane):
    x = RANDOM.normal(3, 2, (4, 12, *plane))
    grouped = x.reshape(4, 3, -1)
    mean, spread = grouped.mean(-1, keepdims=True), grouped.std(-1, keepdims=True)
    wanted = ((grouped - mean) / np.sqrt(spread**2 + 1e-5)).reshape(x.shape)
    for dtype, places in (("float64", 1e-10), ("float32", 1e-4)):
        made = rl.nn.functional.group_norm(rl.from_numpy(x.astype(dtype)), 3)
        np.testing.assert_allclose(made.numpy(), wanted, atol=places)
    tensor = rl.from_numpy(x[:1, :, :9, :9].copy()).requires_grad_()
    weight, bias = (rl.rand(12, dtype=rl.float64).requires_grad_() for _ in range(2))
    if plane != (70, 70):
        assert rl.autograd.gradcheck(
            lambda *args: rl.nn.functional.group_norm(args[0], 3, *args[1:]), (tensor, weight, bias)
        )
