"""In-place operations in a graph: what they do to views and their bases, and which later changes of operands are allowed."""

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

CHANGES = {
    "masked_fill": lambda lib, y: y.masked_fill_(lib.tensor([True, False, False]), 0.0),
    "masked_fill of all": lambda lib, y: y.masked_fill_(lib.ones(2, 3) > 0, 0.0),
    "relu": lambda lib, y: y.relu_(),
    "exp": lambda lib, y: y.exp_(),
    "sigmoid": lambda lib, y: y.sigmoid_(),
    "clamp": lambda lib, y: y.clamp_(min=0.5),
    "mul": lambda lib, y: y.mul_(2.0),
    "add": lambda lib, y: y.add_(1.0),
    "neg": lambda lib, y: y.neg_(),
    "zero": lambda lib, y: y.zero_(),
    "copy": lambda lib, y: y.copy_(lib.ones(3)),
    "index": lambda lib, y: y.__setitem__((slice(None), lib.tensor([0])), 5.0),
    "own mean": lambda lib, y: y.sub_(y.mean()),
    "scatter": lambda lib, y: y.scatter_(1, lib.tensor([[0], [1]]), 0.0),
    "tril": lambda lib, y: y.tril_(),
    "cumsum": lambda lib, y: y.cumsum_(1),
}

SHAPES = {
    "a view whose base is gone": lambda x: (x.clone().view(2, 3),) * 2,
    "a slice whose base is gone": lambda x: ((x * 1)[:, :],) * 2,
    "the base of a view": lambda x: (lambda base: (base.view(2, 3), base))(x.clone()),
    "another view": lambda x: (lambda base: (base[:2], base.view(3, 2)))(x.clone()),
    "a view of a view": lambda x: (x.clone().view(6)[:].view(2, 3),) * 2,
}


def gradient(lib, shape, change):
    x = lib.linspace(-1, 2, 6).reshape(2, 3).requires_grad_()
    changed, seen = SHAPES[shape](x)
    CHANGES[change](lib, changed)
    (seen * lib.arange(6.0).reshape(seen.shape)).sum().backward()
    return x.grad.flatten().tolist()


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients(shape, change):
    assert gradient(rl, shape, change) == pytest.approx(gradient(torch, shape, change), abs=1e-6)


OPERATIONS = """
a / c | a * c | c * a | a * 2 | a / 2 | a ** 2 | a @ c.T | c @ a.T | a % c | a + c | lib.lerp(a, c, 0.5) | lib.addcmul(a, c, c)
lib.addcdiv(a, c, c) | lib.addmm(a, c, c) | lib.bmm(a[None], c[None]) | lib.nn.functional.linear(a, c, c[0]) | a.exp()
lib.einsum('ij,kj->ik', a, c) | lib.nn.functional.dropout(a, 0.5)
""".replace("\n", "|")


@pytest.mark.parametrize("operation", [part.strip() for part in OPERATIONS.split("|") if part.strip()])
@pytest.mark.parametrize("changed", ["a", "y"])
def test_a_tensor_that_no_gradient_uses_may_change(operation, changed):
    def outcome(lib):
        a = lib.ones(2, 2).requires_grad_() * 1
        values = {"lib": lib, "a": a, "c": lib.ones(2, 2)}
        values["y"] = eval(operation, values)
        values[changed].add_(1)
        try:
            values["y"].sum().backward()
        except RuntimeError as error:
            return "modified by an inplace operation" in str(error)
        return "computed"

    assert outcome(rl) == outcome(torch)


def test_an_operand_is_saved_only_for_the_other_s_gradient():
    weight = rl.ones(2, requires_grad=True)
    node = (weight * rl.full((2,), 3.0)).grad_fn
    assert node._saved_self is None and node._saved_other.tolist() == [3, 3]
