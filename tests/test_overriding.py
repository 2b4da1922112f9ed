"""``__torch_function__``: which function a subclass, or a class that is no tensor, is given."""

import pytest

import rushlight as rl
from rushlight.nn import functional as F


class Logged(rl.Tensor):
    calls: list = []

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        cls.calls.append(func)
        return super().__torch_function__(func, types, args, kwargs or {})


def logged(call):
    x = rl.arange(1.0, 5.0).as_subclass(Logged)
    Logged.calls.clear()
    result = call(x)
    return [f.__name__ for f in Logged.calls], type(result)


CALLS = {
    "add": lambda x: x + 1,
    "mul": lambda x: 2 * x,
    "div": lambda x: x / x,
    "remainder": lambda x: x % 2,
    "pow": lambda x: x**2,
    "matmul": lambda x: x @ x,
    "lt": lambda x: x < 2,
    "neg": lambda x: -x,
    "__rsub__": lambda x: 1 - x,
    "__invert__": lambda x: ~x.int(),
    "std": lambda x: x.std(),
    "norm": rl.norm,
    "einsum": lambda x: rl.einsum("i,i", x, x),
    "max": lambda x: x.max(),
    "clamp": lambda x: x.clamp(0, 1),
    "new_zeros": lambda x: x.new_zeros(2),
    "full_like": lambda x: rl.full_like(x, 1),
    "__get__": lambda x: x.data,
    "relu": F.relu,
    "mse_loss": lambda x: F.mse_loss(x, x),
    "cross_entropy": lambda x: F.cross_entropy(x, rl.tensor(0)),
    "layer_norm": lambda x: F.layer_norm(x, (4,)),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_subclass_is_given_the_function_that_was_called(name):
    names, kind = logged(CALLS[name])
    assert names[-1] == name and kind is Logged


def test_operators_are_the_methods():
    logged(lambda x: x + x)
    assert Logged.calls[0] is rl.Tensor.add


HANDLED = {}


class Diagonal:
    """No tensor, and yet taken by functions on tensors."""

    def __init__(self, size, value):
        self.size, self.value = size, value

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func not in HANDLED:
            return NotImplemented
        return HANDLED[func](*args, **(kwargs or {}))


HANDLED[rl.mean] = lambda x: x.value / x.size
HANDLED[rl.add] = lambda x, y: Diagonal(x.size, x.value + y.value)
HANDLED[rl.std] = lambda x, **options: options
HANDLED[F.softmax] = lambda x, dim: f"softmax {dim}"
HANDLED[rl.stack] = lambda tensors, dim=0: len(tensors)


def test_a_class_that_is_no_tensor_takes_calls():
    x = Diagonal(4, 2.0)
    assert rl.mean(x) == 0.5 and rl.add(x, x).value == 4.0 and rl.std(x, correction=0) == {"correction": 0}
    assert F.softmax(x, dim=1) == "softmax 1" and rl.stack([x, rl.ones(2)]) == 2


def test_a_class_that_refuses_is_named():
    with pytest.raises(
        TypeError, match=r"Multiple dispatch failed for 'torch.mul'.*\n\n  - tensor subclass .*Diagonal"
    ):
        rl.mul(Diagonal(2, 1.0), 2)
    with pytest.raises(TypeError, match="must be Tensor, not str"):
        rl.mul("x", 2)
