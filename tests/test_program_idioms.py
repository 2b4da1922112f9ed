"""What programs written for PyTorch rely on beyond single operators: each test is one cause of a differing program."""

import pytest

import rushlight as rl
from rushlight import nn
from rushlight.nn import functional as F


def gradient(f, values):
    x = rl.tensor(values, requires_grad=True)
    f(x).sum().backward()
    return x.grad.tolist()


def test_a_clamp_passes_no_gradient_where_a_number_is_reached():
    assert gradient(lambda x: x.clamp(0, 1), [-1.0, 0.0, 0.5, 1.0, 2.0]) == [0, 0, 1, 0, 0]
    assert gradient(lambda x: x.clamp(min=0), [0.0, 1.0]) == [0, 1]
    assert gradient(lambda x: x.clamp(max=1), [0.0, 1.0]) == [1, 0]


def test_bounds_that_are_tensors_share_the_gradient_of_a_tie():
    x, low, high = (rl.tensor(v, requires_grad=True) for v in ([0.0, 0.5, 1.0], [0.0] * 3, [1.0] * 3))
    x.clamp(low, high).sum().backward()
    assert (x.grad.tolist(), low.grad.tolist(), high.grad.tolist()) == ([0.5, 1, 0.5], [0.5, 0, 0], [0, 0, 0.5])
    assert gradient(lambda x: x.clamp(min=rl.tensor(0.0)), [-1.0, 0.0, 1.0]) == [0, 0.5, 1]


@pytest.mark.parametrize("name", ["maximum", "minimum", "fmax", "fmin"])
def test_an_extremum_shares_the_gradient_of_a_tie(name):
    x, y = rl.ones(1, requires_grad=True), rl.ones(1, requires_grad=True)
    getattr(rl, name)(x, y).backward()
    assert x.grad.item() == y.grad.item() == 0.5


def test_the_deviation_of_equal_elements_has_gradient_zero():
    assert gradient(lambda x: x.std(), [1.0, 1.0, 1.0]) == [0, 0, 0]
    assert gradient(lambda x: rl.std_mean(x)[0], [2.0, 2.0]) == [0, 0]


@pytest.mark.parametrize("shape", [(3, 2), (6,), (1, 3), ()])
def test_a_function_that_returns_a_gradient_of_another_shape_is_named(shape):
    class Wrong(rl.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return rl.ones(shape)

    with pytest.raises(RuntimeError, match="Function WrongBackward returned an invalid gradient at index 0"):
        Wrong.apply(rl.ones(2, 3, requires_grad=True)).sum().backward()


def test_cotangents_may_be_batched_inside_a_batched_vjp():
    weight, points = rl.arange(6.0).reshape(2, 3), rl.arange(12.0).reshape(4, 3)

    def rows(x):
        _, vjp = rl.func.vjp(lambda w: w @ x, weight)
        return rl.func.vmap(lambda v: vjp(v)[0])(rl.eye(2))

    result = rl.func.vmap(rows)(points)
    expected = rl.stack([rl.stack([rl.outer(v, x) for v in rl.eye(2)]) for x in points])
    assert rl.equal(result, expected)


def test_functionalize_returns_the_result_of_the_function():
    assert rl.func.functionalize(lambda x: x.clone().add_(1))(rl.zeros(2)).tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="remove"):
        rl.func.functionalize(rl.sin, remove="views")


def test_nodes_carry_the_names_that_programs_print():
    x = rl.rand(3, 4, requires_grad=True)
    classes = rl.tensor([0, 1, 2])
    results = {
        "SumBackward1": x.sum(1),
        "MeanBackward1": x.mean(dim=0),
        "MeanBackward0": x.mean(),
        "StdBackward0": x.std(),
        "MaxBackward1": x.max(),
        "MaxBackward0": x.max(1).values,
        "LogsumexpBackward0": x.logsumexp(0),
        "ClampBackward1": x.clamp(0, 1),
        "MseLossBackward0": F.mse_loss(x, rl.zeros(3, 4)),
        "NllLossBackward0": F.cross_entropy(x, classes),
        "BinaryCrossEntropyWithLogitsBackward0": F.binary_cross_entropy_with_logits(x, rl.zeros(3, 4)),
    }
    assert [y.grad_fn.name() for y in results.values()] == list(results)


def test_lengths_of_ctc_may_be_lists():
    probabilities = rl.randn(5, 2, 3).log_softmax(2)
    targets = rl.tensor([[1, 2], [2, 1]])
    given = F.ctc_loss(probabilities, targets, [5, 4], (2, 2))
    assert given == F.ctc_loss(probabilities, targets, rl.tensor([5, 4]), rl.tensor([2, 2]))


def test_written_optimizers_find_their_decorator_and_annotations():
    from rushlight.nn.common_types import _size_2_t
    from rushlight.optim.optimizer import _use_grad_for_differentiable

    class Descent(rl.optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {"differentiable": False})

        @_use_grad_for_differentiable
        def step(self):
            return rl.is_grad_enabled()

    assert Descent([nn.Parameter(rl.ones(1))]).step() is False and _size_2_t


NUMBERS_TOO_LARGE = [
    ("int8", 300),
    ("uint8", -300),
    ("int64", 1e19),
    ("int32", float("nan")),
    ("float32", 1e300),
    ("float32", 1j),
]


@pytest.mark.parametrize(("dtype", "value"), NUMBERS_TOO_LARGE)
def test_a_number_that_the_dtype_cannot_hold_is_refused(dtype, value):
    dtype = getattr(rl, dtype)
    x, first = rl.zeros(2, dtype=dtype), rl.tensor([0])
    writes = [
        lambda: rl.full((2,), value, dtype=dtype),
        lambda: rl.full_like(x, value),
        lambda: x.fill_(value),
        lambda: x.masked_fill(rl.ones(2).bool(), value),
        lambda: x.scatter(0, first, value),
        lambda: x.index_fill(0, first, value),
        lambda: F.pad(x, (1, 1), value=value),
        lambda: x.__setitem__(0, value),
        lambda: x.__setitem__(first, value),
    ]
    for write in writes:
        with pytest.raises((RuntimeError, TypeError)):
            write()
    assert x.tolist() == [0, 0]


def test_numbers_too_large_for_half_precision_are_infinite_where_memory_is_filled():
    half = rl.zeros(2, dtype=rl.float16)
    assert rl.full((1,), 1e9, dtype=rl.float16).isinf().item() and half.clone().fill_(1e9).isinf().all()
    with pytest.raises(RuntimeError, match="without overflow"):
        half.masked_fill(rl.ones(2).bool(), -1e9)
    assert half.masked_fill(rl.ones(2).bool(), float("-inf")).isinf().all()


def test_autocast_raises_losses_only():
    x, y = rl.rand(4, 6).bfloat16(), rl.rand(4, 6).bfloat16()
    with rl.autocast("cpu"):
        kept = [
            F.layer_norm(x, (6,)),
            x.softmax(-1),
            x.sum(),
            x.cumsum(0),
            F.cosine_similarity(x, y),
            nn.LayerNorm(6)(x),
        ]
        raised = [
            F.mse_loss(x, y),
            F.cross_entropy(x, rl.zeros(4).long()),
            F.kl_div(x, y, reduction="sum"),
            rl.cdist(x, y),
            x.prod(),
        ]
    assert {t.dtype for t in kept} == {rl.bfloat16} and {t.dtype for t in raised} == {rl.float32}
    assert not rl.is_autocast_enabled("cpu")


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "floor_divide", "true_divide", "multiply", "subtract"])
def test_arithmetic_takes_a_number_first(name):
    x = rl.tensor([2.0, 4.0], requires_grad=name != "floor_divide")
    found = getattr(rl, name)(3.0, x)
    assert found.tolist() == getattr(rl, name)(rl.tensor(3.0), x).tolist()
    if x.requires_grad:
        found.sum().backward()
        assert x.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (lambda x, y: x.add(0.5, y), lambda x, y: x.add(y, alpha=0.5)),
        (lambda x, y: rl.sub(x, 0.5, y), lambda x, y: rl.sub(x, y, alpha=0.5)),
        (lambda x, y: x.mul_(0.9).add_(0.1, y), lambda x, y: x.mul_(0.9).add_(y, alpha=0.1)),
        (lambda x, y: x.addcmul_(0.5, y, y), lambda x, y: x.addcmul_(y, y, value=0.5)),
        (lambda x, y: x.addcdiv_(-0.5, x, y), lambda x, y: x.addcdiv_(x, y, value=-0.5)),
        (lambda x, y: rl.addmm(2, x, 3, y, y), lambda x, y: rl.addmm(x, y, y, beta=2, alpha=3)),
        (lambda x, y: rl.addmm(2, x, y, y), lambda x, y: rl.addmm(x, y, y, beta=2)),
        (lambda x, y: x.addmm_(2, 3, y, y), lambda x, y: x.addmm_(y, y, beta=2, alpha=3)),
    ],
)
def test_factors_before_their_tensors_work_with_a_warning(old, new):
    def operands():
        return rl.tensor([[1.0, 2.0], [3.0, 4.0]]), rl.tensor([[2.0, 1.0], [0.5, 4.0]])

    with pytest.warns(UserWarning, match="overload of .* is deprecated"):
        found = old(*operands())
    assert found.tolist() == new(*operands()).tolist()


def test_scatter_takes_its_number_by_name():
    index = rl.tensor([[1]])
    assert rl.zeros(1, 2).scatter(1, index, value=3.0).tolist() == [[0, 3]]
    assert rl.zeros(1, 2).scatter_(1, index=index, value=2).tolist() == [[0, 2]]


def test_the_steps_of_a_range_may_be_a_tensor():
    assert rl.linspace(0, 1, rl.tensor(3)).tolist() == [0, 0.5, 1]
    with pytest.raises(TypeError, match="must be int"):
        rl.linspace(0, 1, rl.tensor(3.0))


@pytest.mark.parametrize(
    ("named", "plain"),
    [
        (lambda x: rl.empty(size=(2, 3)).shape, lambda x: rl.empty(2, 3).shape),
        (lambda x: x.view(size=(6,)), lambda x: x.view(6)),
        (lambda x: x.clone().resize_(size=(3, 2)), lambda x: x.view(3, 2)),
        (lambda x: x.new_zeros(size=(2,), dtype=rl.int8), lambda x: rl.zeros(2, dtype=rl.int8)),
        (lambda x: rl.tile(input=x, dims=(2,)), lambda x: rl.cat([x, x], 1)),
        (lambda x: rl.hsplit(x, sections=3)[1], lambda x: x[:, 1:2]),
        (lambda x: x.vsplit(indices=[1])[1], lambda x: x[1:]),
        (lambda x: rl.searchsorted(rl.arange(3.0), input=x), lambda x: rl.searchsorted(rl.arange(3.0), x)),
        (lambda x: F.one_hot(input=rl.tensor([1])), lambda x: rl.tensor([[0, 1]])),
        (lambda x: rl.linalg.norm(input=x), lambda x: rl.linalg.norm(A=x)),
        (lambda x: rl.matrix_exp(input=x[:, :2]), lambda x: rl.matrix_exp(x[:, :2])),
        (lambda x: rl.squeeze_copy(x[None], dim=0), lambda x: x),
    ],
)
def test_arguments_have_the_names_that_programs_give_them(named, plain):
    x = rl.arange(6.0).reshape(2, 3)
    found, expected = named(x), plain(x)
    assert found == expected if isinstance(expected, tuple) else rl.equal(found, expected)


@pytest.mark.parametrize(
    "key", [[slice(0, 1), 0], [None, 0], [..., 0], [[0, 1], [0, 2]], [[0, 1]], [rl.tensor([0, 1]), 1], [(0, 1), (1, 1)]]
)
def test_lists_of_more_than_numbers_are_indices_of_several_dimensions(key):
    x = rl.arange(6.0).reshape(2, 3)
    with pytest.warns(UserWarning, match="non-tuple sequence"):
        assert rl.equal(x[key], x[tuple(key)])
    assert x[[0, 1]].shape == (2, 3) and x[[True, False]].shape == (1, 3)


def test_hashes_of_tensors_are_their_identities():
    x = rl.ones(2)
    assert hash(x) == id(x)
