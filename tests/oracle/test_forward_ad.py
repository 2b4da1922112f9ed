"""Tangents follow operations as in PyTorch."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

CASES = """
(lambda x: x.sin() * x + 2)                                                     | 3
(lambda x, y: x @ y)                                                            | 2,3 3,2
(lambda x: F.softmax(x, 0))                                                     | 4
(lambda x: (x.mul_(2), x.exp())[1])                                             | 3
(lambda x, y: (x.add_(y), x.sin_(), x)[2])                                      | 3 3
(lambda x: x.__iadd__(1.0))                                                     | 3
(lambda x: written(t.zeros(2, dtype=t.float64), 0, x.sum()) * 3)                | 3
(lambda x: t.zeros(3, dtype=t.float64).copy_(x))                                | 3
(lambda x: F.relu(x, inplace=True))                                             | 3
(lambda x: t.no_grad()(t.exp)(x))                                               | 3
(lambda x: x.std())                                                             | 5
(lambda x, y: t.einsum("ij,jk->ik", x, y))                                      | 2,3 3,2
(lambda x: x.sort()[0])                                                         | 5
(lambda x: x.max(0))                                                            | 3,2
(lambda x: x.view(2, 3).T)                                                      | 6
(lambda x: x.split(2))                                                          | 4
(lambda x, y: t.cat([x, y, x]))                                                 | 2 3
(lambda x, w, b: F.linear(x, w, b))                                             | 2,3 4,3 4
(lambda x, w: F.conv2d(x, w, padding=1))                                        | 1,2,4,4 3,2,3,3
(lambda x: (x > 0).double())                                                    | 3
(lambda x: x.detach())                                                          | 3
(lambda x: t.ones(3))                                                           | 3
(lambda x: F.layer_norm(x, (4,)))                                               | 2,4
(lambda x, y: t.where(x > 0, x, y))                                             | 3 3
(lambda x: t.linalg.svdvals(x))                                                 | 3,3
(lambda x: t.linalg.inv(x))                                                     | 3,3
(lambda x: F.dropout(x, 0.5))                                                   | 6
(lambda x, y: x.abs() ** y)                                                     | 3 3
(lambda x, y: F.mse_loss(x, y))                                                 | 3 3
(lambda x: x.float())                                                           | 3
(lambda x: F.binary_cross_entropy_with_logits(x, t.ones(3, dtype=t.float64)))   | 3
(lambda x: t.nn.LSTM(3, 2).double()(x)[0].detach())                             | 2,1,3
"""


def written(x, index, value):
    x[index] = value
    return x


def outcome(lib, function, shapes):
    """The values of the results, their tangents and whether they require gradients."""
    forward_ad = lib.autograd.forward_ad
    lib.manual_seed(0)
    given = [(lib.randn(s, dtype=lib.float64), lib.randn(s, dtype=lib.float64)) for s in shapes]
    with forward_ad.dual_level():
        result = function(*(forward_ad.make_dual(*pair) for pair in given))
        results = result if isinstance(result, tuple) else (result,)
        return [(*map(array, forward_ad.unpack_dual(y)), y.requires_grad) for y in results]


def array(x):
    return None if x is None else x.detach().numpy()


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_same_tangents(case):
    text, shapes = (part.strip() for part in case.split("|"))
    shapes = [tuple(map(int, shape.split(","))) for shape in shapes.split()]
    ours, theirs = (
        outcome(lib, eval(text, {"t": lib, "F": lib.nn.functional, "written": written}), shapes) for lib in (rl, torch)
    )
    assert len(ours) == len(theirs)
    for (value, tangent, recorded), (their_value, their_tangent, their_recorded) in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(value, their_value, rtol=1e-9, atol=1e-12)
        assert (tangent is None) == (their_tangent is None) and recorded == their_recorded
        if tangent is not None:
            np.testing.assert_allclose(tangent, their_tangent, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("lib", [rl, torch], ids=["rushlight", "torch"])
def test_tangents_differentiate_in_reverse(lib):
    forward_ad = lib.autograd.forward_ad
    x = lib.tensor([2.0, 3.0], requires_grad=True)
    with forward_ad.dual_level():
        tangent = forward_ad.unpack_dual(forward_ad.make_dual(x, lib.tensor([1.0, 2.0])) ** 3).tangent
        (gradient,) = lib.autograd.grad(tangent.sum(), x)
    assert gradient.tolist() == [12.0, 36.0]


@pytest.mark.parametrize("lib", [rl, torch], ids=["rushlight", "torch"])
def test_levels(lib):
    forward_ad = lib.autograd.forward_ad
    x = lib.ones(2)
    with pytest.raises(RuntimeError):
        forward_ad.make_dual(x, x)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, x)
        with pytest.raises(RuntimeError):
            forward_ad.enter_dual_level()
        with pytest.raises(NotImplementedError):
            lib.sin(dual, out=lib.empty(2))
        with pytest.raises(ValueError):
            forward_ad.make_dual(lib.ones(2, dtype=lib.int64), x)
        with pytest.raises(RuntimeError):
            forward_ad.make_dual(x, lib.ones(3))
    assert forward_ad.unpack_dual(dual).tangent is None
    with forward_ad.dual_level():
        assert forward_ad.unpack_dual(dual * 2).tangent is None


def test_what_would_lose_a_tangent_is_refused():
    with rl.autograd.forward_ad.dual_level():
        x = rl.autograd.forward_ad.make_dual(rl.ones(3), rl.ones(3))
        with pytest.raises(NotImplementedError, match="a view cannot be changed in place"):
            x[0].mul_(2)
        y = x * 2
        part = y[:2]
        y.add_(1)
        with pytest.raises(RuntimeError, match="left behind"):
            part.sin()


def test_custom_functions_pass_tangents_on():
    class Cube(rl.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 3 * x * x * g

    with rl.autograd.forward_ad.dual_level():
        x = rl.autograd.forward_ad.make_dual(rl.tensor(2.0), rl.tensor(1.0))
        assert rl.autograd.forward_ad.unpack_dual(Cube.apply(x)).tangent.item() == 12


def test_tangents_end_with_their_tensors_and_their_level():
    forward_ad = rl.autograd.forward_ad
    with forward_ad.dual_level():
        x = forward_ad.make_dual(rl.ones(3), rl.ones(3))
        for _ in range(3):
            y = x * 2
        kept = forward_ad._levels[-1].tangents
        assert len(kept) == 2
        del y
        assert len(kept) == 1
        x.mul_(3).add_(1)
        assert forward_ad.unpack_dual(x).tangent.tolist() == [3.0] * 3


def scaled(lib, **options):
    """A function whose `jvp` is not its derivative, so that it shows which of the two was used."""

    class Scaled(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, factor):
            ctx.save_for_forward(x, y)
            ctx.factor = factor
            ctx.set_materialize_grads(options.get("materialize", True))
            return x * y, x + y

        @staticmethod
        def jvp(ctx, x_t, y_t, factor_t):
            x, y = ctx.saved_tensors
            ctx.seen = y_t if y_t is None else y_t.tolist(), factor_t
            return 10 * ctx.factor * x_t * y, x_t

    return Scaled


@pytest.mark.parametrize("materialize", [True, False])
def test_a_custom_function_gives_its_tangents(materialize):
    found = []
    for lib in (rl, torch):
        with lib.autograd.forward_ad.dual_level():
            x = lib.autograd.forward_ad.make_dual(lib.tensor([2.0, 3.0]), lib.tensor([1.0, -1.0]))
            results = scaled(lib, materialize=materialize).apply(x, lib.tensor([4.0, 5.0]), 2)
            unpacked = [lib.autograd.forward_ad.unpack_dual(r) for r in results]
            found.append([part.tolist() for pair in unpacked for part in pair])
    assert found[0] == found[1]
