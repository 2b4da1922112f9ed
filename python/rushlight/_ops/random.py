"""Random tensors. Numbers are drawn in PyTorch's order, so equal seeds give equal values."""

import math

from rushlight import _C

from .creation import made
from .dimensions import size_from
from .registry import op


def drawn(draw):
    """Return a factory of tensors filled by ``draw``: called as ``f(2, 3)`` or ``f((2, 3))``."""

    def factory(*size, generator=None, out=None, dtype=None, device=None, requires_grad=False, **options):
        shape = size_from(size)
        result = _C.empty(shape, dtype=dtype, device=device) if out is None else out.resize_(shape)
        return made(draw(result, generator), requires_grad)

    factory.__doc__ = f"{draw.__doc__[:-1]} a new tensor; the shape is given as ``f(2, 3)`` or ``f((2, 3))``."
    return factory


def drawn_like(draw):
    """Return a factory of tensors like another, filled by ``draw``."""

    def factory(input, *, generator=None, requires_grad=False, **options):
        return made(draw(_C.empty_like(input, **options), generator), requires_grad)

    factory.__doc__ = f"{draw.__doc__[:-1]} a new tensor like ``input``."
    return factory


def draw_uniform(result, generator):
    """Put numbers uniform in [0, 1) into."""
    return result.uniform_(0, 1, generator=generator)


def draw_normal(result, generator):
    """Put numbers of the standard normal distribution into."""
    return result.normal_(0, 1, generator=generator)


rand = op(drawn(draw_uniform), name="rand", method=False)
randn = op(drawn(draw_normal), name="randn", method=False)
rand_like = op(drawn_like(draw_uniform), name="rand_like", method=False)
randn_like = op(drawn_like(draw_normal), name="randn_like", method=False)


@op(method=False)
def randint(
    low=None, high=None, size=None, *, generator=None, out=None, dtype=None, device=None, requires_grad=False, **options
):
    """Return whole numbers uniform in ``[low, high)``: ``randint(high, size)`` or ``randint(low, high, size)``."""
    if size is None:
        low, high, size = 0, low, high
    elif low is None or high is None:
        low, high = 0, low if high is None else high
    if size is None or isinstance(size, int):
        raise TypeError(f"randint(): argument 'size' must be tuple of ints, not {type(size).__name__}")
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    dtype = _C.int64 if dtype is None else dtype
    result = _C.empty(tuple(size), dtype=dtype, device=device) if out is None else out.resize_(size)
    return made(result.random_(low, high, generator=generator), requires_grad)


@op(method=False)
def randint_like(input, low, high=None, *, generator=None, requires_grad=False, **options):
    """Return whole numbers uniform in ``[low, high)`` in a tensor like ``input``."""
    low, high = (0, low) if high is None else (low, high)
    return made(_C.empty_like(input, **options).random_(low, high, generator=generator), requires_grad)


@op(method=False)
def normal(
    mean, std=1.0, size=None, *, generator=None, out=None, dtype=None, device=None, requires_grad=False, **options
):
    """Return normal numbers; ``mean`` and ``std`` are numbers with a ``size``, or one or both are tensors."""
    if size is not None:
        result = _C.empty(tuple(size), dtype=dtype, device=device) if out is None else out.resize_(size)
        return made(result.normal_(mean, std, generator=generator), requires_grad)
    tensors = [x for x in (mean, std) if isinstance(x, _C.Tensor)]
    if not tensors:
        raise TypeError("normal(): numbers for mean and std need the argument 'size'")
    if (
        isinstance(std, _C.Tensor)
        and std.numel()
        and bool((std < 0).any())
        or not isinstance(std, _C.Tensor)
        and std < 0
    ):
        raise RuntimeError(f"normal expects all elements of std >= 0.0, but found std {std}")
    shape = (mean + std).shape
    result = _C.empty(shape, dtype=tensors[0].dtype, device=tensors[0].device) if out is None else out.resize_(shape)
    return result.normal_(0, 1, generator=generator).mul_(std).add_(mean)


@op
def bernoulli(input, p=None, *, generator=None, out=None):
    """Return ones with the probability of each element (or ``p``), zeros otherwise."""
    result = _C.empty_like(input) if out is None else out.resize_(input.shape)
    result.bernoulli_(input.detach() if p is None else p, generator=generator)
    # The draw has a derivative, which is zero.
    return result + input * 0 if out is None and input.requires_grad and _C.is_grad_enabled() else result


@op(out=True)
def multinomial(input, num_samples, replacement=False, *, generator=None):
    """Return ``num_samples`` indices drawn by the weights in the last dimension, with or without replacement."""
    check_weights(input, num_samples, replacement)
    if not replacement or num_samples == 1:
        # The largest p / q with q exponential is the first of a draw without replacement (Efraimidis, Spirakis, 2006).
        keys = input.detach() / _C.empty_like(input).exponential_(1, generator=generator)
        return keys.argmax(-1, keepdim=True) if num_samples == 1 else _C.topk(keys, num_samples)[1]
    cumulative = input.detach().cumsum(-1)
    cumulative = (cumulative / cumulative[..., -1:]).to(_C.float64)
    cumulative[..., -1] = 1
    shape = (*input.shape[:-1], num_samples)
    points = _C.empty(shape, dtype=_C.float64, device=input.device).uniform_(0, 1, generator=generator)
    return _C.searchsorted(cumulative, points)


def check_weights(input, num_samples, replacement):
    """Raise unless ``input`` holds one or several rows of probabilities with enough categories."""
    if not 1 <= input.dim() <= 2:
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if not input.is_floating_point():
        raise RuntimeError(f"multinomial only supports floating-point dtypes for the input, but got {input.dtype}")
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > input.size(-1):
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if not bool(_C.isfinite(input).all()) or bool((input < 0).any()):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if bool((input.sum(-1) == 0).any()):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")


def uniform_doubles(tensor, generator):
    """Return numbers uniform in [0, 1) in double precision, one for each element."""
    return _C.empty(tensor.shape, dtype=_C.float64, device=tensor.device).uniform_(0, 1, generator=generator)


@op(function=False)
def cauchy_(self, median=0, sigma=1, *, generator=None):
    """Fill with numbers of the Cauchy distribution."""
    if sigma <= 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
    return self.copy_(median + sigma * _C.tan(math.pi * (uniform_doubles(self, generator) - 0.5)))


@op(function=False)
def geometric_(self, p, *, generator=None):
    """Fill with the number of trials up to the first success of probability p."""
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
    return self.copy_(_C.ceil(_C.log(uniform_doubles(self, generator)) / math.log1p(-p)))


@op(function=False)
def log_normal_(self, mean=1, std=2, *, generator=None):
    """Fill with exponentials of normal numbers."""
    if std <= 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}")
    normal = _C.empty((self.numel(),), dtype=_C.float64, device=self.device)
    # Fewer than 16 numbers at a time are drawn one by one, which is the order of this distribution.
    for part in normal.split(14):
        part.normal_(mean, std, generator=generator)
    return self.copy_(normal.exp().reshape(self.shape))
