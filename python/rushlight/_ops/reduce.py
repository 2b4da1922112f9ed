"""Reductions built from the native rows."""

import math

from rushlight import _C

from . import return_types
from .dimensions import wrap_dim, wrap_dims
from .math import as_float
from .registry import native, op
from .type_names import type_name


def extremum(name, whole, along, elementwise, node):
    """Return ``max`` or ``min`` with its three calling forms: all elements, along a dim, against another tensor."""
    result_type = getattr(return_types, name)

    def reduce(input, dim=None, keepdim=False, *, other=None):
        other = dim if isinstance(dim, _C.Tensor) else other
        if other is not None:
            return elementwise(input, other)
        if dim is not None:
            return result_type(along(input, dim, keepdim))
        if input.numel() == 0:
            raise RuntimeError(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
                "Specify the reduction dim with the 'dim' argument."
            )
        # Of values that are equal, or all NaN, each gets an equal part of the gradient.
        found = _C._evenly(input, whole(input.detach())) if input.requires_grad else whole(input)
        return _C._label(found, node)

    reduce.__doc__ = f"Return the {name} of all elements, values and indices along ``dim``, or that with ``other``."
    return reduce


max_ = op(
    extremum("max", native("amax"), native("max_dim"), native("maximum"), "MaxBackward1"), name="max", out="exact"
)
min_ = op(
    extremum("min", native("amin"), native("min_dim"), native("minimum"), "MinBackward1"), name="min", out="exact"
)


@op(out="exact")
def aminmax(input, *, dim=None, keepdim=False):
    """Return the smallest and the largest element, of all or along ``dim``."""
    if dim is None and input.numel() == 0:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    dims = [] if dim is None else [wrap_dim(dim, input.dim())]
    return return_types.aminmax((_C.amin(input, dims, keepdim), _C.amax(input, dims, keepdim)))


@op(out=True)
def prod(input, dim=None, keepdim=False, *, dtype=None):
    """Return the product of all elements or along ``dim``."""
    return _C._prod(input, dim, keepdim, dtype=dtype)


def vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    """Return ``(sum |x|^ord)^(1 / ord)`` of all elements or along ``dim``; at zero the gradient is zero."""
    return _C._label(unlabelled_norm(x, ord, dim, keepdim, dtype), "LinalgVectorNormBackward0")


def unlabelled_norm(x, ord, dim, keepdim, dtype):
    """`vector_norm`, whose last node has the name of the operation that ends it."""
    x = x if dtype is None else x.to(dtype)
    if not (x.is_floating_point() or x.is_complex()):
        raise NotImplementedError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {type_name(x.dtype)}"
        )
    dims = list(range(x.dim())) if dim is None else dim
    if ord == 2 and x.dtype in (_C.float32, _C.float64):
        return root(_C._square_sum(x, dims, keepdim))
    size = x.abs()
    if ord == math.inf:
        return _C.amax(size, dims, keepdim) if x.numel() or ord < 0 else size.sum(dims, keepdim)
    if ord == -math.inf:
        return _C.amin(size, dims, keepdim)
    if ord == 0:
        return _C.where(size == 0, size * 0, 1).sum(dims, keepdim)
    if ord == 1:
        return size.sum(dims, keepdim)
    if size.dtype in (_C.float16, _C.bfloat16):
        return root_of_powers(size.to(_C.float32), ord, dims, keepdim).to(size.dtype)
    return root_of_powers(size, ord, dims, keepdim)


def root_of_powers(size, ord, dims, keepdim):
    """Return ``(sum size^ord)^(1 / ord)`` with a gradient of zero where size or sum is zero."""
    if ord == 2:
        return root(size.square().sum(dims, keepdim))
    powers = (
        size.pow(ord)
        if ord > 1
        else _C.where(size == 0, 0.0**ord if ord > 0 else math.inf, _C.where(size == 0, 1, size).pow(ord))
    )
    total = powers.sum(dims, keepdim)
    return _C.where(total == 0, 0, _C.where(total == 0, 1, total).pow(1 / ord))


def root(total):
    """Return the square root with a gradient of zero at zero."""
    return _C.where(total == 0, 0, _C.where(total == 0, 1, total).sqrt())


@op(out=True)
def nansum(input, dim=None, keepdim=False, *, dtype=None):
    """Return the sum with NaN counted as zero."""
    if input.is_complex():
        raise NotImplementedError("nansum on CPU does not support complex inputs")
    kept = _C.where(_C.isnan(input), 0, input) if input.is_floating_point() else input
    return kept.sum(dim=dim, keepdim=keepdim, dtype=dtype)


@op(out=True)
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """Return the mean of the elements that are not NaN."""
    if not (input.is_floating_point() or input.is_complex()):
        raise RuntimeError(f"nanmean(): expected input to have floating point or complex dtype but got {input.dtype}")
    present = ~_C.isnan(input)
    count = present.sum(dim=dim, keepdim=keepdim)
    return _C.where(present, input, 0).sum(dim=dim, keepdim=keepdim, dtype=dtype) / count


@op(out=True)
def logsumexp(input, dim, keepdim=False):
    """Return ``log(sum(exp(input)))`` along ``dim`` without overflow."""
    input = as_float(input)
    dims = wrap_dims(dim, input.dim())
    if input.numel() == 0:
        return input.exp().sum(dims, keepdim=keepdim).log()
    real = input.detach().real if input.is_complex() else input.detach()
    top = _C.amax(real, dims, True)
    top = _C.where(_C.isinf(top), 0, top)
    total = (input - top).exp().sum(dims, keepdim=keepdim).log()
    return _C._label(total + top.reshape(total.shape), "LogsumexpBackward0")


def variance(input, dim, unbiased, correction, keepdim):
    """Return variance and mean for the calling forms ``var(unbiased)`` and ``var(dim, unbiased | correction=)``."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None or unbiased else 0
    return _C._var_mean(input, dim, correction, keepdim)


@op(overload=True, out=True)
def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Return ``sum((x - mean)^2) / (n - correction)``, of all elements or along ``dim``."""
    return _C._label(variance(input, dim, unbiased, correction, keepdim)[0], "VarBackward0")


@op(overload=True, out=True)
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Return the square root of the variance."""
    return deviation(variance(input, dim, unbiased, correction, keepdim)[0])


def deviation(variance):
    """Return the square root of a variance, with a gradient of zero where all elements are equal."""
    if not variance.requires_grad:
        return variance.sqrt()
    constant = variance == 0
    root = _C.where(constant, 0, _C.where(constant, 1, variance).sqrt())
    return _C._label(root, "StdBackward0")


@op(method=False)
def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Return the variance and the mean."""
    return variance(input, dim, unbiased, correction, keepdim)


@op(method=False)
def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Return the standard deviation and the mean."""
    variance, mean = var_mean(input, dim, unbiased, keepdim, correction=correction)
    return deviation(variance), mean


@op(out="exact")
def norm(input, p="fro", dim=None, keepdim=False, dtype=None):
    """Return the p-norm of all elements or along ``dim``; ``"fro"`` is the 2-norm, ``"nuc"`` sums singular values."""
    if p == "nuc":
        return nuclear_norm(input if dtype is None else input.to(dtype), dim, keepdim)
    if isinstance(p, str) and p != "fro":
        raise RuntimeError(f"only valid string values are 'fro' and 'nuc', found: {p}")
    order = 2.0 if p is None or p == "fro" else p
    dim = [dim] if isinstance(dim, int) else dim
    if dim is not None and p == "fro" and len(dim) > 2:
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dim)}")
    return vector_norm(input, order, dim, keepdim, dtype=dtype)


def nuclear_norm(input, dim, keepdim):
    """Return the sum of the singular values of the matrices in ``dim``."""
    from rushlight import linalg

    return linalg.matrix_norm(input, "nuc", (-2, -1) if dim is None else tuple(dim), keepdim)


@op
def dist(input, other, p=2):
    """Return the p-norm of ``input - other``."""
    return _C._label(unlabelled_norm(input - other, p, None, False, None), "DistBackward0")


@op(inplace=True, out="exact")
def renorm(input, p, dim, maxnorm):
    """Scale down each slice along ``dim`` whose p-norm is above ``maxnorm``."""
    if isinstance(p, complex) or p <= 0:
        raise RuntimeError("renorm: non-positive norm not supported")
    if input.dim() < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.dim()} dimensions")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    keep = wrap_dim(dim, input.dim())
    norms = vector_norm(input, p, [d for d in range(input.dim()) if d != keep], True)
    return input * _C.where(norms > maxnorm, maxnorm / (norms + 1e-7), 1).to(norms.dtype)


def middle(name, order, node):
    """Return ``median`` or ``nanmedian``: the lower of the two middle elements."""
    result_type = getattr(return_types, name)

    def reduce(input, dim=None, keepdim=False):
        if dim is not None:
            return result_type(order(input, dim, keepdim))
        if input.numel() == 0:
            return _C.full((), math.nan, dtype=input.dtype, device=input.device)
        value = order(input.detach().flatten(), 0, False)[0]
        return _C._label(_C._evenly(input, value), node) if input.requires_grad else value

    reduce.__doc__ = f"Return the {name} of all elements, the lower middle one, or values and indices along ``dim``."
    return reduce


def nanmedian_dim(input, dim, keepdim=False):
    """Return values and indices of the median of the elements that are not NaN."""
    dim = wrap_dim(dim, input.dim())
    if not input.is_floating_point():
        return _C.median_dim(input, dim, keepdim)
    if input.dim() == 0:
        return input.clone(), _C.full((), 0, dtype=_C.int64, device=input.device)
    ordered, indices = _C.sort(input, dim=dim)
    rank = ((~_C.isnan(input)).sum(dim, keepdim=True) - 1).clamp(min=0) // 2
    results = _C.gather(ordered, dim, rank), _C.gather(indices, dim, rank)
    return results if keepdim else tuple(result.squeeze(dim) for result in results)


median = op(middle("median", native("median_dim"), "MedianBackward0"), name="median", out=True)
nanmedian = op(middle("nanmedian", nanmedian_dim, "NanmedianBackward0"), name="nanmedian", out=True)
