"""Activation functions."""

import warnings

from rushlight import _C
from rushlight._ops.autocasting import in_low_precision
from rushlight._ops.registry import make_inplace

elu_, hardtanh_, leaky_relu_, relu_, threshold_ = _C.elu_, _C.hardtanh_, _C.leaky_relu_, _C.relu_, _C.threshold_
silu_, mish_, hardswish_, hardsigmoid_ = _C.silu_, _C.mish_, _C.hardswish_, _C.hardsigmoid_


def threshold(input, threshold, value, inplace=False):
    """Return x where ``x > threshold``, else ``value``."""
    return (threshold_ if inplace else _C.threshold)(input, threshold, value)


def relu(input, inplace=False):
    """Return ``max(0, x)``."""
    return relu_(input) if inplace else _C.relu(input)


def relu6(input, inplace=False):
    """Return ``min(max(0, x), 6)``."""
    return hardtanh(input, 0.0, 6.0, inplace)


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """Return x limited to ``[min_val, max_val]``."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return (hardtanh_ if inplace else _C.hardtanh)(input, min_val, max_val)


def elu(input, alpha=1.0, inplace=False):
    """Return x where positive, else ``alpha (exp(x) - 1)``."""
    return (elu_ if inplace else _C.elu)(input, alpha)


def self_normalising(input):
    """Return ``1.0507 elu(x, 1.67326)`` (Klambauer et al., 2017)."""
    return _C.elu(input, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946)


def smooth_elu(input, alpha=1.0):
    """Return ``max(0, x) + min(0, alpha (exp(x / alpha) - 1))`` (Barron, 2017)."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _C.elu(input, alpha, 1.0, 1.0 / alpha)


selu_, celu_ = make_inplace(self_normalising), make_inplace(smooth_elu)


def selu(input, inplace=False):
    """Return ``1.0507 elu(x, 1.67326)``, which keeps mean and variance (Klambauer et al., 2017)."""
    return (selu_ if inplace else self_normalising)(input)


def celu(input, alpha=1.0, inplace=False):
    """Return ``max(0, x) + min(0, alpha (exp(x / alpha) - 1))``."""
    return (celu_ if inplace else smooth_elu)(input, alpha)


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """Return x where positive, else ``negative_slope x``."""
    return (leaky_relu_ if inplace else _C.leaky_relu)(input, negative_slope)


@in_low_precision
def prelu(input, weight):
    """Return x where positive, else ``weight x``, with one weight or one per channel (dimension 1)."""
    if weight.dim() > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.dim()}")
    if weight.numel() != 1:
        channels = input.size(1) if input.dim() > 1 else 1
        if input.dim() == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        if weight.numel() != channels:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. "
                f"Found parameter numbers = {weight.numel()} and channel size = {channels}."
            )
    shape = [-1 if d == 1 or input.dim() == 1 else 1 for d in range(input.dim())]
    return _C.where(input > 0, input, weight.reshape(shape) * input)


def rrelu(input, lower=1.0 / 8, upper=1.0 / 3, training=False, inplace=False):
    """Return x where positive, else a multiple of x drawn from ``[lower, upper]``, their mean when not training."""
    if lower > upper:
        raise RuntimeError(
            f"Lower bound should be less than or equal to the upper bound, but got lower={lower}, upper={upper}"
        )
    return (rrelu_ if inplace else randomised_slope)(input, lower, upper, training)


def randomised_slope(input, lower, upper, training):
    """Return the out-of-place ``rrelu``; one number is drawn for each element that is not positive."""
    if not training or input.is_meta:
        return _C.leaky_relu(input, (lower + upper) / 2)
    low = input.detach() <= 0
    slopes = _C.empty((int(low.sum()),), dtype=_C.float64, device=input.device).uniform_(lower, upper)
    noise = _C.masked_scatter(_C.full_like(input.detach(), 1), low, slopes.to(input.dtype))
    return input * noise


_rrelu_inplace = make_inplace(randomised_slope)


def rrelu_(input, lower=1.0 / 8, upper=1.0 / 3, training=False):
    """The in-place form of ``rrelu``."""
    return _rrelu_inplace(input, lower, upper, training)


def glu(input, dim=-1):
    """Return ``a sigmoid(b)`` for the two halves a, b of ``input`` along ``dim``."""
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    if input.size(dim) % 2:
        raise RuntimeError(
            f"Halving dimension must be even, but dimension {dim % input.dim()} is size {input.size(dim)}"
        )
    value, gate = input.chunk(2, dim)
    return value * gate.sigmoid()


def logsigmoid(input, *, out=None):
    """Return ``log(1 / (1 + exp(-x)))``."""
    return _C.log_sigmoid(input, out=out)


def gelu(input, *, approximate="none", out=None):
    """Return ``x P(X <= x)`` for standard normal X, exact or by the ``"tanh"`` approximation."""
    return _C.gelu(input, approximate=approximate, out=out)


def hardshrink(input, lambd=0.5, *, out=None):
    """Return x where ``|x| > lambd``, else 0."""
    return _C.hardshrink(input, lambd, out=out)


def softshrink(input, lambd=0.5, *, out=None):
    """Return x moved towards 0 by ``lambd``."""
    if lambd < 0:
        raise RuntimeError(f"softshrink(): lambd must not be negative, but found {lambd}")
    return _C.softshrink(input, lambd, out=out)


def tanhshrink(input):
    """Return ``x - tanh(x)``."""
    return input - input.tanh()


def softsign(input):
    """Return ``x / (1 + |x|)``."""
    return input / (input.abs() + 1)


def softplus(input, beta=1, threshold=20, *, out=None):
    """Return ``log(1 + exp(beta x)) / beta``, or x itself where ``beta x > threshold``."""
    return _C.softplus(input, beta, threshold, out=out)


def tanh(input):
    """Return ``tanh(x)``."""
    return input.tanh()


def sigmoid(input):
    """Return ``1 / (1 + exp(-x))``."""
    return input.sigmoid()


def hardsigmoid(input, inplace=False):
    """Return ``min(max(0, x / 6 + 1 / 2), 1)``."""
    return (hardsigmoid_ if inplace else _C.hardsigmoid)(input)


def silu(input, inplace=False):
    """Return ``x sigmoid(x)``."""
    return (silu_ if inplace else _C.silu)(input)


def mish(input, inplace=False):
    """Return ``x tanh(softplus(x))``."""
    return (mish_ if inplace else _C.mish)(input)


def hardswish(input, inplace=False):
    """Return ``x hardsigmoid(x)``."""
    return (hardswish_ if inplace else _C.hardswish)(input)


def implicit_dim(name, ndim, stacklevel):
    """Return the dim used when none is given, with PyTorch's warning."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel + 1,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """Return ``exp(x) / sum(exp(x))`` along ``dim``."""
    dim = implicit_dim("softmax", input.dim(), _stacklevel) if dim is None else dim
    return _C.softmax(input, dim, dtype=dtype)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """Return ``softmax(-x)``."""
    dim = implicit_dim("softmin", input.dim(), _stacklevel) if dim is None else dim
    return _C.softmax(-input, dim, dtype=dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """Return ``log(softmax(x))`` along ``dim``, computed without overflow."""
    dim = implicit_dim("log_softmax", input.dim(), _stacklevel) if dim is None else dim
    return _C.log_softmax(input, dim, dtype=dtype)


def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """Sample from the Gumbel-softmax distribution (Jang et al., 2016), one-hot with the soft gradient when ``hard``."""
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    gumbels = -_C.empty(logits.shape, dtype=logits.dtype, device=logits.device).exponential_().log()
    soft = ((logits + gumbels) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.detach().argmax(dim, keepdim=True)
    one_hot = _C.scatter(_C.full_like(soft.detach(), 0), dim, index, 1.0)
    return one_hot - soft.detach() + soft
