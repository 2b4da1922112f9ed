"""Single operators at common sizes, the slowest first: ``python -m benchmarks.operators [part of a name...]``."""

import sys

import torch

import rushlight
from benchmarks.compare import Row, fastest_in_turn, report

TITLE = "Operators"


def forward(make, *shapes, **options):
    """Return a maker of calls of ``make(package)`` on random tensors."""

    def call(package):
        package.manual_seed(0)
        function, tensors = make(package), operands(package, shapes, **options)
        return lambda: function(*tensors)

    return call


def backward(make, *shapes, **options):
    """Return a maker of calls of ``make(package)`` and of its gradients for every operand."""

    def call(package):
        package.manual_seed(0)
        function = make(package)
        tensors = [t.requires_grad_() for t in operands(package, shapes, **options)]
        result = function(*tensors)
        seed = package.rand(result.shape).to(result.dtype)
        return lambda: package.autograd.grad(function(*tensors), tensors, seed)

    return call


def operands(package, shapes, dtype="float32"):
    return [package.rand(*shape).to(getattr(package, dtype)) for shape in shapes]


def convolution(weight, stride=1, padding=0, groups=1):
    """Return a maker of a two-dimensional convolution as a function of its input and weight."""
    return lambda p: lambda x, w: p.nn.functional.conv2d(x, w, stride=stride, padding=padding, groups=groups)


def transposed(weight, stride=2, padding=1):
    return lambda p: lambda x, w: p.nn.functional.conv_transpose2d(x, w, stride=stride, padding=padding)


def of(name):
    """Return a maker of the function of the package's ``nn.functional``."""
    return lambda p: getattr(p.nn.functional, name)


def integers(package, high, *shape):
    return package.randint(high, shape)


def with_index(make, high, *shape):
    """Return a maker of ``make(package, index)`` with random places below ``high``."""
    return lambda p: make(p, integers(p, high, *shape))


def ctc(package):
    """Return the loss of 20 labels a sample over 50 steps of 28 classes, batch 16."""
    targets = package.randint(1, 28, (16, 20))
    steps, labels = package.full((16,), 50), package.full((16,), 20)
    F = package.nn.functional
    return lambda x: F.ctc_loss(x.log_softmax(2), targets, steps, labels)


def batch_norm(training):
    def make(package):
        mean, variance = package.zeros(64), package.ones(64)
        return lambda x, w, b: package.nn.functional.batch_norm(x, mean, variance, w, b, training)

    return make


def recurrent(kind, size, steps, batch, grad):
    """Return a maker of a pass over a sequence, with gradients of all weights if asked."""

    def call(package):
        package.manual_seed(0)
        model = getattr(package.nn, kind)(size, size)
        x = package.rand(steps, batch, size)
        weights = list(model.parameters())
        if grad:
            return lambda: package.autograd.grad(model(x)[0].sum(), weights)

        def run():
            with package.no_grad():
                model(x)

        return run

    return call


def cell(kind, size, batch):
    """Return a maker of one step of a recurrent cell."""

    def call(package):
        package.manual_seed(0)
        model, x = getattr(package.nn, kind)(size, size), package.rand(batch, size)

        def run():
            with package.no_grad():
                model(x)

        return run

    return call


def step(kind, **options):
    """Return a maker of one step of an optimiser over ten weights of (512, 512)."""

    def call(package):
        weights = [package.rand(512, 512).requires_grad_() for _ in range(10)]
        for weight in weights:
            weight.grad = package.rand(512, 512)
        return getattr(package.optim, kind)(weights, lr=1e-3, **options).step

    return call


def causal(package):
    return lambda q, k, v: package.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


IMAGE, SMALL = (8, 64, 56, 56), (8, 256, 14, 14)
NORM = (1024, 768)
CASES = {
    "grid_sample (8, 16, 64, 64)": forward(
        lambda p: lambda x, g: p.nn.functional.grid_sample(x, g * 2 - 1, align_corners=False), (8, 16, 64, 64), (8, 64, 64, 2)
    ),
    "grid_sample backward": backward(
        lambda p: lambda x, g: p.nn.functional.grid_sample(x, g * 2 - 1, align_corners=False), (8, 16, 64, 64), (8, 64, 64, 2)
    ),
    "adaptive_avg_pool2d to 1x1 (8, 512, 7, 7)": forward(lambda p: lambda x: p.nn.functional.adaptive_avg_pool2d(x, 1), (8, 512, 7, 7)),
    "adaptive_avg_pool2d to 1x1 (8, 64, 56, 56)": forward(lambda p: lambda x: p.nn.functional.adaptive_avg_pool2d(x, 1), IMAGE),
    "adaptive_avg_pool2d to 1x1 backward": backward(lambda p: lambda x: p.nn.functional.adaptive_avg_pool2d(x, 1), IMAGE),
    "adaptive_avg_pool2d to 1x1 (8, 512, 7, 7) backward": backward(lambda p: lambda x: p.nn.functional.adaptive_avg_pool2d(x, 1), (8, 512, 7, 7)),
    "avg_pool2d 2x2": forward(lambda p: lambda x: p.nn.functional.avg_pool2d(x, 2), IMAGE),
    "avg_pool2d 2x2 backward": backward(lambda p: lambda x: p.nn.functional.avg_pool2d(x, 2), IMAGE),
    "max_pool2d 2x2": forward(lambda p: lambda x: p.nn.functional.max_pool2d(x, 2), IMAGE),
    "max_pool2d 3x3 stride 2": forward(lambda p: lambda x: p.nn.functional.max_pool2d(x, 3, 2, 1), IMAGE),
    "max_pool2d 2x2 backward": backward(lambda p: lambda x: p.nn.functional.max_pool2d(x, 2), IMAGE),
    "max_pool2d 3x3 stride 2 backward": backward(lambda p: lambda x: p.nn.functional.max_pool2d(x, 3, 2, 1), IMAGE),
    "ctc_loss": forward(ctc, (50, 16, 28)),
    "ctc_loss backward": backward(ctc, (50, 16, 28)),
    "softmax (4096, 64)": forward(lambda p: lambda x: x.softmax(1), (4096, 64)),
    "softmax (4096, 64) backward": backward(lambda p: lambda x: x.softmax(1), (4096, 64)),
    "softmax (512, 1000)": forward(lambda p: lambda x: x.softmax(1), (512, 1000)),
    "softmax (512, 1000) backward": backward(lambda p: lambda x: x.softmax(1), (512, 1000)),
    "log_softmax (4096, 64)": forward(lambda p: lambda x: x.log_softmax(1), (4096, 64)),
    "log_softmax (4096, 10)": forward(lambda p: lambda x: x.log_softmax(1), (4096, 10)),
    "log_softmax (512, 1000) backward": backward(lambda p: lambda x: x.log_softmax(1), (512, 1000)),
    "logsumexp (512, 1000)": forward(lambda p: lambda x: x.logsumexp(1), (512, 1000)),
    "log_softmax (512, 1000)": forward(lambda p: lambda x: x.log_softmax(1), (512, 1000)),
    "softmax over dim 1 (32, 64, 256)": forward(lambda p: lambda x: x.softmax(1), (32, 64, 256)),
    "cross_entropy (512, 1000)": forward(with_index(lambda p, i: lambda x: p.nn.functional.cross_entropy(x, i), 1000, 512), (512, 1000)),
    "cross_entropy (512, 1000) backward": backward(with_index(lambda p, i: lambda x: p.nn.functional.cross_entropy(x, i), 1000, 512), (512, 1000)),
    "cross_entropy (128, 10) backward": backward(with_index(lambda p, i: lambda x: p.nn.functional.cross_entropy(x, i), 10, 128), (128, 10)),
    "binary_cross_entropy_with_logits": forward(of("binary_cross_entropy_with_logits"), *[(512, 1000)] * 2),
    "binary_cross_entropy_with_logits backward": backward(of("binary_cross_entropy_with_logits"), *[(512, 1000)] * 2),
    "mse_loss backward": backward(of("mse_loss"), *[(512, 1000)] * 2),
    "smooth_l1_loss backward": backward(of("smooth_l1_loss"), *[(512, 1000)] * 2),
    "conv2d 3x3": forward(convolution(3, padding=1), IMAGE, (64, 64, 3, 3)),
    "conv2d 3x3 backward": backward(convolution(3, padding=1), IMAGE, (64, 64, 3, 3)),
    "conv2d 3x3 stride 2": forward(convolution(3, 2, 1), IMAGE, (128, 64, 3, 3)),
    "conv2d 3x3 stride 2 backward": backward(convolution(3, 2, 1), IMAGE, (128, 64, 3, 3)),
    "conv2d 3x3 (8, 256, 14, 14)": forward(convolution(3, padding=1), SMALL, (256, 256, 3, 3)),
    "conv2d 1x1 stride 2": forward(convolution(1, 2), IMAGE, (128, 64, 1, 1)),
    "conv2d 1x1 stride 2 backward": backward(convolution(1, 2), IMAGE, (128, 64, 1, 1)),
    "conv2d 1x1": forward(convolution(1), IMAGE, (64, 64, 1, 1)),
    "conv2d 1x1 backward": backward(convolution(1), IMAGE, (64, 64, 1, 1)),
    "conv2d 1x1 (8, 256, 14, 14)": forward(convolution(1), SMALL, (256, 256, 1, 1)),
    "conv2d 1x1 (8, 256, 14, 14) backward": backward(convolution(1), SMALL, (256, 256, 1, 1)),
    "conv2d 7x7 stride 2, 3 channels": forward(convolution(7, 2, 3), (8, 3, 224, 224), (64, 3, 7, 7)),
    "conv2d 7x7 stride 2, 3 channels, backward": backward(convolution(7, 2, 3), (8, 3, 224, 224), (64, 3, 7, 7)),
    "conv2d 16x16 stride 16, 3 channels": forward(convolution(16, 16), (8, 3, 224, 224), (192, 3, 16, 16)),
    "conv2d depthwise 3x3": forward(convolution(3, 1, 1, 64), IMAGE, (64, 1, 3, 3)),
    "conv2d depthwise 3x3 stride 2": forward(convolution(3, 2, 1, 64), IMAGE, (64, 1, 3, 3)),
    "conv2d depthwise 3x3 backward": backward(convolution(3, 1, 1, 64), IMAGE, (64, 1, 3, 3)),
    "conv2d depthwise 3x3 stride 2 backward": backward(convolution(3, 2, 1, 64), IMAGE, (64, 1, 3, 3)),
    "conv2d depthwise 3x3 (8, 256, 14, 14)": forward(convolution(3, 1, 1, 256), SMALL, (256, 1, 3, 3)),
    "conv2d depthwise 5x5 stride 2 (8, 256, 14, 14)": forward(convolution(5, 2, 2, 256), SMALL, (256, 1, 5, 5)),
    "conv2d depthwise 7x7 (8, 256, 14, 14)": forward(convolution(7, 1, 3, 256), SMALL, (256, 1, 7, 7)),
    "conv2d 3x3 of 8 groups": forward(convolution(3, 1, 1, 8), IMAGE, (64, 8, 3, 3)),
    "conv1d of 9": forward(lambda p: lambda x, w: p.nn.functional.conv1d(x, w, padding=4), (16, 64, 512), (64, 64, 9)),
    "conv1d of 9 backward": backward(lambda p: lambda x, w: p.nn.functional.conv1d(x, w, padding=4), (16, 64, 512), (64, 64, 9)),
    "conv3d 3x3x3": forward(lambda p: lambda x, w: p.nn.functional.conv3d(x, w, padding=1), (2, 16, 16, 32, 32), (16, 16, 3, 3, 3)),
    "conv_transpose2d 4x4 stride 2": forward(transposed(4), (8, 64, 28, 28), (64, 32, 4, 4)),
    "conv_transpose2d 4x4 stride 2 backward": backward(transposed(4), (8, 64, 28, 28), (64, 32, 4, 4)),
    "conv_transpose2d 2x2 stride 2": forward(transposed(2, padding=0), (8, 64, 28, 28), (64, 32, 2, 2)),
    "layer_norm (1024, 768)": forward(lambda p: lambda x, w, b: p.nn.functional.layer_norm(x, (768,), w, b), NORM, (768,), (768,)),
    "layer_norm (1024, 768) backward": backward(lambda p: lambda x, w, b: p.nn.functional.layer_norm(x, (768,), w, b), NORM, (768,), (768,)),
    "layer_norm (4096, 64)": forward(lambda p: lambda x, w, b: p.nn.functional.layer_norm(x, (64,), w, b), (4096, 64), (64,), (64,)),
    "layer_norm (4096, 64) backward": backward(lambda p: lambda x, w, b: p.nn.functional.layer_norm(x, (64,), w, b), (4096, 64), (64,), (64,)),
    "group_norm": forward(lambda p: lambda x, w, b: p.nn.functional.group_norm(x, 8, w, b), IMAGE, (64,), (64,)),
    "group_norm backward": backward(lambda p: lambda x, w, b: p.nn.functional.group_norm(x, 8, w, b), IMAGE, (64,), (64,)),
    "batch_norm training": forward(batch_norm(True), IMAGE, (64,), (64,)),
    "batch_norm training backward": backward(batch_norm(True), IMAGE, (64,), (64,)),
    "batch_norm evaluation": forward(batch_norm(False), IMAGE, (64,), (64,)),
    "batch_norm training (512, 64)": forward(batch_norm(True), (512, 64), (64,), (64,)),
    "batch_norm training (512, 64) backward": backward(batch_norm(True), (512, 64), (64,), (64,)),
    "group_norm (8, 256, 14, 14), 32 groups": forward(lambda p: lambda x, w, b: p.nn.functional.group_norm(x, 32, w, b), SMALL, (256,), (256,)),
    "instance_norm": forward(of("instance_norm"), IMAGE),
    "rms_norm (1024, 768)": forward(lambda p: lambda x, w: p.nn.functional.rms_norm(x, (768,), w), NORM, (768,)),
    "rms_norm (1024, 768) backward": backward(lambda p: lambda x, w: p.nn.functional.rms_norm(x, (768,), w), NORM, (768,)),
    "reflection pad 1": forward(lambda p: lambda x: p.nn.functional.pad(x, (1, 1, 1, 1), "reflect"), IMAGE),
    "reflection pad 1 backward": backward(lambda p: lambda x: p.nn.functional.pad(x, (1, 1, 1, 1), "reflect"), IMAGE),
    "replication pad 1": forward(lambda p: lambda x: p.nn.functional.pad(x, (1, 1, 1, 1), "replicate"), IMAGE),
    "zero pad 1": forward(lambda p: lambda x: p.nn.functional.pad(x, (1, 1, 1, 1)), IMAGE),
    "interpolate bilinear 2x": forward(lambda p: lambda x: p.nn.functional.interpolate(x, scale_factor=2, mode="bilinear"), (8, 16, 56, 56)),
    "interpolate bilinear 2x backward": backward(lambda p: lambda x: p.nn.functional.interpolate(x, scale_factor=2, mode="bilinear"), (8, 16, 56, 56)),
    "interpolate nearest 2x backward": backward(lambda p: lambda x: p.nn.functional.interpolate(x, scale_factor=2), (8, 16, 56, 56)),
    "interpolate nearest 2x": forward(lambda p: lambda x: p.nn.functional.interpolate(x, scale_factor=2), (8, 16, 56, 56)),
    "gather along the last dim (512, 1000)": forward(with_index(lambda p, i: lambda x: x.gather(1, i), 1000, 512, 1000), (512, 1000)),
    "gather along dim 0 (512, 1000)": forward(with_index(lambda p, i: lambda x: x.gather(0, i), 512, 512, 1000), (512, 1000)),
    "gather backward": backward(with_index(lambda p, i: lambda x: x.gather(1, i), 1000, 512, 1000), (512, 1000)),
    "scatter_add (512, 1000)": forward(with_index(lambda p, i: lambda x, s: x.scatter_add(1, i, s), 1000, 512, 1000), (512, 1000), (512, 1000)),
    "embedding": forward(with_index(lambda p, i: lambda w: p.nn.functional.embedding(i, w), 10000, 32, 128), (10000, 128)),
    "embedding backward": backward(with_index(lambda p, i: lambda w: p.nn.functional.embedding(i, w), 10000, 32, 128), (10000, 128)),
    "index_select dim 0": forward(with_index(lambda p, i: lambda x: x.index_select(0, i), 10000, 4096), (10000, 128)),
    "index_select dim 1": forward(with_index(lambda p, i: lambda x: x.index_select(1, i), 1000, 1000), (512, 1000)),
    "index_select dim 0 backward": backward(with_index(lambda p, i: lambda x: x.index_select(0, i), 10000, 4096), (10000, 128)),
    "index_add dim 0": forward(with_index(lambda p, i: lambda x, s: x.index_add(0, i, s), 1000, 4096), (1000, 128), (4096, 128)),
    "x[index]": forward(with_index(lambda p, i: lambda x: x[i], 10000, 4096), (10000, 128)),
    "x[mask]": forward(lambda p: lambda x, m: x[m > 0.5], (512, 1000), (512, 1000)),
    "x[index] backward": backward(with_index(lambda p, i: lambda x: x[i], 10000, 4096), (10000, 128)),
    "masked_fill 1M": forward(lambda p: lambda x, m: x.masked_fill(m > 0.5, 0), (1024, 1024), (1024, 1024)),
    "cat dim 0": forward(lambda p: lambda x, y: p.cat((x, y)), (512, 1000), (512, 1000)),
    "cat dim 1": forward(lambda p: lambda x, y: p.cat((x, y), 1), (512, 1000), (512, 1000)),
    "cat dim 1 of four (8, 64, 28, 28)": forward(lambda p: lambda *x: p.cat(x, 1), *[(8, 64, 28, 28)] * 4),
    "stack of four": forward(lambda p: lambda *x: p.stack(x), *[(256, 1000)] * 4),
    "permute, contiguous (8, 56, 56, 64)": forward(lambda p: lambda x: x.permute(0, 2, 3, 1).contiguous(), IMAGE),
    "permute, contiguous (8, 8, 256, 64)": forward(lambda p: lambda x: x.transpose(1, 2).contiguous(), (8, 8, 256, 64)),
    "transpose, contiguous (1024, 1024)": forward(lambda p: lambda x: x.t().contiguous(), (1024, 1024)),
    "sum": forward(lambda p: lambda x: x.sum(), (1024, 1024)),
    "sum dim 0": forward(lambda p: lambda x: x.sum(0), (1024, 1024)),
    "sum dim 1": forward(lambda p: lambda x: x.sum(1), (1024, 1024)),
    "sum dim 0 (1000, 999)": forward(lambda p: lambda x: x.sum(0), (1000, 999)),
    "sum dim 1 (1000, 999)": forward(lambda p: lambda x: x.sum(1), (1000, 999)),
    "sum dim 1 (100,000, 10)": forward(lambda p: lambda x: x.sum(1), (100_000, 10)),
    "sum dim 1 (100,000, 3)": forward(lambda p: lambda x: x.sum(1), (100_000, 3)),
    "sum dim 0 (100,000, 10)": forward(lambda p: lambda x: x.sum(0), (100_000, 10)),
    "sum dims 0, 2, 3": forward(lambda p: lambda x: x.sum((0, 2, 3)), IMAGE),
    "sum dim 1 of (8, 64, 56, 56)": forward(lambda p: lambda x: x.sum(1), IMAGE),
    "mean dims 2, 3": forward(lambda p: lambda x: x.mean((2, 3)), IMAGE),
    "var dim 1": forward(lambda p: lambda x: x.var(1), (1024, 1024)),
    "norm": forward(lambda p: lambda x: x.norm(), (1024, 1024)),
    "max dim 1": forward(lambda p: lambda x: x.max(1).values, (1024, 1024)),
    "max dim 0": forward(lambda p: lambda x: x.max(0).values, (1024, 1024)),
    "max": forward(lambda p: lambda x: x.max(), (1024, 1024)),
    "amax dim 1": forward(lambda p: lambda x: x.amax(1), (1024, 1024)),
    "std dim 0": forward(lambda p: lambda x: x.std(0), (1024, 1024)),
    "var": forward(lambda p: lambda x: x.var(), (1024, 1024)),
    "any dim 1": forward(lambda p: lambda x: (x > 2).any(1), (1024, 1024)),
    "prod dim 1": forward(lambda p: lambda x: x.prod(1), (1024, 1024)),
    "argmax dim 1": forward(lambda p: lambda x: x.argmax(1), (1024, 1024)),
    "argmax dim 0": forward(lambda p: lambda x: x.argmax(0), (1024, 1024)),
    "argmax": forward(lambda p: lambda x: x.argmax(), (1024, 1024)),
    "sort dim 1 (512, 1000)": forward(lambda p: lambda x: x.sort(1).values, (512, 1000)),
    "sort 500,000": forward(lambda p: lambda x: x.sort().values, (500_000,)),
    "topk 10 of (512, 1000)": forward(lambda p: lambda x: x.topk(10).values, (512, 1000)),
    "cumsum dim 1": forward(lambda p: lambda x: x.cumsum(1), (1024, 1024)),
    "cumsum dim 0": forward(lambda p: lambda x: x.cumsum(0), (1024, 1024)),
    "unique 100,000": forward(with_index(lambda p, i: lambda: p.unique(i), 1000, 100_000)),
    "add 1M": forward(lambda p: lambda x, y: x + y, (1024, 1024), (1024, 1024)),
    "add a row": forward(lambda p: lambda x, y: x + y, (1024, 1024), (1024,)),
    "exp 1M": forward(lambda p: lambda x: x.exp(), (1024, 1024)),
    "log 1M": forward(lambda p: lambda x: x.log(), (1024, 1024)),
    "sqrt 1M": forward(lambda p: lambda x: x.sqrt(), (1024, 1024)),
    "sin 1M": forward(lambda p: lambda x: x.sin(), (1024, 1024)),
    "cos 1M": forward(lambda p: lambda x: x.cos(), (1024, 1024)),
    "erf 1M": forward(lambda p: lambda x: x.erf(), (1024, 1024)),
    "x ** 2": forward(lambda p: lambda x: x ** 2, (1024, 1024)),
    "x ** 3": forward(lambda p: lambda x: x ** 3, (1024, 1024)),
    "x ** 0.5": forward(lambda p: lambda x: x ** 0.5, (1024, 1024)),
    "x ** 1.7": forward(lambda p: lambda x: x ** 1.7, (1024, 1024)),
    "2 ** x": forward(lambda p: lambda x: 2 ** x, (1024, 1024)),
    "x ** y": forward(lambda p: lambda x, y: x ** y, (1024, 1024), (1024, 1024)),
    "log1p 1M": forward(lambda p: lambda x: x.log1p(), (1024, 1024)),
    "expm1 1M": forward(lambda p: lambda x: x.expm1(), (1024, 1024)),
    "log2 1M": forward(lambda p: lambda x: x.log2(), (1024, 1024)),
    "atan2 1M": forward(lambda p: lambda x, y: p.atan2(x, y), (1024, 1024), (1024, 1024)),
    "div 1M": forward(lambda p: lambda x, y: x / y, (1024, 1024), (1024, 1024)),
    "mul a column": forward(lambda p: lambda x, y: x * y, (1024, 1024), (1024, 1)),
    "mul channels": forward(lambda p: lambda x, y: x * y, IMAGE, (64, 1, 1)),
    "add backward to a row": backward(lambda p: lambda x, y: x + y, (1024, 1024), (1024,)),
    "clamp 1M": forward(lambda p: lambda x: x.clamp(0.2, 0.8), (1024, 1024)),
    "floor 1M": forward(lambda p: lambda x: (x * 10).floor(), (1024, 1024)),
    "remainder 1M": forward(lambda p: lambda x: x % 0.3, (1024, 1024)),
    "floor division int64 1M": forward(lambda p: lambda x: x // 7, (1024, 1024), dtype="int64"),
    "maximum 1M": forward(lambda p: lambda x, y: p.maximum(x, y), (1024, 1024), (1024, 1024)),
    "compare 1M": forward(lambda p: lambda x, y: x > y, (1024, 1024), (1024, 1024)),
    "lerp 1M": forward(lambda p: lambda x, y: p.lerp(x, y, 0.3), (1024, 1024), (1024, 1024)),
    "addcmul 1M": forward(lambda p: lambda x, y, z: p.addcmul(x, y, z), *[(1024, 1024)] * 3),
    "add bfloat16 1M": forward(lambda p: lambda x, y: x + y, (1024, 1024), (1024, 1024), dtype="bfloat16"),
    "exp float64 1M": forward(lambda p: lambda x: x.exp(), (1024, 1024), dtype="float64"),
    "float to int64": forward(lambda p: lambda x: (x * 100).long(), (1024, 1024)),
    "uint8 to float": forward(lambda p: lambda x: x.float(), (1024, 1024), dtype="uint8"),
    "float to bfloat16": forward(lambda p: lambda x: x.bfloat16(), (1024, 1024)),
    "tanh 1M": forward(lambda p: lambda x: x.tanh(), (1024, 1024)),
    "sigmoid 1M": forward(lambda p: lambda x: x.sigmoid(), (1024, 1024)),
    "sigmoid backward": backward(lambda p: lambda x: x.sigmoid(), (1024, 1024)),
    "tanh backward": backward(lambda p: lambda x: x.tanh(), (1024, 1024)),
    "silu 1M": forward(of("silu"), (1024, 1024)),
    "silu backward": backward(of("silu"), (1024, 1024)),
    "softplus 1M": forward(of("softplus"), (1024, 1024)),
    "softplus backward": backward(of("softplus"), (1024, 1024)),
    "mish 1M": forward(of("mish"), (1024, 1024)),
    "mish backward": backward(of("mish"), (1024, 1024)),
    "elu 1M": forward(of("elu"), (1024, 1024)),
    "logsigmoid 1M": forward(of("logsigmoid"), (1024, 1024)),
    "hardswish 1M": forward(of("hardswish"), (1024, 1024)),
    "leaky_relu 1M": forward(of("leaky_relu"), (1024, 1024)),
    "leaky_relu backward": backward(of("leaky_relu"), (1024, 1024)),
    "gelu 1M": forward(of("gelu"), (1024, 1024)),
    "gelu backward": backward(of("gelu"), (1024, 1024)),
    "gelu of tanh 1M": forward(lambda p: lambda x: p.nn.functional.gelu(x, approximate="tanh"), (1024, 1024)),
    "gelu of tanh backward": backward(lambda p: lambda x: p.nn.functional.gelu(x, approximate="tanh"), (1024, 1024)),
    "relu 1M": forward(of("relu"), (1024, 1024)),
    "relu backward": backward(of("relu"), (1024, 1024)),
    "where 1M": forward(lambda p: lambda x, y: p.where(x > 0.5, x, y), (1024, 1024), (1024, 1024)),
    "dropout 1M": forward(of("dropout"), (1024, 1024)),
    "dropout backward": backward(of("dropout"), (1024, 1024)),
    "rand 1M": forward(lambda p: lambda: p.rand(1024, 1024)),
    "randn 1M": forward(lambda p: lambda: p.randn(1024, 1024)),
    "randperm 100,000": forward(lambda p: lambda: p.randperm(100_000)),
    "arange 1M": forward(lambda p: lambda: p.arange(1024 * 1024)),
    "zeros 1M": forward(lambda p: lambda: p.zeros(1024, 1024)),
    "tril 1024": forward(lambda p: lambda x: x.tril(), (1024, 1024)),
    "cdist (512, 64)": forward(lambda p: lambda x, y: p.cdist(x, y), (512, 64), (512, 64)),
    "einsum bhid, bhjd": forward(lambda p: lambda x, y: p.einsum("bhid,bhjd->bhij", x, y), (8, 8, 128, 64), (8, 8, 128, 64)),
    "unfold 3x3": forward(lambda p: lambda x: p.nn.functional.unfold(x, 3, padding=1), (8, 16, 56, 56)),
    "attention (8, 8, 256, 64)": forward(of("scaled_dot_product_attention"), *[(8, 8, 256, 64)] * 3),
    "attention backward": backward(of("scaled_dot_product_attention"), *[(8, 8, 256, 64)] * 3),
    "attention causal": forward(causal, *[(8, 8, 256, 64)] * 3),
    "attention causal backward": backward(causal, *[(8, 8, 256, 64)] * 3),
    "attention (32, 4, 65, 32)": forward(of("scaled_dot_product_attention"), *[(32, 4, 65, 32)] * 3),
    "attention (32, 4, 65, 32) backward": backward(of("scaled_dot_product_attention"), *[(32, 4, 65, 32)] * 3),
    "linear (512, 768) to 768": forward(of("linear"), (512, 768), (768, 768), (768,)),
    "linear backward": backward(of("linear"), (512, 768), (768, 768), (768,)),
    "linear (64, 784) to 128": forward(of("linear"), (64, 784), (128, 784), (128,)),
    "linear (64, 784) to 128 backward": backward(of("linear"), (64, 784), (128, 784), (128,)),
    "matmul 512": forward(lambda p: p.matmul, (512, 512), (512, 512)),
    "matmul 2048": forward(lambda p: p.matmul, (2048, 2048), (2048, 2048)),
    "matmul 512 float64": forward(lambda p: p.matmul, (512, 512), (512, 512), dtype="float64"),
    "matmul 512 bfloat16": forward(lambda p: p.matmul, (512, 512), (512, 512), dtype="bfloat16"),
    "matmul (1, 768) by 768": forward(lambda p: p.matmul, (1, 768), (768, 768)),
    "bmm 64 of (128, 64, 128)": forward(lambda p: p.bmm, (64, 128, 64), (64, 64, 128)),
    "LSTMCell 128, batch 32": cell("LSTMCell", 128, 32),
    "GRUCell 128, batch 32": cell("GRUCell", 128, 32),
    "LSTM 128, 50 steps, batch 32": recurrent("LSTM", 128, 50, 32, False),
    "LSTM 128, 50 steps, batch 32, backward": recurrent("LSTM", 128, 50, 32, True),
    "GRU 128, 50 steps, batch 32": recurrent("GRU", 128, 50, 32, False),
    "GRU 128, 50 steps, batch 32, backward": recurrent("GRU", 128, 50, 32, True),
    "LSTM 32, 20 steps, batch 4": recurrent("LSTM", 32, 20, 4, False),
    "GRU 32, 20 steps, batch 4, backward": recurrent("GRU", 32, 20, 4, True),
    "RNN 128, 50 steps, batch 32": recurrent("RNN", 128, 50, 32, False),
    "RNN 128, 50 steps, batch 32, backward": recurrent("RNN", 128, 50, 32, True),
    "SGD with momentum": step("SGD", momentum=0.9),
    "Adam": step("Adam"),
    "AdamW": step("AdamW"),
    "RMSprop": step("RMSprop"),
}  # fmt: skip


def rows(parts: list[str] | None = None) -> list[Row]:
    """Return the rows whose name contains one of the parts, the slowest first."""
    chosen = [name for name in CASES if not parts or any(part in name for part in parts)]
    found = [(name, *fastest_in_turn(CASES[name](rushlight), CASES[name](torch))) for name in chosen]
    return sorted(
        [Row(name, 1e3 * ours, 1e3 * theirs, "ms") for name, ours, theirs in found], key=lambda row: row.ratio
    )


if __name__ == "__main__":
    report(TITLE, rows(sys.argv[1:]))
