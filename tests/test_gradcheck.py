"""Every row's gradients and second gradients against finite differences in float64, on one or more calls of each."""

import functools

import pytest

import rushlight as rl
from rushlight import _C
from rushlight.autograd import gradcheck, gradgradcheck


def real(*shape, low=0.3, high=0.9, seed=0):
    """Return numbers strictly inside a range, away from kinks."""
    generator = rl.Generator().manual_seed(seed)
    return (rl.rand(*shape, generator=generator, dtype=rl.float64) * (high - low) + low).requires_grad_()


def signed(*shape, seed=1):
    return (real(*shape, low=-1.6, high=1.7, seed=seed)).detach().requires_grad_()


def spd(n):
    a = signed(n, n).detach()
    return (a @ a.T + n * rl.eye(n, dtype=rl.float64)).requires_grad_()


ONE = [
    "abs", "acos", "angle", "asin", "asinh", "atan", "atanh", "cos", "cosh", "digamma", "erf", "erfc", "erfinv", "exp", "exp2", "expm1",
    "frac", "i0", "lgamma", "log", "log10", "log1p", "log2", "logit", "mish", "nan_to_num", "neg", "reciprocal", "relu", "rsqrt",
    "sigmoid", "silu", "sin", "sinc", "sinh", "softplus", "sqrt", "square", "tan", "tanh", "elu", "gelu", "leaky_relu",
    "log_sigmoid", "hardtanh", "hardswish", "hardsigmoid", "softshrink", "hardshrink", "clone", "trunc", "round", "sign",
    "special_erfcx", "special_i0e", "special_i1", "special_i1e", "special_log_ndtr", "special_ndtri",
]  # fmt: skip

TWO = [
    "add", "sub", "mul", "div", "pow", "atan2", "hypot", "logaddexp", "logaddexp2", "maximum", "minimum", "fmax", "fmin", "fmod",
    "remainder", "copysign", "xlogy", "special_xlog1py",
]  # fmt: skip

INDEX = rl.tensor([2, 0, 1])
GRID = rl.tensor([[0, 2, 1], [1, 0, 0]])

# name: (call, inputs...)
CASES = {
    "acosh": (rl.acosh, real(3, low=1.2, high=2.0)),
    "polygamma": (lambda x: rl.polygamma(2, x), real(3)),
    "pow scalar": (lambda x: x**3.5, real(3)),
    "scalar pow": (lambda x: 2.0**x, real(3)),
    "lerp": (rl.lerp, signed(3), signed(3, seed=2), real(3)),
    "addcmul": (lambda a, b, c: rl.addcmul(a, b, c, value=0.5), signed(3), signed(3, seed=2), signed(3, seed=3)),
    "addcdiv": (lambda a, b, c: rl.addcdiv(a, b, c, value=0.5), signed(3), signed(3, seed=2), real(3)),
    "where": (lambda a, b: rl.where(rl.tensor([True, False, True]), a, b), signed(3), signed(3, seed=2)),
    "clamp": (lambda x: x.clamp(-0.5, 0.5), signed(4)),
    "clamp of tensors": (rl.clamp, signed(4), signed(4, seed=5) - 3, signed(4, seed=6) + 3),
    "sum": (lambda x: x.sum((0, 2)), signed(2, 3, 2)),
    "mean": (lambda x: x.mean(1, keepdim=True), signed(2, 3)),
    "prod": (lambda x: x.prod(1), signed(2, 3)),
    "prod with a zero": (lambda x: (x * rl.tensor([1.0, 0.0, 1.0], dtype=rl.float64)).prod(1), signed(2, 3)),
    "prod of all": (lambda x: x.prod(), signed(4)),
    "amax": (lambda x: x.amax(1), signed(2, 3)),
    "amin": (lambda x: x.amin((0, 1)), signed(2, 3)),
    "max": (lambda x: x.max(1).values, signed(2, 3)),
    "min": (lambda x: x.min(), signed(2, 3)),
    "var": (lambda x: x.var(1), signed(2, 3)),
    "std": (lambda x: x.std(0, correction=0), signed(3, 2)),
    "norm": (lambda x: rl.linalg.vector_norm(x, 3, 1), signed(2, 3)),
    "logsumexp": (lambda x: x.logsumexp(1), signed(2, 3)),
    "cumsum": (lambda x: x.cumsum(1), signed(2, 3)),
    "cumprod": (lambda x: x.cumprod(1), signed(2, 3)),
    "cummax": (lambda x: x.cummax(1).values, signed(2, 3)),
    "cummin": (lambda x: x.cummin(1).values, signed(2, 3)),
    "logcumsumexp": (lambda x: x.logcumsumexp(1), signed(2, 3)),
    "sort": (lambda x: x.sort(1, descending=True).values, signed(2, 3)),
    "topk": (lambda x: x.topk(2).values, signed(2, 3)),
    "kthvalue": (lambda x: x.kthvalue(2).values, signed(2, 3)),
    "median": (lambda x: x.median(1).values, signed(2, 3)),
    "view": (lambda x: x.view(3, 2).t().reshape(6), signed(2, 3)),
    "expand": (lambda x: x.expand(2, 4, 3), signed(4, 1)),
    "permute": (lambda x: x.permute(2, 0, 1), signed(2, 3, 2)),
    "select and slice": (lambda x: x[1, ::2], signed(2, 3)),
    "unfold": (lambda x: x.unfold(0, 3, 2), signed(7)),
    "as_strided": (lambda x: x.as_strided((3, 2), (1, 1)), signed(5)),
    "diagonal": (lambda x: x.diagonal(1), signed(3, 4)),
    "squeeze": (lambda x: x.squeeze().unsqueeze(1), signed(3, 1)),
    "index": (lambda x: x[INDEX, :, INDEX], signed(3, 2, 3)),
    "index_put": (lambda x, v: x.index_put((INDEX,), v), signed(3, 2), signed(3, 2, seed=2)),
    "index_put accumulate": (
        lambda x, v: x.index_put((rl.tensor([0, 0, 1]),), v, True),
        signed(3, 2),
        signed(3, 2, seed=2),
    ),
    "gather": (lambda x: x.gather(0, GRID), signed(3, 3)),
    "scatter": (lambda x, s: x.scatter(0, GRID, s), signed(3, 3), signed(2, 3, seed=2)),
    "scatter_add": (lambda x, s: x.scatter_add(0, GRID, s), signed(3, 3), signed(2, 3, seed=2)),
    "scatter_reduce": (lambda x, s: x.scatter_reduce(0, GRID, s, "mean"), signed(3, 3), signed(2, 3, seed=2)),
    "index_select": (lambda x: x.index_select(1, INDEX), signed(2, 3)),
    "index_add": (lambda x, s: x.index_add(1, INDEX, s), signed(2, 3), signed(2, 3, seed=2)),
    "index_copy": (lambda x, s: x.index_copy(1, INDEX, s), signed(2, 3), signed(2, 3, seed=2)),
    "index_fill": (lambda x: x.index_fill(1, rl.tensor([1]), 2.0), signed(2, 3)),
    "take": (lambda x: x.take(INDEX), signed(2, 3)),
    "masked_select": (lambda x: x.masked_select(rl.tensor([True, False, True])), signed(3)),
    "masked_fill": (lambda x: x.masked_fill(rl.tensor([True, False, True]), 1.0), signed(3)),
    "masked_scatter": (lambda x, s: x.masked_scatter(rl.tensor([True, False, True]), s), signed(3), signed(3, seed=2)),
    "cat": (lambda a, b: rl.cat([a, b], 1), signed(2, 2), signed(2, 3, seed=2)),
    "flip and roll": (lambda x: x.flip(0).roll(1, 1), signed(2, 3)),
    "pad": (lambda x: rl.nn.functional.pad(x, (1, 2, -1, 0)), signed(3, 3)),
    "pad reflect": (lambda x: rl.nn.functional.pad(x, (2, 1), mode="reflect"), signed(1, 2, 4)),
    "pad replicate": (lambda x: rl.nn.functional.pad(x, (2, 1), mode="replicate"), signed(1, 2, 4)),
    "tril": (lambda x: x.tril(-1) + x.triu(1), signed(3, 3)),
    "repeat": (lambda x: x.repeat(2, 3), signed(2, 2)),
    "mm": (rl.mm, signed(2, 3), signed(3, 2, seed=2)),
    "bmm": (rl.bmm, signed(2, 2, 3), signed(2, 3, 2, seed=2)),
    "matmul": (rl.matmul, signed(2, 1, 2, 3), signed(3, 3, 2, seed=2)),
    "addmm": (
        lambda a, b, c: rl.addmm(a, b, c, beta=2, alpha=3),
        signed(2),
        signed(3, 2, seed=2),
        signed(2, 2, seed=3),
    ),
    "linear": (rl.nn.functional.linear, signed(2, 3), signed(4, 3, seed=2), signed(4, seed=3)),
    "conv2d": (
        lambda x, w, b: rl.nn.functional.conv2d(x, w, b, 2, 1, 2, 2),
        signed(1, 4, 5, 5),
        signed(2, 2, 2, 2, seed=2),
        signed(2, seed=3),
    ),
    "conv_transpose1d": (
        lambda x, w: rl.nn.functional.conv_transpose1d(x, w, stride=2, output_padding=1),
        signed(1, 2, 3),
        signed(2, 1, 3, seed=2),
    ),
    "softmax": (lambda x: x.softmax(1), signed(2, 3)),
    "log_softmax": (lambda x: x.log_softmax(1), signed(2, 3)),
    "layer_norm": (
        lambda x, w, b: rl.nn.functional.layer_norm(x, (3,), w, b),
        signed(2, 3),
        signed(3, seed=2),
        signed(3, seed=3),
    ),
    "batch_norm": (
        lambda x, w, b: rl.nn.functional.batch_norm(x, None, None, w, b, True),
        signed(4, 2),
        signed(2, seed=2),
        signed(2, seed=3),
    ),
    "group_norm": (
        lambda x, w, b: rl.nn.functional.group_norm(x, 2, w, b),
        signed(2, 4, 3),
        signed(4, seed=2),
        signed(4, seed=3),
    ),
    "embedding": (lambda w: rl.nn.functional.embedding(GRID, w), signed(3, 2)),
    "max_pool2d": (lambda x: rl.nn.functional.max_pool2d(x, 2, 1), signed(1, 1, 3, 3)),
    "avg_pool2d": (lambda x: rl.nn.functional.avg_pool2d(x, 2, 1, 1), signed(1, 1, 3, 3)),
    "adaptive_avg_pool2d": (lambda x: rl.nn.functional.adaptive_avg_pool2d(x, 2), signed(1, 1, 3, 3)),
    "interpolate": (lambda x: rl.nn.functional.interpolate(x, size=(3, 5), mode="bilinear"), signed(1, 1, 2, 3)),
    "bicubic": (lambda x: rl.nn.functional.interpolate(x, size=(3, 5), mode="bicubic"), signed(1, 1, 2, 3)),
    "attention": (
        rl.nn.functional.scaled_dot_product_attention,
        signed(1, 2, 3, 2),
        signed(1, 2, 3, 2, seed=2),
        signed(1, 2, 3, 2, seed=3),
    ),
    "cross_entropy": (
        lambda x: rl.nn.functional.cross_entropy(x, rl.tensor([0, 2]), label_smoothing=0.1),
        signed(2, 3),
    ),
    "det": (rl.linalg.det, signed(3, 3)),
    "inv": (rl.linalg.inv, spd(3)),
    "solve": (rl.linalg.solve, spd(3), signed(3, 2, seed=2)),
    "cholesky": (lambda x: rl.linalg.cholesky((x + x.mT) / 2), spd(3)),
    "qr": (lambda x: rl.linalg.qr(x), spd(3)),
    "svd": (rl.linalg.svdvals, signed(3, 2)),
    "eigh": (lambda x: rl.linalg.eigh(x + x.mT)[0], signed(3, 3)),
    "fft": (lambda x: rl.view_as_real(rl.fft.fft(x)), signed(5)),
    "irfft": (lambda x: rl.fft.irfft(rl.fft.rfft(x) * 2), signed(6)),
    "complex product": (
        lambda a, b: rl.view_as_real(rl.view_as_complex(a) * rl.view_as_complex(b)),
        signed(3, 2),
        signed(3, 2, seed=2),
    ),
}


def check(call, *inputs):
    inputs = [x.detach().requires_grad_() for x in inputs]
    assert gradcheck(call, inputs)
    assert gradgradcheck(call, inputs)


@pytest.mark.parametrize("name", ONE)
def test_one_operand(name):
    check(getattr(_C, name), real(2, 3))


@pytest.mark.parametrize("name", TWO)
def test_two_operands_broadcast(name):
    check(getattr(_C, name), real(2, 3), real(3, seed=7, low=1.1, high=1.9))


@pytest.mark.parametrize("name", CASES)
def test_call(name):
    check(*CASES[name])


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(3, 3), (2, 3, 3)])
def test_grid_sample_twice(mode, size):
    points = real(1, *(2 for _ in size), len(size), low=-0.6, high=0.6)
    inputs = [signed(1, 1, *size).requires_grad_(), points.requires_grad_()]
    call = functools.partial(rl.nn.functional.grid_sample, mode=mode, align_corners=False)
    assert gradcheck(call, inputs)
    assert gradgradcheck(call, inputs)
