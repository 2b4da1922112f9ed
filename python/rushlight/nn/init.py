"""Filling tensors with starting values; every function works in place, records no gradient and returns the tensor."""

import functools
import math
import warnings

import rushlight as rl

__all__ = [
    "calculate_gain", "uniform_", "normal_", "trunc_normal_", "constant_", "ones_", "zeros_", "eye_", "dirac_",
    "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "sparse_",
    "uniform", "normal", "constant", "eye", "dirac", "xavier_uniform", "xavier_normal", "kaiming_uniform",
    "kaiming_normal", "orthogonal", "sparse",
]  # fmt: skip

_LINEAR = {"linear", "sigmoid"} | {f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3)}


def calculate_gain(nonlinearity, param=None):
    """The factor by which a nonlinearity's input should be scaled to keep the variance of the signal.

    linear, conv, sigmoid: 1; tanh: 5/3; relu: √2; leaky_relu: √(2 / (1 + slope²)); selu: 3/4.

    >>> nn.init.calculate_gain("leaky_relu", 0.2)
    1.3867504905630728
    """
    if nonlinearity in _LINEAR:
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1 + _slope(param) ** 2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _slope(param):
    if param is None:
        return 0.01
    if isinstance(param, bool) or not isinstance(param, int | float):
        raise ValueError(f"negative_slope {param} not a valid number")
    return param


@rl.no_grad()
def uniform_(tensor, a=0.0, b=1.0, generator=None):
    """Values uniform between `a` and `b`."""
    return tensor.uniform_(a, b, generator=generator)


@rl.no_grad()
def normal_(tensor, mean=0.0, std=1.0, generator=None):
    """Values of a normal distribution."""
    return tensor.normal_(mean, std, generator=generator)


@rl.no_grad()
def constant_(tensor, val):
    """The value `val` everywhere."""
    return tensor.fill_(val)


@rl.no_grad()
def ones_(tensor):
    """One everywhere."""
    return tensor.fill_(1.0)


@rl.no_grad()
def zeros_(tensor):
    """Zero everywhere."""
    return tensor.zero_()


@rl.no_grad()
def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None):
    """Values of a normal distribution, drawn again until they lie in [`a`, `b`].

    Where [a, b] holds more than 0.3 of the distribution the candidates are normal, else they are uniform in [a, b]
    and accepted with a probability in proportion to the density.
    """
    if tensor.is_meta:
        return tensor
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )
    inside = _normal_cdf((b - mean) / std) - _normal_cdf((a - mean) / std)
    draw = _redraw_normal if inside > 0.3 else _accept_uniform
    return draw(tensor, mean, std, a, b, generator)


def _normal_cdf(x):
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _redraw_normal(tensor, mean, std, a, b, generator):
    low, high = tensor.new_tensor(a).item(), tensor.new_tensor(b).item()
    tensor.normal_(mean, std, generator=generator)
    outside = (tensor < low) | (tensor > high)
    while outside.any():
        again = rl.empty_like(tensor).normal_(mean, std, generator=generator)
        tensor.copy_(rl.where(outside, again, tensor))
        outside = (tensor < low) | (tensor > high)
    return tensor


def _accept_uniform(tensor, mean, std, a, b, generator):
    mode = max(a, min(mean, b))
    log_peak = -0.5 * ((mode - mean) / std) ** 2
    candidates = rl.empty_like(tensor)
    pending = rl.ones_like(tensor, dtype=rl.bool)
    while pending.any():
        candidates.uniform_(a, b, generator=generator)
        tensor.copy_(rl.where(pending, candidates, tensor))
        log_density = candidates.sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(log_peak)
        pending &= rl.empty_like(tensor).uniform_(generator=generator).log_().gt(log_density)
    return tensor


@rl.no_grad()
def eye_(tensor):
    """The identity matrix, as far as a tensor (rows, columns) holds it."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return tensor.copy_(rl.eye(*tensor.shape))


@rl.no_grad()
def dirac_(tensor, groups=1):
    """A convolution weight (out, in, *kernel) that passes on its input channels, within each of `groups`."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.size(0) % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    if tensor.is_meta:
        return tensor
    tensor.zero_()
    per_group = tensor.size(0) // groups
    centre = tuple(size // 2 for size in tensor.shape[2:])
    for group in range(groups):
        for channel in range(min(per_group, tensor.size(1))):
            tensor[(group * per_group + channel, channel, *centre)] = 1
    return tensor


def _calculate_fan_in_and_fan_out(tensor):
    """How many values feed one output, and how many outputs one input feeds."""
    if tensor.dim() < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    out_channels, in_channels, *kernel = tensor.shape
    field = math.prod(kernel)
    return in_channels * field, out_channels * field


def _calculate_correct_fan(tensor, mode):
    modes = ["fan_in", "fan_out"]
    if mode.lower() not in modes:
        raise ValueError(f"Mode {mode.lower()} not supported, please use one of {modes}")
    return _calculate_fan_in_and_fan_out(tensor)[modes.index(mode.lower())]


def xavier_uniform_(tensor, gain=1.0, generator=None):
    """Uniform in ±gain · √(6 / (fan_in + fan_out)). Source: Glorot and Bengio, 2010."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / float(fan_in + fan_out))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor, gain=1.0, generator=None):
    """Normal with deviation gain · √(2 / (fan_in + fan_out)). Source: Glorot and Bengio, 2010."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / float(fan_in + fan_out)), generator)


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """Uniform in ±gain · √(3 / fan). Source: He et al., "Delving Deep into Rectifiers", 2015."""
    if _is_empty(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """Normal with deviation gain / √fan. Source: He et al., "Delving Deep into Rectifiers", 2015."""
    if _is_empty(tensor):
        return tensor
    return normal_(tensor, 0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor, a, mode, nonlinearity):
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _is_empty(tensor):
    if 0 not in tensor.shape:
        return False
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return True


@rl.no_grad()
def orthogonal_(tensor, gain=1, generator=None):
    """A matrix (rows, rest) with orthonormal rows or columns, times `gain`. Source: Saxe et al., 2013."""
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0 or tensor.is_meta:
        return tensor
    rows = tensor.size(0)
    columns = tensor.numel() // rows
    flat = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator)
    q, r = rl.linalg.qr(flat.t() if rows < columns else flat)
    q = q * r.diagonal().sign()
    tensor.view(rows, columns).copy_(q.t() if rows < columns else q)
    return tensor.mul_(gain)


@rl.no_grad()
def sparse_(tensor, sparsity, std=0.01, generator=None):
    """Normal values with the part `sparsity` of each column set to zero. Source: Martens, 2010."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    if tensor.is_meta:
        return tensor
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        tensor[rl.randperm(rows)[:zeros], column] = 0
    return tensor


def _without_underscore(function):
    """The older name of an initializer."""
    name = function.__name__.rstrip("_")

    @functools.wraps(function)
    def deprecated(*args, **kwargs):
        warnings.warn(f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`.", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    deprecated.__name__ = name
    return deprecated


uniform = _without_underscore(uniform_)
normal = _without_underscore(normal_)
constant = _without_underscore(constant_)
eye = _without_underscore(eye_)
dirac = _without_underscore(dirac_)
xavier_uniform = _without_underscore(xavier_uniform_)
xavier_normal = _without_underscore(xavier_normal_)
kaiming_uniform = _without_underscore(kaiming_uniform_)
kaiming_normal = _without_underscore(kaiming_normal_)
orthogonal = _without_underscore(orthogonal_)
sparse = _without_underscore(sparse_)
