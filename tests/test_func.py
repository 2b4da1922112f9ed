"""``rushlight.func``: whole batches give what one example after another gives."""

import gc
import weakref

import pytest

import rushlight as rl
from rushlight.func import grad, hessian, jacfwd, jacrev, jvp, vjp, vmap
from rushlight.utils._pytree import tree_map

F = rl.nn.functional
WEIGHT = rl.tensor([0.5, 2.0, 1.0, 0.25, 3.0], dtype=rl.float64)
CLASSES = rl.tensor([[0, 4, 2], [1, 1, 3]])


def draw(*shape, seed=0):
    return rl.randn(*shape, dtype=rl.float64, generator=rl.Generator().manual_seed(seed))


MATRIX = draw(5, 4, seed=1)
KERNEL = draw(4, 3, 2, 2, seed=1)

CALLS = {
    "product of a matrix": (lambda x: x @ MATRIX, draw(2, 3, 5)),
    "convolution": (lambda x: F.conv2d(x, KERNEL), draw(2, 1, 3, 5, 5)),
    "layer norm": (lambda x: F.layer_norm(x, (5,)), draw(2, 3, 5)),
    "softmax": (lambda x: F.softmax(x, -1), draw(2, 3, 5)),
    "gather": (lambda x: x.gather(0, x.argsort(0)), draw(2, 5)),
    "slices": (lambda x: x[1:, None, ::2], draw(2, 3, 5)),
    "pooling": (lambda x: F.max_pool2d(x, 2), draw(2, 3, 4, 4)),
    "several dimensions": (lambda x: x.permute(2, 0, 1).flatten(1).std(1), draw(2, 3, 4, 5)),
    "cat and stack": (lambda x: rl.cat([x, rl.stack([x[0], x[1]])]), draw(2, 3, 5)),
    "inverse": (lambda x: rl.linalg.inv(x @ x.mT), draw(2, 3, 3)),
    "cholesky": (lambda x: rl.linalg.cholesky(x @ x.mT), draw(2, 3, 3)),
    "solve": (lambda x: rl.linalg.solve(x, rl.ones(3, dtype=rl.float64)), draw(2, 3, 3)),
}


@pytest.mark.parametrize("name", CALLS)
def test_vmap_is_a_loop(name):
    call, x = CALLS[name]
    rl.testing.assert_close(vmap(call)(x), rl.stack([call(one) for one in x]))
    rl.testing.assert_close(vmap(call, in_dims=-1, out_dims=-1)(x.movedim(0, -1)), vmap(call)(x).movedim(0, -1))


@pytest.mark.parametrize("name", CALLS)
def test_gradients_of_each_example(name):
    call, x = CALLS[name]

    def score(one):
        return (call(one) ** 2).sum()

    rl.testing.assert_close(vmap(grad(score))(x), rl.stack([grad(score)(one) for one in x]))


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_cross_entropy_of_each_example(reduction, weight):
    def loss(x, t):
        return F.cross_entropy(x, t, weight, ignore_index=4, reduction=reduction)

    x = draw(2, 3, 5)
    rl.testing.assert_close(vmap(loss)(x, CLASSES), rl.stack([loss(a, t) for a, t in zip(x, CLASSES, strict=True)]))
    inner = vmap(vmap(loss))(x, CLASSES.clamp(max=3))
    each = [loss(a, t) for a, t in zip(x.flatten(0, 1), CLASSES.clamp(max=3).flatten(), strict=True)]
    rl.testing.assert_close(inner, rl.stack(each).reshape(inner.shape))
    first = vmap(grad(lambda a, t: loss(a, t).sum()))(x, CLASSES)
    rl.testing.assert_close(first[1], grad(lambda a: loss(a, CLASSES[1]).sum())(x[1]))


def test_derivatives_agree():
    def call(x):
        return rl.stack([(x**3).sum(), x.prod(), x[0].exp()])

    x, v = draw(3), draw(3, seed=1)
    matrix = jacrev(call)(x)
    rl.testing.assert_close(jacfwd(call)(x), matrix)
    rl.testing.assert_close(jvp(call, (x,), (v,))[1], matrix @ v)
    rl.testing.assert_close(vjp(call, x)[1](v)[0], v @ matrix)
    rl.testing.assert_close(hessian(lambda x: (x**3).sum())(x), rl.diag(6 * x))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: tree_map(rl.neg, {"a": [x]}),
        lambda x: rl.linalg.multi_dot([x, x, x]),
        lambda x: jvp(rl.sin, (x,), (x,)),
    ],
    ids=["tree_map", "multi_dot", "jvp"],
)
def test_arguments_are_freed_without_the_garbage_collector(call):
    x = rl.ones(2, 2)
    freed = weakref.ref(x)
    gc.disable()
    try:
        call(x)
        del x
        assert freed() is None
    finally:
        gc.enable()
