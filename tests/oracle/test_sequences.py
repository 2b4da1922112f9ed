"""Sequences of single-precision numbers have PyTorch's bits: schedules and grids are made of them."""

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

ENDS = [(-1, 1), (0, 1), (0, 10), (-3, 3), (1e-4, 0.02), (0, 6.2831853), (5, 2)]


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 33, 64, 100, 1000, 5001])
def test_linspace(steps):
    for start, end in ENDS:
        assert rl.linspace(start, end, steps).tolist() == torch.linspace(start, end, steps).tolist()


@pytest.mark.parametrize("step", [0.1, 0.37, 0.3, 0.001, 0.0137, -0.07])
def test_arange(step):
    for start, count in [(0, 100), (-1.3, 104), (2, 1000), (0.1, 15), (5, 16), (-5, 333)]:
        end = start + step * count
        assert rl.arange(start, end, step).tolist() == torch.arange(start, end, step).tolist()


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("size", [4, 5, 8, 16, 33])
def test_grids(size, align_corners):
    grids = []
    for lib in (rl, torch):
        theta = lib.tensor([[[1.0, 0, 0], [0, 1, 0]]])
        grids.append(lib.nn.functional.affine_grid(theta, (1, 1, size, size), align_corners=align_corners).tolist())
    assert grids[0] == grids[1]
