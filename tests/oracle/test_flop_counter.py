"""Arithmetic is counted as PyTorch counts it."""

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402
import rushlight.utils.flop_counter  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

CASES = """
nn.Linear(5, 3)(x).sum().backward()
nn.Linear(5, 3)(t.randn(2, 4, 5)).sum().backward()
nn.Linear(5, 3, bias=False)(t.randn(2, 4, 5)).sum().backward()
(x @ x.T).sum().backward()
t.addmm(t.randn(4), t.randn(6, 5), x.T).sum().backward()
t.matmul(t.randn(2, 3, 4, 5, requires_grad=True), t.randn(5, 6)).sum().backward()
t.matmul(t.randn(2, 3, 4, 5, requires_grad=True), t.randn(3, 5, 6)).sum().backward()
t.baddbmm(t.randn(2, 1, 6), t.randn(2, 3, 4), t.randn(2, 4, 6))
x @ t.randn(5), t.randn(5) @ t.randn(5)
nn.Conv1d(4, 6, 3, stride=2)(t.randn(2, 4, 9, requires_grad=True)).sum().backward()
nn.Conv2d(4, 6, 3, padding=1, groups=2)(t.randn(2, 4, 8, 8, requires_grad=True)).sum().backward()
nn.Conv2d(4, 6, 3)(t.randn(2, 4, 8, 8)).sum().backward()
nn.ConvTranspose2d(4, 6, 3)(t.randn(2, 4, 8, 8)).sum().backward()
nn.ConvTranspose2d(4, 6, 3, stride=2)(t.randn(2, 4, 8, 8, requires_grad=True)).sum().backward()
F.scaled_dot_product_attention(q, q, q).sum().backward()
nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Sequential(nn.Linear(7, 2)))(x).sum().backward()
t.einsum("bij,bjk->bik", t.randn(2, 3, 4), t.randn(2, 4, 5))
nn.MultiheadAttention(4, 2)(t.randn(3, 1, 4), t.randn(3, 1, 4), t.randn(3, 1, 4))
nn.functional.relu(x).sum().backward()
"""


def counted(lib, mode, text):
    x, q = lib.randn(4, 5, requires_grad=True), lib.randn(1, 2, 3, 4, requires_grad=True)
    with mode(display=False) as counter:
        exec(text, {"t": lib, "nn": lib.nn, "F": lib.nn.functional, "x": x, "q": q})
    counts = {name: {str(k): n for k, n in ops.items()} for name, ops in counter.get_flop_counts().items()}
    return counter.get_total_flops(), {name: ops for name, ops in counts.items() if ops}


@pytest.mark.parametrize("text", CASES.strip().splitlines())
def test_same_counts(text):
    from torch.utils.flop_counter import FlopCounterMode

    assert counted(rl, rl.utils.flop_counter.FlopCounterMode, text) == counted(torch, FlopCounterMode, text)


def test_table(capsys):
    model = rl.nn.Sequential(rl.nn.Linear(500, 700), rl.nn.ReLU())
    with rl.utils.flop_counter.FlopCounterMode():
        model(rl.ones(1000, 500))
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split() == ["Module", "FLOP", "%", "Total"]
    assert [line.split()[-2:] for line in printed[2:]] == [["700.000M", "100.00%"]] * 4
