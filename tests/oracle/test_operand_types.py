"""Operands of a type that a function does not take: PyTorch's exception, and its text within ours."""

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

TYPES = ["int32", "int16", "uint8", "int8", "bool", "float32", "float64", "int64"]

# x: float32 [3, 5] within (0, 1), y: [3] and z: [3, 5] of the type under test
CALLS = """
F.cross_entropy(x, y) | F.nll_loss(x, y) | F.multi_margin_loss(x, y) | F.cross_entropy(x, y, label_smoothing=0.1)
F.cross_entropy(x[0], y[0]) | F.cross_entropy(x[:, :, None], y[:, None]) | F.multilabel_margin_loss(x, z)
F.binary_cross_entropy(x, z) | F.binary_cross_entropy_with_logits(x, z) | F.mse_loss(x, z) | F.smooth_l1_loss(x, z)
F.huber_loss(x, z) | F.kl_div(x, z) | F.embedding_bag(y, x, t.tensor([0]))
t.gather(x, 0, y[None]) | t.index_select(x, 0, y) | t.take(x, y) | t.take_along_dim(x, y[:, None], 1) | t.index_copy(x, 0, y, x)
t.index_fill(x, 0, y, 2.0) | t.index_reduce(x, 0, y, x, 'amax') | t.put(x, y, t.ones(3)) | t.masked_fill(x, y[:, None], 0.0)
t.masked_select(x, y[:, None]) | t.arange(3).repeat_interleave(y) | t.mm(x, z.T) | x @ z[0] | t.bmm(x[None], z.T[None])
t.addmm(x[:, :3], x, z.T) | t.addmm(z[:, :3], x, x.T) | t.baddbmm(x[None, :, :3], x[None], z.mT[None]) | F.linear(x, z, y)
F.layer_norm(x, (5,), z[0]) | F.batch_norm(x, z[0], z[0]) | F.group_norm(x[:, :, None], 5, z[0]) | F.rms_norm(z, (5,))
F.layer_norm(z, (5,), x[0]) | F.batch_norm(z, x[0], x[0])
""".replace("\n", "|")


def outcome(lib, call, kind):
    x = lib.linspace(0.05, 0.95, 15).view(3, 5)
    y, z = lib.tensor([0, 1, 1]).to(getattr(lib, kind)), lib.zeros(3, 5).to(getattr(lib, kind))
    try:
        return eval(call, {"t": lib, "F": lib.nn.functional, "x": x, "y": y, "z": z})
    except Exception as error:
        return error


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("call", [part.strip() for part in CALLS.split("|") if part.strip()])
def test_types(call, kind):
    ours, theirs = outcome(rl, call, kind), outcome(torch, call, kind)
    if not isinstance(theirs, Exception):
        assert ours.reshape(-1).tolist() == pytest.approx(theirs.reshape(-1).tolist(), rel=1e-5, abs=1e-6, nan_ok=True)
        assert str(ours.dtype) == str(theirs.dtype)
        return
    assert isinstance(ours, type(theirs)), ours
    if not isinstance(theirs, NotImplementedError):
        assert str(theirs).splitlines()[0].rstrip(".") in str(ours)


SHAPES = [
    "t.ones(8, 784) @ t.ones(10, 784)",
    "t.nn.Linear(3, 2)(t.ones(4, 4))",
    "t.nn.functional.linear(t.ones(2, 5, 3), t.ones(4, 5))",
    "t.ones(2, 5, 3) @ t.ones(4, 5)",
    "t.ones(2, 5, 3) @ t.ones(2, 4, 5)",
    "t.ones(2, 3) @ t.ones(4)",
    "t.ones(3) @ t.ones(4, 2)",
]


@pytest.mark.parametrize("call", SHAPES)
def test_shapes_of_products(call):
    texts = []
    for lib in (rl, torch):
        with pytest.raises(RuntimeError) as raised:
            eval(call, {"t": lib})
        texts.append(str(raised.value))
    assert texts[1].rstrip(".") in texts[0]
