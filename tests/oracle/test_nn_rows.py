"""Layer functions, their gradients and gradients of gradients agree with PyTorch's."""

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as TF  # noqa: E402

import rushlight as rl  # noqa: E402
import rushlight.nn.functional as F  # noqa: E402


def ours(x):
    """The tensor in Rushlight, with its dtype and memory order."""
    if not isinstance(x, torch.Tensor):
        return x
    if x.dtype in (torch.bfloat16, torch.float16):
        return rl.from_numpy(x.detach().float().numpy()).to(getattr(rl, str(x.dtype)[6:]))
    return rl.from_numpy(x.detach().numpy().copy(order="K"))


def theirs(x):
    return torch.from_numpy((x.detach().float() if x.dtype in (rl.bfloat16, rl.float16) else x.detach()).numpy())


def close(mine, other, what):
    assert tuple(mine.shape) == tuple(other.shape), what
    assert str(mine.dtype) == str(other.dtype), what
    half = other.dtype in (torch.bfloat16, torch.float16)
    other = other.detach().float() if half else other.detach()
    tolerance = {torch.float64: 1e-9, torch.complex128: 1e-9, torch.float32: 1e-3}.get(other.dtype, 0)
    tolerance = 8e-2 if half else tolerance
    torch.testing.assert_close(
        theirs(mine), other, rtol=tolerance, atol=tolerance, msg=lambda m: f"{what}: {m}", equal_nan=True
    )


def flat(result):
    return list(result) if isinstance(result, (tuple, list)) else [result]


def differentiated(lib, call, args, order, to_lib):
    """Results, gradients and gradients of gradients, of a weighted sum of squares of each stage."""
    generator = torch.Generator().manual_seed(7)
    weights = lambda x: to_lib(torch.randn(tuple(x.shape), generator=generator, dtype=torch.float64)).to(x.dtype)  # noqa: E731
    leaves = [a for a in args if isinstance(a, (rl.Tensor, torch.Tensor)) and a.requires_grad]
    results = flat(call(*args))
    stages = [results]
    targets = [r for r in results if r.requires_grad]
    for _ in range(order):
        loss = sum((t * t * weights(t)).sum() for t in targets)
        grads = lib.autograd.grad(loss, leaves, create_graph=order > 1, allow_unused=True)
        stages.append(list(grads))
        targets = [g for g in grads if g is not None and g.requires_grad]
        if not targets:
            break
    return stages


def agree(name, args, *rest, order=2, call=None, **options):
    """Call ``name`` in both libraries; tensors that require grad are differentiated up to ``order`` times."""
    own, other = (call(F), call(TF)) if call else (getattr(F, name), getattr(TF, name))
    mine = [ours(a) for a in args]
    for m, a in zip(mine, args):
        if isinstance(a, torch.Tensor) and a.requires_grad:
            m.requires_grad_(True)
    run = lambda f: lambda *tensors: f(*tensors, *rest, **options)  # noqa: E731
    left = differentiated(rl, run(own), mine, order, ours)
    right = differentiated(torch, run(other), list(args), order, lambda x: x)
    assert len(left) == len(right)
    for stage, (a, b) in enumerate(zip(left, right)):
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            what = f"{name}{[tuple(t.shape) for t in args if t is not None]} {rest} {options}: stage {stage}, item {i}"
            assert (x is None) == (y is None) or float((x if y is None else y).abs().sum()) == 0, what
            if x is not None and y is not None:
                close(x, y, what)


GENERATOR = torch.Generator()


@pytest.fixture(autouse=True)
def same_numbers():
    GENERATOR.manual_seed(0)


def draw(*shape, dtype=torch.float64, grad=True):
    x = torch.randn(shape, generator=GENERATOR, dtype=torch.float64).to(dtype)
    return x.requires_grad_(grad)


CONVOLUTIONS = [
    (1, (2, 4, 9), (6, 4, 3), dict(stride=2, padding=1)),
    (1, (2, 4, 9), (6, 2, 3), dict(groups=2, dilation=2, padding=2)),
    (2, (2, 3, 7, 8), (5, 3, 3, 3), {}),
    (2, (2, 3, 7, 8), (5, 3, 3, 2), dict(stride=(2, 3), padding=(1, 2))),
    (2, (1, 4, 6, 6), (4, 1, 3, 3), dict(groups=4, padding=1)),
    (2, (1, 4, 9, 9), (8, 2, 3, 3), dict(groups=2, dilation=(2, 1), stride=2, padding=2)),
    (2, (3, 16, 5, 5), (8, 16, 1, 1), {}),
    (2, (3, 7, 7), (2, 3, 3, 3), {}),
    (3, (2, 2, 4, 5, 6), (3, 2, 2, 3, 2), dict(stride=(1, 2, 1), padding=1)),
    (2, (0, 3, 5, 5), (2, 3, 3, 3), {}),
    (2, (2, 2, 4, 4), (3, 2, 2, 2), dict(padding="same")),
]


@pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")
@pytest.mark.parametrize("spatial, x, w, options", CONVOLUTIONS)
@pytest.mark.parametrize("bias", [False, True])
def test_convolution(spatial, x, w, options, bias):
    agree(f"conv{spatial}d", [draw(*x), draw(*w), draw(w[0]) if bias else None], **options)


TRANSPOSED = [
    (1, (2, 4, 5), (4, 3, 3), dict(stride=2, padding=1, output_padding=1)),
    (2, (2, 4, 5, 4), (4, 3, 3, 2), {}),
    (2, (2, 4, 5, 4), (4, 2, 3, 3), dict(stride=(2, 3), padding=1, output_padding=(1, 2), groups=2)),
    (2, (2, 2, 4, 4), (2, 3, 2, 2), dict(dilation=2, output_padding=1)),
    (3, (1, 2, 3, 3, 2), (2, 2, 2, 2, 3), dict(stride=2, padding=1)),
]


@pytest.mark.parametrize("spatial, x, w, options", TRANSPOSED)
@pytest.mark.parametrize("bias", [False, True])
def test_transposed_convolution(spatial, x, w, options, bias):
    out = w[1] * options.get("groups", 1)
    agree(f"conv_transpose{spatial}d", [draw(*x), draw(*w), draw(out) if bias else None], **options)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.complex128])
def test_convolution_types(dtype):
    if dtype.is_complex:
        x, w = (torch.complex(draw(*s, grad=False), draw(*s, grad=False)) for s in ((2, 3, 5, 5), (4, 3, 3, 3)))
        agree("conv2d", [x, w, None], order=0)
        return
    agree("conv2d", [draw(2, 3, 6, 6, dtype=dtype), draw(4, 3, 3, 3, dtype=dtype), draw(4, dtype=dtype)], order=1)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64])
def test_convolution_of_whole_numbers(dtype):
    x, w, b = (torch.randint(0, 9, s).to(dtype) for s in ((2, 4, 6, 5), (6, 2, 3, 2), (6,)))
    options = {"stride": (2, 1), "padding": (1, 0), "groups": 2}
    mine = F.conv2d(ours(x), ours(w), ours(b), **options)
    assert mine.tolist() == TF.conv2d(x, w, b, **options).tolist() and str(mine.dtype) == str(dtype)
    wide = [t.double() for t in (x, w.transpose(0, 1).flatten(0, 1).unflatten(0, (4, 3)))]
    mine = F.conv_transpose2d(ours(wide[0].to(dtype)), ours(wide[1].to(dtype)), padding=1)
    assert mine.tolist() == TF.conv_transpose2d(*wide, padding=1).to(torch.int64).to(dtype).tolist()


def test_samples_of_fractional_pooling():
    x = draw(3, 5, 5, 5, grad=False)
    spare = torch.rand(2, 3, 3, dtype=x.dtype)
    mine = F.fractional_max_pool3d(ours(x), 2, output_size=2, _random_samples=ours(spare))
    close(mine, TF.fractional_max_pool3d(x, 2, output_size=2, _random_samples=spare), "more samples than sequences")
    for shape in ((0, 3, 3), (1, 2, 3), (1, 3, 2), (3, 3)):
        with pytest.raises(RuntimeError, match="_random_samples"):
            F.fractional_max_pool3d(ours(x), 2, output_size=2, _random_samples=rl.rand(shape, dtype=rl.float64))


def test_channels_last():
    x = draw(2, 3, 6, 5, grad=False).to(memory_format=torch.channels_last).requires_grad_()
    agree("conv2d", [x, draw(4, 3, 3, 3), None])
    agree("max_pool2d", [x], 2)
    agree("batch_norm", [x, None, None, draw(3), draw(3)], True)
    y = F.conv2d(ours(x), ours(draw(4, 3, 3, 3)))
    assert y.is_contiguous(memory_format=rl.channels_last) and not y.is_contiguous()


POOLS = [
    (1, (2, 3, 9), dict(kernel_size=3, stride=2, padding=1)),
    (2, (2, 3, 8, 7), dict(kernel_size=2)),
    (2, (3, 8, 7), dict(kernel_size=(3, 2), stride=(2, 1), padding=(1, 1))),
    (2, (2, 3, 8, 7), dict(kernel_size=3, stride=2, padding=1, ceil_mode=True)),
    (2, (2, 3, 8, 8), dict(kernel_size=2, stride=3, ceil_mode=True)),
    (3, (1, 2, 5, 6, 4), dict(kernel_size=2, stride=(1, 2, 2), padding=(0, 1, 1))),
]


@pytest.mark.parametrize("spatial, shape, options", POOLS)
def test_pools(spatial, shape, options):
    agree(f"max_pool{spatial}d", [draw(*shape)], **options)
    agree(f"max_pool{spatial}d", [draw(*shape)], return_indices=True, order=1, **options)
    agree(f"avg_pool{spatial}d", [draw(*shape)], **options)
    agree(f"avg_pool{spatial}d", [draw(*shape)], count_include_pad=False, **options)
    if spatial > 1:
        agree(f"avg_pool{spatial}d", [draw(*shape)], divisor_override=3, **options)
    agree(f"avg_pool{spatial}d", [draw(*shape, dtype=torch.float32)], order=1, **options)


def test_more_pools():
    agree("max_pool2d", [draw(2, 3, 9, 9)], 3, 1, 1, 2)
    agree("max_pool2d", [draw(2, 3, 6, 6, dtype=torch.bfloat16)], 3, 1, 1, order=1)
    agree("max_pool2d", [torch.arange(36).reshape(1, 1, 6, 6) % 7], 3, order=0)
    agree("avg_pool2d", [torch.arange(36).reshape(1, 1, 6, 6) % 7], 3, order=0)
    agree("lp_pool2d", [draw(2, 3, 6, 6)], 2, 2, order=1)


@pytest.mark.parametrize("spatial, shape, size", [
    (1, (2, 3, 9), 4), (2, (2, 3, 8, 7), (3, 5)), (2, (3, 8, 7), 1), (3, (1, 2, 5, 6, 4), (2, 3, 1)), (2, (2, 3, 4, 4), (None, 7)),
])  # fmt: skip
def test_adaptive_pools(spatial, shape, size):
    agree(f"adaptive_avg_pool{spatial}d", [draw(*shape)], size)
    agree(f"adaptive_max_pool{spatial}d", [draw(*shape)], size)
    agree(f"adaptive_max_pool{spatial}d", [draw(*shape)], size, return_indices=True, order=1)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize("shape, dim", [
    ((5,), 0), ((4, 7), 1), ((4, 7), 0), ((3, 5, 4), 1), ((2, 3, 130), -2), ((2, 100, 3), 1), ((), 0), ((3, 0), 1), ((2, 3, 70), 0),
])  # fmt: skip
def test_softmax(name, shape, dim):
    agree(name, [draw(*shape)], dim)
    agree(name, [draw(*shape, dtype=torch.float32)], dim, order=1)
    agree(name, [draw(*shape, dtype=torch.bfloat16)], dim, order=1)


def test_softmax_types():
    agree("softmax", [draw(3, 4, dtype=torch.bfloat16)], 1, call=lambda f: lambda x, d: f.softmax(x, d, dtype=(torch if f is TF else rl).float32), order=1)  # fmt: skip
    agree("softmax", [torch.tensor([[1.0, float("-inf"), float("nan")], [0.0, float("-inf"), 2.0]])], 1, order=0)
    agree("softmax", [draw(3, 4).detach().t().requires_grad_()], 1)
    with pytest.raises(NotImplementedError):
        F.softmax(rl.arange(3), 0)


@pytest.mark.parametrize("weight", [False, True])
@pytest.mark.parametrize(
    "shape, normalized", [((3, 8), [8]), ((2, 3, 4, 5), [4, 5]), ((2, 3, 100), [100]), ((50, 7), [7]), ((0, 4), [4])]
)
def test_layer_norm(shape, normalized, weight):
    for dtype, order in ((torch.float64, 2), (torch.float32, 1), (torch.bfloat16, 1))[: 2 if shape[0] > 9 else 3]:
        pair = [draw(*normalized, dtype=dtype), draw(*normalized, dtype=dtype)] if weight else [None, None]
        agree(
            "layer_norm", [draw(*shape, dtype=dtype)], normalized, *[None, None], order=order
        ) if not weight else agree(
            "layer_norm",
            [draw(*shape, dtype=dtype), *pair],
            order=order,
            call=lambda f: lambda x, w, b: f.layer_norm(x, normalized, w, b),
        )


@pytest.mark.parametrize("shape, groups", [((2, 6, 5), 3), ((2, 4, 3, 3), 1), ((3, 4), 2), ((2, 6, 4, 4), 6)])
@pytest.mark.parametrize("weight", [False, True])
def test_group_norm(shape, groups, weight):
    for dtype, order in ((torch.float64, 2), (torch.float32, 1)):
        pair = [draw(shape[1], dtype=dtype), draw(shape[1], dtype=dtype)] if weight else [None, None]
        agree(
            "group_norm",
            [draw(*shape, dtype=dtype), *pair],
            order=order,
            call=lambda f: lambda x, w, b: f.group_norm(x, groups, w, b),
        )


@pytest.mark.parametrize("shape", [(6, 4), (3, 4, 5), (2, 4, 3, 5), (2, 3, 2, 2, 2), (200, 3)])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("weight", [False, True])
def test_batch_norm(shape, training, weight):
    for dtype, order in ((torch.float64, 2), (torch.float32, 1)):
        pair = [draw(shape[1], dtype=dtype), draw(shape[1], dtype=dtype)] if weight else [None, None]
        running = [draw(shape[1], grad=False).to(dtype), draw(shape[1], grad=False).abs().to(dtype)]
        copies = [ours(r) for r in running]
        stats = {F: copies, TF: [r.clone() for r in running]}
        agree("batch_norm", [draw(*shape, dtype=dtype), *pair], order=order, call=lambda f: lambda x, w, b: f.batch_norm(x, *stats[f], w, b, training))  # fmt: skip
        for mine, other in zip(stats[F], stats[TF]):
            close(mine, other, "running statistics")


def test_batch_norm_twice():
    x, mean, var = rl.randn(4, 3, requires_grad=True), rl.zeros(3), rl.ones(3)
    first, second = F.batch_norm(x, mean, var, training=True), F.batch_norm(x, mean, var, training=True)
    (first * second).sum().backward()
    assert x.grad is not None


def test_instance_norm():
    agree("instance_norm", [draw(2, 3, 4, 4)])
    agree("instance_norm", [draw(2, 3, 4, 4), None, None, draw(3), draw(3)])


ATTENTION = [
    ((2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, 6)),
    ((5, 4), (7, 4), (7, 4)),
    ((2, 70, 8), (2, 300, 8), (2, 300, 8)),
    ((2, 1, 5, 4), (1, 3, 7, 4), (2, 3, 7, 4)),
]


@pytest.mark.parametrize("q, k, v", ATTENTION)
@pytest.mark.parametrize("kind", ["none", "causal", "bool", "float", "scale", "learned"])
def test_attention(q, k, v, kind):
    pair = (q[-2], k[-2])
    keep = torch.rand(pair, generator=torch.Generator().manual_seed(1)) > 0.3
    keep[0] = False
    mask = {"bool": keep, "float": draw(*pair, grad=False), "learned": draw(*pair)}.get(kind)
    options = dict(is_causal=kind == "causal", scale=0.3 if kind == "scale" else None)
    long = k[-2] > 100
    agree("scaled_dot_product_attention", [draw(*q), draw(*k), draw(*v), mask], order=1 if long else 2, **options)


def test_attention_types():
    for dtype in (torch.float32, torch.bfloat16):
        qkv = [draw(2, 4, 33, 16, dtype=dtype) for _ in range(3)]
        agree("scaled_dot_product_attention", qkv, is_causal=True, order=1)
    heads = [draw(2, 9, 3, 8, grad=False).transpose(1, 2).requires_grad_() for _ in range(3)]
    agree("scaled_dot_product_attention", [*heads, draw(2, 1, 1, 9, grad=False)], order=1)


RESIZES = [
    ("nearest", (2, 3, 7), dict(size=11)),
    ("nearest", (2, 3, 7, 5), dict(scale_factor=2)),
    ("nearest", (2, 3, 7, 5), dict(scale_factor=(1.7, 0.6))),
    ("nearest", (1, 2, 3, 4, 5), dict(size=(5, 2, 5))),
    ("nearest-exact", (2, 3, 7), dict(size=11)),
    ("nearest-exact", (2, 3, 7, 5), dict(size=(3, 9))),
    ("nearest-exact", (1, 2, 3, 4, 5), dict(scale_factor=1.5)),
    ("linear", (2, 3, 7), dict(size=11)),
    ("linear", (2, 3, 7), dict(size=4, align_corners=True)),
    ("bilinear", (2, 3, 7, 5), dict(size=(4, 9))),
    ("bilinear", (2, 3, 7, 5), dict(scale_factor=1.6)),
    ("bilinear", (2, 3, 7, 5), dict(scale_factor=1.6, recompute_scale_factor=True)),
    ("bilinear", (2, 3, 7, 5), dict(size=(13, 1), align_corners=True)),
    ("bilinear", (2, 3, 9, 10), dict(size=(4, 13), antialias=True)),
    ("bilinear", (2, 3, 9, 10), dict(size=(4, 13), antialias=True, align_corners=True)),
    ("bicubic", (2, 3, 7, 5), dict(size=(4, 9))),
    ("bicubic", (2, 3, 7, 5), dict(size=(14, 9), align_corners=True)),
    ("bicubic", (2, 3, 17, 15), dict(size=(5, 19), antialias=True)),
    ("trilinear", (1, 2, 3, 4, 5), dict(size=(5, 2, 9))),
    ("trilinear", (1, 2, 3, 4, 5), dict(scale_factor=2, align_corners=True)),
    ("area", (2, 3, 8, 9), dict(size=(3, 4))),
]


@pytest.mark.parametrize("mode, shape, options", RESIZES)
def test_resizing(mode, shape, options):
    agree("interpolate", [draw(*shape)], mode=mode, **options)
    agree("interpolate", [draw(*shape, dtype=torch.float32)], mode=mode, order=1, **options)


def test_resizing_bytes():
    x = torch.arange(60, dtype=torch.uint8).reshape(1, 3, 4, 5)
    agree("interpolate", [x], scale_factor=2, order=0)


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("aligned", [False, True])
def test_grid_sample(mode, padding, aligned):
    options = dict(mode=mode, padding_mode=padding, align_corners=aligned, order=1)
    agree("grid_sample", [draw(2, 10, 5, 6), (draw(2, 4, 7, 2, grad=False) * 1.3).requires_grad_()], **options)
    if mode != "bicubic":
        agree("grid_sample", [draw(2, 3, 3, 5, 6), (draw(2, 2, 4, 7, 3, grad=False) * 1.3).requires_grad_()], **options)


@pytest.mark.parametrize("options", [
    dict(kernel_size=2), dict(kernel_size=(2, 3), stride=(2, 1), padding=(1, 0)), dict(kernel_size=2, dilation=2, padding=1),
])  # fmt: skip
def test_fold(options):
    x = draw(2, 3, 5, 7)
    agree("unfold", [x], **options)
    columns = TF.unfold(x, **options).detach().requires_grad_()
    agree("fold", [columns], (5, 7), **options)
    agree("unfold", [draw(3, 5, 7)], **options)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("zero_infinity", [False, True])
def test_ctc_loss(reduction, zero_infinity):
    options = dict(order=1, reduction=reduction, zero_infinity=zero_infinity)
    generator = torch.Generator().manual_seed(3)
    targets = torch.randint(1, 6, (4, 5), generator=generator)
    steps, counts = torch.tensor([12, 11, 9, 12]), torch.tensor([5, 0, 3, 4])
    x = TF.log_softmax(draw(12, 4, 6, grad=False), -1).requires_grad_()
    agree("ctc_loss", [x, targets, steps, counts], **options)
    flat = torch.cat([t[:n] for t, n in zip(targets, counts)])
    agree("ctc_loss", [x, flat, steps, counts], **options)
    agree("ctc_loss", [x[:, 0].detach().requires_grad_(), targets[0], steps[0], counts[0]], **options)
    short = torch.tensor([12, 3, 9, 2])
    if zero_infinity:
        agree("ctc_loss", [x, targets, short, torch.tensor([5, 2, 3, 4])], **options)


REFUSED = [
    (lambda f, t: f.conv2d(t.ones(1, 3, 5, 5), t.ones(2, 4, 3, 3)), "to have 4 channels, but got 3 channels instead"),
    (
        lambda f, t: f.conv2d(t.ones(1, 3, 2, 2), t.ones(2, 3, 3, 3)),
        "Kernel size can't be greater than actual input size",
    ),
    (
        lambda f, t: f.conv2d(t.ones(1, 3, 5, 5), t.ones(2, 3, 3, 3), t.ones(3)),
        "expected bias to be 1-dimensional with 2 elements",
    ),
    (lambda f, t: f.conv2d(t.ones(1, 3, 5, 5), t.ones(2, 3, 3, 3), stride=0), "non-positive stride is not supported"),
    (
        lambda f, t: f.conv_transpose2d(t.ones(1, 3, 5, 5), t.ones(3, 2, 3, 3), output_padding=1),
        "output padding must be smaller",
    ),
    (
        lambda f, t: f.max_pool2d(t.ones(1, 3, 5, 5), 2, padding=2),
        "pad should be at most half of effective kernel size",
    ),
    (lambda f, t: f.avg_pool2d(t.ones(1, 3, 5, 5), 7), "Output size is too small"),
    (lambda f, t: f.layer_norm(t.ones(2, 3), [4]), "expected input with shape"),
    (lambda f, t: f.softmax(t.ones(2, 3), 2), "Dimension out of range"),
    (lambda f, t: f.fold(t.ones(1, 5, 4), (3, 3), 2), "divisible by the product of kernel_size"),
]


@pytest.mark.parametrize("call, text", REFUSED)
def test_errors(call, text):
    with pytest.raises((RuntimeError, IndexError)) as other:
        call(TF, torch)
    with pytest.raises(type(other.value)) as mine:
        call(F, rl)
    assert text in str(mine.value) and text in str(other.value)


def test_shapes_without_data():
    x = rl.ones(2, 4, 8, 8, device="meta", requires_grad=True)
    y = F.conv2d(x, rl.ones(6, 4, 3, 3, device="meta"), stride=2)
    y = F.batch_norm(F.interpolate(F.max_pool2d(y, 2), scale_factor=2), None, None, training=True).softmax(1)
    assert y.is_meta and tuple(y.shape) == (2, 6, 2, 2)
    y.sum().backward()
    assert tuple(x.grad.shape) == (2, 4, 8, 8)
