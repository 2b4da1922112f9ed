"""Which of equal elements is chosen, and how they and NaN share a gradient: as in PyTorch."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

NAN, INF = float("nan"), float("inf")
VECTORS = [
    [1.0, 2.0, 2.0, 1.0, 2.0],
    [2.0, 2.0, 2.0],
    [3.0, 1.0, 1.0, 3.0, 1.0, 3.0, 2.0, 2.0],
    [1.0, NAN, 2.0],
    [1.0, 2.0, NAN, NAN],
    [INF, INF, -INF],
]
POINTS = [
    [[1.0, 2.0], [1.0, 2.0], [3.0, 4.0], [2.0, 1.0]],
    [[1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]],
    [[0.0, 0.0], [0.0, 0.0]],
    [[1.0, 2.0], [1.0, 2.0], [3.0, NAN]],
]


def outcome(lib, data, call):
    """The results and the gradient of their sum."""
    x = lib.tensor(data, dtype=lib.float64, requires_grad=True)
    results = call(lib, x)
    results = results if isinstance(results, tuple) else (results,)
    sum(y.sum() for y in results if y.is_floating_point()).backward()
    return [y.detach().numpy() for y in (*results, x.grad)]


def assert_same(data, call):
    for ours, theirs in zip(outcome(rl, data, call), outcome(torch, data, call), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("data", VECTORS, ids=str)
@pytest.mark.parametrize("name", ["max", "min", "median", "nanmedian", "amax", "amin"])
def test_one_value_of_all(name, data):
    assert_same(data, lambda lib, x: getattr(x, name)())


@pytest.mark.parametrize("data", VECTORS, ids=str)
def test_positions_of_equals(data):
    for name in ("max", "min", "median", "nanmedian", "cummax", "cummin"):
        assert_same(data, lambda lib, x, name=name: tuple(getattr(x, name)(0)))
    for k in range(1, len(data) + 1):
        assert_same(data, lambda lib, x, k=k: tuple(x.kthvalue(k)))


def test_kthvalue_of_long_rows_with_many_equals():
    rows = np.random.default_rng(0).integers(0, 4, (20, 57)).astype(float)
    for k in (1, 5, 29, 57):
        assert_same(rows.tolist(), lambda lib, x, k=k: tuple(x.kthvalue(k)))


@pytest.mark.parametrize("data", POINTS[:3], ids=str)
@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, INF])
def test_distances(p, data):
    # PyTorch leaves a rounding error where differences of opposite sign cancel.
    for call in (lambda lib, x: lib.nn.functional.pdist(x, p), lambda lib, x: lib.cdist(x, x.detach() * 1, p)):
        for ours, theirs in zip(outcome(rl, data, call), outcome(torch, data, call), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("p", [0, 2, INF])
def test_distances_from_nan(p):
    assert_same(POINTS[3], lambda lib, x: lib.nn.functional.pdist(x, p))
