"""Sobol sequences are PyTorch's, number by number."""

import pickle

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402


def engines(dimension, **options):
    return [lib.quasirandom.SobolEngine(dimension, **options) for lib in (rl, torch)]


def assert_same(ours, theirs):
    assert str(ours.dtype) == str(theirs.dtype) and ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("dimension", [1, 2, 3, 40, 1111, 21201])
def test_state(dimension):
    ours, theirs = engines(dimension)
    assert_same(ours.sobolstate, theirs.sobolstate)


@pytest.mark.parametrize("options", [{}, {"scramble": True, "seed": 7}], ids=["plain", "scrambled"])
@pytest.mark.parametrize("dimension", [1, 5, 21])
def test_points(dimension, options):
    ours, theirs = engines(dimension, **options)
    for n in (1, 1, 7, 300):
        assert_same(ours.draw(n), theirs.draw(n))
    assert_same(
        ours.fast_forward(1000).draw(3, dtype=rl.float64), theirs.fast_forward(1000).draw(3, dtype=torch.float64)
    )
    assert ours.num_generated == theirs.num_generated and repr(ours) == repr(theirs)
    assert_same(ours.reset().draw_base2(4), theirs.reset().draw_base2(4))
    assert_same(ours.reset().fast_forward(5).draw(), theirs.reset().fast_forward(5).draw())


def test_scrambling_by_the_default_generator():
    draws = []
    for lib in (rl, torch):
        lib.manual_seed(3)
        draws.append(lib.quasirandom.SobolEngine(4, scramble=True).draw(6))
    assert_same(*draws)


def test_out_pickle_and_errors():
    for engine in engines(2):
        with pytest.raises(ValueError, match="power of 2"):
            engine.fast_forward(3).draw_base2(2)
        with pytest.raises(ValueError, match=r"\[1, 21201\]"):
            type(engine)(21202)
    engine, _ = engines(2)
    out = rl.empty(0)
    assert engine.draw(3, out=out) is out and out.shape == (3, 2)
    assert pickle.loads(pickle.dumps(engine)).draw(2).equal(engine.draw(2))
    with pytest.raises(ValueError, match=r"2\*\*30 points"):
        engine.num_generated = 2**30
        engine.draw(1)
