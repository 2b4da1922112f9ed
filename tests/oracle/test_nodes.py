"""Nodes of the graph look like PyTorch's."""

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

CALLS = {
    "add": lambda lib, x: x + 1,
    "mul": lambda lib, x: x * x,
    "exp": lambda lib, x: x.exp(),
    "pow": lambda lib, x: x**3,
    "sum": lambda lib, x: x.sum(0),
    "mean": lambda lib, x: x.mean(),
    "matmul": lambda lib, x: x @ x.detach(),
    "softmax": lambda lib, x: lib.nn.functional.softmax(x, 1),
    "max": lambda lib, x: x.max(),
    "median": lambda lib, x: x.median(),
    "transpose": lambda lib, x: x.transpose(0, 1),
}


@pytest.mark.parametrize("name", CALLS)
def test_class_names(name):
    nodes = [CALLS[name](lib, lib.ones(2, 2, requires_grad=True)).grad_fn for lib in (rl, torch)]
    ours, theirs = ([type(n).__name__, type(n.next_functions[0][0]).__name__, n.name()] for n in nodes)
    assert ours == theirs
    assert isinstance(nodes[0], rl.autograd.graph.Node) and str(type(nodes[0])) == str(type(nodes[1]))


SHOWN = """
x @ x[0] | x[0] @ x[0] | x[None] @ x | lib.stack([x, x]) | x.unbind()[0] | x.repeat(2, 1) | x.roll(1, 0) | x.split([1, 1])[0] | x.split(1)[0] | x.t().reshape(-1) | x.t().flatten() | x.reshape(-1) | x.norm() | x.norm(dim=1)
x.log1p() | x.square() | lib.fft.rfft(x) | lib.nn.functional.linear(x[None], x, x[0]) | lib.nn.LSTMCell(2, 2)(x)[0]
lib.nn.functional.adaptive_max_pool2d(x[None], 1)
""".replace("\n", "|")


@pytest.mark.parametrize("call", [part.strip() for part in SHOWN.split("|") if part.strip()])
def test_names_that_printing_shows(call):
    ours, theirs = (eval(call, {"lib": lib, "x": lib.ones(2, 2, requires_grad=True)}) for lib in (rl, torch))
    assert ours.grad_fn.name() == theirs.grad_fn.name()


@pytest.mark.parametrize(
    "name, kept",
    [
        ("mul", "self other"),
        ("exp", "result"),
        ("pow", "self exponent"),
        ("sum", "dim keepdim"),
        ("transpose", "dim0 dim1"),
    ],
)
def test_what_is_kept(name, kept):
    ours, theirs = (CALLS[name](lib, lib.ones(2, 2, requires_grad=True)).grad_fn for lib in (rl, torch))
    for parameter in kept.split():
        mine, other = (getattr(node, f"_saved_{parameter}") for node in (ours, theirs))
        mine, other = (v.tolist() if hasattr(v, "tolist") else v for v in (mine, other))
        assert mine == other, parameter


def test_what_is_freed_and_what_is_not_there():
    y = rl.ones(2, requires_grad=True).exp()
    node = y.grad_fn
    y.sum().backward()
    with pytest.raises(RuntimeError, match="after they have already"):
        print(node._saved_result)
    for name in ("_saved_nothing", "nothing"):
        with pytest.raises(AttributeError, match=f"'ExpBackward0' object has no attribute '{name}'"):
            getattr(node, name)
