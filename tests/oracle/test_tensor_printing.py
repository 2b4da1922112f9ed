"""Tensors print exactly as PyTorch prints them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

DTYPES = "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128".split()
SHAPES = [
    (),
    (1,),
    (7,),
    (23,),
    (3, 4),
    (2, 3, 4),
    (1, 1, 1, 2),
    (0,),
    (0, 3),
    (2, 0, 1),
    (1001,),
    (40, 40),
    (3, 400),
    (8, 9, 20),
    (5, 2, 101),
]
KINDS = ["normal", "integral", "huge", "tiny", "mixed", "special", "zero", "negative zero", "large whole"]
OPTIONS = [
    {},
    dict(precision=2),
    dict(precision=8, linewidth=120),
    dict(linewidth=40),
    dict(threshold=5, edgeitems=2),
    dict(threshold=3, edgeitems=1),
    dict(threshold=3, edgeitems=0),
    dict(sci_mode=True),
    dict(sci_mode=False),
    dict(profile="short"),
    dict(profile="full"),
    dict(precision=0),
]


def numbers(kind, shape, rng):
    x = rng.standard_normal(shape)
    return {
        "normal": x,
        "integral": np.round(x * 30),
        "huge": x * 1e12,
        "tiny": x * 1e-7,
        "mixed": x * 10.0 ** rng.integers(-6, 6, shape),
        "special": np.where(np.abs(x) < 0.6, rng.choice([np.inf, -np.inf, np.nan, 0.0], shape), np.round(x, 1)),
        "zero": x * 0,
        "negative zero": np.where(x > 0, -0.0, 1.0),
        "large whole": np.round(x * 1e9),
    }[kind]


def pair(kind, shape, dtype, seed=0):
    """The same numbers as a tensor of each library."""
    rng = np.random.default_rng([seed, len(shape), KINDS.index(kind), DTYPES.index(dtype)])
    x = numbers(kind, shape, rng)
    if "complex" in dtype:
        x = np.stack([x, numbers(kind, shape, rng)], -1).view(np.complex128)[..., 0]
    theirs = torch.as_tensor(x)
    if "int" in dtype or dtype == "bool":
        theirs = torch.as_tensor(np.nan_to_num(x, posinf=9, neginf=-9)).clamp(-(2**62), 2**62).to(torch.int64)
    theirs = theirs.to(getattr(torch, dtype))
    return rl.from_dlpack(theirs), theirs


def same(options, ours, theirs):
    with rl.printoptions(**options), torch._tensor_str.printoptions(**options):
        assert repr(ours) == repr(theirs)
        assert str(ours) == str(theirs)
    rl.set_printoptions(profile="default")
    torch.set_printoptions(profile="default")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_values(kind, dtype):
    for shape in SHAPES:
        same({}, *pair(kind, shape, dtype))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("dtype", ["bool", "int64", "float32", "bfloat16", "complex64"])
def test_options(options, dtype):
    for kind in KINDS:
        for shape in [(), (0,), (9,), (3, 4), (2, 3, 5), (7, 8), (300,)]:
            same(options, *pair(kind, shape, dtype, seed=1))


def graphs(lib):
    x = lib.arange(6.0).reshape(2, 3)
    leaf = x.clone().requires_grad_()
    yield x.t()
    yield leaf
    yield leaf[0]
    yield leaf[0, 1]
    yield leaf * 2
    yield leaf.sum()
    yield leaf @ leaf.t()
    yield leaf.view(6)
    yield leaf.exp().cumsum(0)
    yield (leaf + 1).relu().detach()
    yield lib.empty(3, device="meta")
    yield lib.empty(2, 3, device="meta", dtype=lib.int64)
    yield lib.empty(0, dtype=lib.float64, requires_grad=True)
    yield lib.ones(4, 20, dtype=lib.float64, requires_grad=True)
    yield lib.nn.Parameter(x)
    yield lib.nn.Parameter(lib.ones(0, 2))
    yield lib.nn.Parameter(x, requires_grad=False)
    yield lib.ones(16, dtype=lib.float64, requires_grad=True)
    yield lib.nn.functional.linear(leaf, leaf, lib.ones(2))

    class Mine(lib.Tensor):
        pass

    class Weight(lib.nn.Parameter):
        pass

    yield x.as_subclass(Mine)
    yield Weight(x)


def test_graphs():
    for ours, theirs in zip(graphs(rl), graphs(torch), strict=True):
        same({}, ours, theirs)
        same(dict(linewidth=30), ours, theirs)


@pytest.mark.parametrize("default", ["float64", "float32", "bfloat16"])
def test_default_dtype(default):
    rl.set_default_dtype(getattr(rl, default))
    torch.set_default_dtype(getattr(torch, default))
    try:
        for dtype in DTYPES:
            for shape in [(2,), (0,), ()]:
                same({}, *pair("normal", shape, dtype))
    finally:
        rl.set_default_dtype(rl.float32)
        torch.set_default_dtype(torch.float32)
