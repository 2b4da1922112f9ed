"""Random draws: the values of known seeds, and what holds for every seed."""

import copy
import pickle

import pytest

import rushlight as rl

RECORDED = {
    "rand": (lambda: rl.rand(3), [0.49625658988952637, 0.7682217955589294, 0.08847743272781372]),
    "rand float64": (
        lambda: rl.rand(3, dtype=rl.float64),
        [0.9700530018065531, 0.707819864399788, 0.45938294312745087],
    ),
    "randn": (lambda: rl.randn(3), [1.5409960746765137, -0.293428897857666, -2.1787893772125244]),
    "randn blocks": (
        lambda: rl.randn(20)[16:],
        [0.9318265914916992, 1.2590092420578003, 2.0049805641174316, 0.05373690277338028],
    ),
    "randint": (lambda: rl.randint(100, (5,)), [44, 39, 33, 60, 63]),
    "randperm": (lambda: rl.randperm(6), [2, 5, 3, 0, 1, 4]),
    "bernoulli_": (lambda: rl.empty(6).bernoulli_(0.5), [0, 0, 1, 0, 0, 0]),
    "exponential_": (lambda: rl.empty(3).exponential_(), [3.508326292037964, 1.2303847074508667, 0.615044116973877]),
    "multinomial": (lambda: rl.multinomial(rl.tensor([1.0, 2, 3, 4]), 3), [2, 1, 3]),
    "poisson": (lambda: rl.poisson(rl.tensor([1.0, 5, 50])), [2, 6, 49]),
    "binomial": (lambda: rl.binomial(rl.tensor([10.0, 100]), rl.tensor([0.3, 0.7])), [6, 72]),
    "gamma": (
        lambda: rl._standard_gamma(rl.tensor([0.5, 1, 7])),
        [0.0007893581641837955, 0.11898370087146759, 7.089402198791504],
    ),
    "dropout": (lambda: rl.dropout(rl.ones(6), 0.5, True), [0, 0, 2, 0, 0, 0]),
    "normal": (
        lambda: rl.normal(rl.zeros(3), rl.tensor([1.0, 2, 3])),
        [1.5409960746765137, -0.586857795715332, -6.536368370056152],
    ),
}


@pytest.mark.parametrize("name", RECORDED)
def test_values_of_seed_zero(name):
    draw, expected = RECORDED[name]
    rl.manual_seed(0)
    assert draw().tolist() == pytest.approx(expected, rel=1e-7)


def test_generator_state_returns():
    generator = rl.Generator().manual_seed(-1)
    assert generator.initial_seed() == 2**64 - 1
    assert generator.device == rl.device("cpu")
    rl.randn(5, generator=generator)
    state = generator.get_state()
    copies = [
        generator.clone_state(),
        pickle.loads(pickle.dumps(generator)),
        copy.deepcopy(generator),
        rl.Generator().set_state(state),
    ]
    expected = rl.randn(9, generator=generator).tolist()
    assert all(rl.randn(9, generator=other).tolist() == expected for other in copies)
    shared = generator.graphsafe_get_state()
    assert rl.rand(3, generator=shared).tolist() != rl.rand(3, generator=generator).tolist()
    assert generator.seed() == generator.initial_seed()


def test_fork_rng_restores_the_state():
    rl.manual_seed(1)
    with rl.random.fork_rng():
        inside = rl.rand(3)
    assert rl.rand(3).tolist() == inside.tolist()
    with rl.random.fork_rng(enabled=False):
        rl.rand(1)
    assert rl.rand(3).tolist() != inside.tolist()
    with pytest.raises(RuntimeError, match="must be empty"), rl.random.fork_rng(devices=[0]):
        pass


def test_meta_tensors_draw_nothing():
    state = rl.get_rng_state().tolist()
    meta = rl.empty(3, 4, device="meta")
    results = [
        rl.rand(3, 4, device="meta"),
        meta.normal_(),
        meta.bernoulli_(meta),
        rl.rand_like(meta),
        rl.bernoulli(meta),
        rl.poisson(meta),
        rl.binomial(meta, meta),
        rl.normal(meta, meta),
        rl._standard_gamma(meta),
        rl._sample_dirichlet(meta),
        rl.dropout(meta, 0.5, True),
    ]
    assert all(tuple(x.shape) == (3, 4) and x.is_meta for x in results)
    assert tuple(rl.multinomial(meta, 2).shape) == (3, 2)
    assert rl.get_rng_state().tolist() == state


def test_a_failed_fill_changes_nothing():
    x = rl.ones(3)
    state, version = rl.get_rng_state().tolist(), x._version
    with pytest.raises(RuntimeError, match="uniform_ expects"):
        x.uniform_(2, 1)
    with pytest.raises(RuntimeError, match="p_in"):
        x.bernoulli_(rl.tensor([0.5, 0.5, 2.0]))
    assert x.tolist() == [1, 1, 1] and x._version == version and rl.get_rng_state().tolist() == state


def test_bernoulli_of_its_own_probabilities():
    p = rl.full((1000,), 0.5)
    assert set(p.bernoulli_(p).tolist()) == {0.0, 1.0}


def test_no_derivative_is_an_error():
    p = rl.full((3,), 0.5, requires_grad=True)
    with pytest.raises(NotImplementedError, match="binomial"):
        rl.binomial(rl.full((3,), 9.0), p).sum().backward()


def test_hook_stands_in_for_factories():
    calls = []

    def hook(func, args, kwargs):
        calls.append((func.__name__, args, kwargs))
        return func(*args, **kwargs)

    previous = rl._C._set_random_hook(hook)
    try:
        (
            rl.rand(2),
            rl.randn(2, dtype=rl.float64),
            rl.normal(0.0, 1.0, (2,)),
            rl.empty(2).normal_(),
            rl.rand_like(rl.empty(2)),
        )
    finally:
        assert rl._C._set_random_hook(previous) is hook
    assert calls == [("rand", (2,), {}), ("randn", (2,), {"dtype": rl.float64}), ("normal", (0.0, 1.0, (2,)), {})]


def test_gradient_of_gamma_samples():
    alpha = rl.tensor([0.05, 0.7, 1.0, 3.0, 40.0, 3000.0], dtype=rl.float64)
    sample = rl.tensor([1e-9, 1.3, 0.5, 9.0, 31.0, 3050.0], dtype=rl.float64)
    # Central differences of scipy.special.gammaincinv at the quantile of each sample.
    expected = [4.0450841732e-07, 1.682042394, 0.8069791168, 1.739755412, 0.8816202356, 1.008343436]
    assert rl._standard_gamma_grad(alpha, sample).tolist() == pytest.approx(expected, rel=1e-8)
    x = alpha.clone().requires_grad_()
    y = rl._standard_gamma(x)
    (y * 2).sum().backward()
    assert x.grad.tolist() == pytest.approx((2 * rl._standard_gamma_grad(alpha, y.detach())).tolist())
