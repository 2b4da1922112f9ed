"""The random streams: the same calls after the same seed, equal bit for bit."""

import torch

import rushlight as rl
from tools.oracle.compare import difference
from tools.oracle.samples import Outcome, first_line

SIZES = (1, 2, 7, 15, 16, 17, 31, 100, 1000)
FLOATS = ("float32", "float64", "float16", "bfloat16")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")

# name: cases, call(torch or rushlight, case). Each call may draw from the generator more than once.
STREAMS = {
    "rand": ([(n, d) for n in SIZES for d in FLOATS], lambda t, c: t.rand(c[0], dtype=getattr(t, c[1]))),
    "randn": ([(n, d) for n in SIZES for d in FLOATS], lambda t, c: t.randn(c[0], dtype=getattr(t, c[1]))),
    "randn complex": (
        [(n, d) for n in SIZES for d in ("complex64", "complex128")],
        lambda t, c: t.randn(c[0], dtype=getattr(t, c[1])),
    ),
    "randint": ([(n, h) for n in SIZES for h in (1, 10, 2**20, 2**40)], lambda t, c: t.randint(c[1], (c[0],))),
    "randint low": (
        [(n, d) for n in SIZES for d in INTEGERS],
        lambda t, c: t.randint(1, 100, (c[0],), dtype=getattr(t, c[1])),
    ),
    "randperm": ([(n,) for n in (*SIZES, 40_000)], lambda t, c: t.randperm(c[0])),
    "uniform_": (
        [(n, d) for n in SIZES for d in FLOATS],
        lambda t, c: t.empty(c[0], dtype=getattr(t, c[1])).uniform_(-2, 3),
    ),
    "normal_": (
        [(n, d) for n in SIZES for d in FLOATS],
        lambda t, c: t.empty(c[0], dtype=getattr(t, c[1])).normal_(1, 2),
    ),
    "normal of means": ([(n,) for n in SIZES], lambda t, c: t.normal(t.arange(float(c[0])), 2.0)),
    "bernoulli": ([(n,) for n in SIZES], lambda t, c: t.bernoulli(t.full((c[0],), 0.3))),
    "bernoulli_": (
        [(n, d) for n in SIZES for d in FLOATS],
        lambda t, c: t.empty(c[0], dtype=getattr(t, c[1])).bernoulli_(0.3),
    ),
    "multinomial": (
        [(n,) for n in (1, 2, 5)],
        lambda t, c: t.multinomial(t.tensor([[0.1, 0.4, 0.2, 0.3, 0.5]] * 3), c[0]),
    ),
    "multinomial with replacement": (
        [(n,) for n in SIZES],
        lambda t, c: t.multinomial(t.tensor([0.1, 0.4, 0.5]), c[0], replacement=True),
    ),
    "exponential_": (
        [(n, d) for n in SIZES for d in ("float32", "float64")],
        lambda t, c: t.empty(c[0], dtype=getattr(t, c[1])).exponential_(1.5),
    ),
    "random_": (
        [(n, d) for n in SIZES for d in INTEGERS],
        lambda t, c: t.empty(c[0], dtype=getattr(t, c[1])).random_(0, 100),
    ),
    "dropout": ([(n,) for n in SIZES], lambda t, c: t.nn.functional.dropout(t.ones(c[0]), 0.3)),
    "transposed fill": ([(n,) for n in (3, 20)], lambda t, c: t.empty(c[0], 5).t().normal_()),
    "two calls": ([(n,) for n in SIZES], lambda t, c: [t.randn(c[0]), t.rand(3), t.randn(20), t.randint(9, (2,))]),
    "initialisers": (
        ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "trunc_normal_", "orthogonal_"],
        lambda t, name: getattr(t.nn.init, name)(t.empty(6, 20)),
    ),
    "layers": (
        ["Linear(7, 5)", "Conv2d(3, 4, 3)", "Embedding(9, 4)", "LSTM(3, 5)", "TransformerEncoderLayer(8, 2)"],
        lambda t, text: list(eval(f"nn.{text}", {"nn": t.nn}).parameters()),
    ),
}


def names() -> list[str]:
    return [f"stream: {name}" for name in STREAMS]


def compare(name: str) -> Outcome:
    """Compare one stream with several sizes, types and seeds."""
    outcome = Outcome(name)
    cases, call = STREAMS[name.removeprefix("stream: ")]
    for case in cases:
        for seed in (0, 1234):
            outcome.note("stream", "-", f"{case} seed {seed}", one(call, case, seed))
    return outcome


def one(call, case, seed: int) -> str | None:
    """Return how two calls differ; layers and initialisers may differ by rounding."""
    torch.manual_seed(seed)
    rl.manual_seed(seed)
    limits = (1e-6, 1e-7) if isinstance(case, str) else (0.0, 0.0)
    try:
        theirs = call(torch, case)
        theirs = [t.detach() for t in theirs] if isinstance(theirs, list) else theirs.detach()
        return difference(call(rl, case), theirs, limits) or state_difference()
    except Exception as error:
        return f"{type(error).__name__}: {first_line(error)}"


def state_difference() -> str | None:
    """The generators must have advanced alike: the next numbers agree."""
    return difference(rl.rand(4), torch.rand(4), (0.0, 0.0)) and "the generator advanced differently"
