"""Types that take part in functions on tensors: a scalar matrix, a tensor with a note, a mode that counts, a container."""

import functools

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils import _pytree as pytree

HANDLED = {}


def implements(*functions):
    def decorate(call):
        for function in functions:
            HANDLED[function] = functools.wraps(function)(call)
        return call

    return decorate


class ScalarTensor:
    def __init__(self, size, value):
        self.size, self.value = size, value

    def __repr__(self):
        return f"ScalarTensor(N={self.size}, value={self.value})"

    def tensor(self):
        return self.value * torch.eye(self.size)

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func not in HANDLED or not all(issubclass(t, (torch.Tensor, ScalarTensor)) for t in types):
            return NotImplemented
        return HANDLED[func](*args, **(kwargs or {}))


@implements(torch.mean)
def mean(input):
    return float(input.value) / input.size


@implements(torch.add)
def add(input, other):
    if isinstance(other, ScalarTensor):
        return ScalarTensor(input.size, input.value + other.value)
    return torch.add(
        input.tensor() if isinstance(input, ScalarTensor) else input, getattr(other, "tensor", lambda: other)()
    )


@implements(torch.std)
def std(input, **kwargs):
    return kwargs


@implements(F.softmax)
def softmax(input, dim, **kwargs):
    return f"softmax over {dim}"


d = ScalarTensor(3, 2)
print(torch.mean(d), torch.add(d, d), torch.add(d, torch.ones(3, 3)), torch.std(d, dim=0), F.softmax(d, 1))
try:
    torch.mul(d, 2)
except TypeError as error:
    print(error)


class Noted(torch.Tensor):
    log: list = []

    @staticmethod
    def __new__(cls, data, note=None, **kwargs):
        return torch.as_tensor(data, **kwargs).as_subclass(cls)

    def __init__(self, data, note=None):
        self.note = note

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        cls.log.append(func.__name__)
        result = super().__torch_function__(func, types, args, kwargs or {})
        notes = [a.note for a in args if isinstance(a, cls) and hasattr(a, "note")]
        if isinstance(result, cls):
            result.note = notes[0] if notes else None
        return result


x = Noted([1.0, 2.0, 4.0], note="kept")
print(
    (x * 2).note,
    x.clone().note,
    type(x.sum()),
    type(x.detach().new_zeros(2)),
    [type(p).__name__ for p in x.split(2)],
    x,
)
Noted.log.clear()
results = [
    x + 1,
    2 * x,
    1 - x,
    x @ x,
    x / x,
    x > 1,
    x.std(),
    x.norm(),
    x.max(),
    x.clamp(0, 1),
    torch.stack([x, x]),
    F.mse_loss(x, x),
]
print(Noted.log, {type(r).__name__ for r in results})


class Counting(TorchFunctionMode):
    def __init__(self):
        self.seen = {}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        name = resolve_name(func)
        self.seen[name] = self.seen.get(name, 0) + 1
        return func(*args, **(kwargs or {}))


with Counting() as counting:
    t = torch.ones(2, 2)
    t.add_(1)
    (t @ t).sum() + t.exp().mean()
print(counting.seen)


class Batch:
    def __init__(self, x, y):
        self.x, self.y = x, y


pytree.register_pytree_node(Batch, lambda b: ([b.x, b.y], "context"), lambda children, _: Batch(*children))
doubled = pytree.tree_map(lambda leaf: leaf * 2, {"a": [Batch(torch.ones(2), 3), (1,)], "b": None or 4})
print(doubled["a"][0].x, doubled["a"][0].y, doubled["b"], pytree.tree_structure({"a": [1, (2, 3)], "b": {}}))
