"""Quantiles, covariances and histograms."""

from rushlight import _C

from . import return_types
from .autocasting import in_full_precision
from .creation import linspace
from .dimensions import wrap_dim
from .registry import op

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


@op(out="exact")
@in_full_precision
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """Return the q-quantiles along ``dim``, or of all elements; NaN anywhere gives NaN."""
    return quantiles("quantile", input, q, dim, keepdim, interpolation, ignore_nan=False)


@op(out="exact")
@in_full_precision
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """Return the q-quantiles of the elements that are not NaN."""
    return quantiles("nanquantile", input, q, dim, keepdim, interpolation, ignore_nan=True)


def quantiles(name, input, q, dim, keepdim, interpolation, ignore_nan):
    """Sort along ``dim`` and read the ranks ``q (n - 1)``; several q come first in the result's shape."""
    q = check_quantile(name, input, q, interpolation)
    shape = list(input.shape)
    if dim is None:
        source, reduced = input.reshape(1, -1), [1] * input.dim()
    else:
        dim = wrap_dim(dim, input.dim())
        source = (input.reshape(1) if input.dim() == 0 else input).movedim(dim, -1)
        reduced = [1 if i == dim else size for i, size in enumerate(shape)]
    ordered = _C.sort(source, dim=-1)[0]
    values = at_ranks(ordered, ranks_of(ordered, q.flatten(), ignore_nan), interpolation)
    if dim is None:
        values = values.reshape([*reduced, q.numel()])
    else:
        values = values.unsqueeze(dim if shape else 0).reshape([*reduced, q.numel()])
    values = values.movedim(-1, 0)
    if not keepdim:
        values = values.reshape([q.numel(), *([] if dim is None else shape[:dim] + shape[dim + 1 :])])
    return values if q.dim() else values.squeeze(0)


def check_quantile(name, input, q, interpolation):
    """Return q as a tensor after PyTorch's checks."""
    if input.numel() == 0:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if input.dtype not in (_C.float32, _C.float64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    if interpolation not in INTERPOLATIONS:
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}"
        )
    if not isinstance(q, _C.Tensor):
        if not 0 <= q <= 1:
            raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q}")
        return _C.full((), q, dtype=input.dtype, device=input.device)
    if q.dim() > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor")
    if q.dtype != input.dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    if not q.is_meta and not bool(((q >= 0) & (q <= 1)).all()):
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    return q


def ranks_of(ordered, q, ignore_nan):
    """Return the fractional rank of each q in each row of sorted values."""
    if ignore_nan:
        count = (~_C.isnan(ordered)).sum(-1, keepdim=True)
        return (q * (count - 1)).clamp(min=0).to(ordered.dtype)
    last = ordered.size(-1) - 1
    ranks = (q * last).expand(*ordered.shape[:-1], q.numel())
    return _C.where(_C.isnan(ordered[..., -1:]), last, ranks).to(ordered.dtype)


def at_ranks(ordered, ranks, interpolation):
    """Read sorted values at fractional ranks."""
    if interpolation in ("lower", "higher", "nearest"):
        rounding = {"lower": _C.floor, "higher": _C.ceil, "nearest": _C.round}[interpolation]
        return _C.gather(ordered, -1, rounding(ranks).to(_C.int64))
    below = ranks.to(_C.int64)
    low, high = _C.gather(ordered, -1, below), _C.gather(ordered, -1, _C.ceil(ranks).to(_C.int64))
    weight = _C.full_like(ranks, 0.5) if interpolation == "midpoint" else ranks - below
    return _C.lerp(low, high, weight.to(low.dtype))


@op
def cov(input, *, correction=1, fweights=None, aweights=None):
    """Return the covariance matrix of the rows, with whole and real weights of the observations."""
    if input.dim() > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.dim()} dimensions"
        )
    if input.dtype == _C.bool:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    rows = input.reshape(1, -1) if input.dim() < 2 else input
    weights = observation_weights(rows, fweights, aweights)
    total = rows.size(1) if weights is None else weights.sum()
    if weights is not None and float(total) == 0:
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    mean = (rows if weights is None else rows * weights).sum(1, keepdim=True) / total
    freedom = total - correction
    if weights is not None and correction and aweights is not None:
        freedom = total - correction * (weights * aweights).sum() / total
    freedom = freedom.clamp(min=0) if isinstance(freedom, _C.Tensor) else max(freedom, 0)
    centred = rows - mean
    weighted = centred if weights is None else centred * weights
    result = _C.mm(centred, weighted.t().conj()) / freedom
    return result.squeeze()


def observation_weights(rows, fweights, aweights):
    """Return the product of both kinds of weights, or None."""
    for name, weights, fits in (
        ("fweights", fweights, lambda w: not (w.is_floating_point() or w.is_complex() or w.dtype == _C.bool)),
        ("aweights", aweights, lambda w: w.is_floating_point()),
    ):
        if weights is None:
            continue
        if weights.dim() > 1 or weights.numel() != rows.size(1):
            raise RuntimeError(
                f"cov(): expected {name} to have one dimension of the size of the observations ({rows.size(1)})"
            )
        if not fits(weights):
            kind = "integral" if name == "fweights" else "floating point"
            raise RuntimeError(f"cov(): expected {name} to have {kind} dtype but got {name} with {weights.dtype} dtype")
        if bool((weights < 0).any()):
            raise RuntimeError(f"cov(): {name} cannot be negative")
    if fweights is None or aweights is None:
        return aweights if fweights is None else fweights
    return fweights * aweights


@op
def corrcoef(input):
    """Return the matrix of Pearson correlation coefficients of the rows."""
    if input.dim() > 2:
        raise RuntimeError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.dim()} dimensions"
        )
    covariance = cov(input)
    if covariance.dim() == 0:
        return covariance / covariance
    deviation = covariance.diagonal()
    deviation = (deviation.real if deviation.is_complex() else deviation).sqrt()
    result = covariance / deviation.unsqueeze(-1) / deviation.unsqueeze(0)
    if result.is_complex():
        return _C.complex(result.real.clamp(-1, 1), result.imag.clamp(-1, 1))
    return result.clamp(-1, 1)


@op(out="exact")
def histogram(input, bins, *, range=None, weight=None, density=False):
    """Count elements between bin edges: ``bins`` equal ones over ``range``, or the given edges."""
    edges = edges_from(input, bins, range)
    flat = input.reshape(-1, 1)
    counts = counted(flat, [edges], None if weight is None else weight.reshape(-1), density)
    return return_types.histogram((counts, edges))


@op(method=False)
def histogramdd(input, bins, range=None, weight=None, density=False):
    """Count points, the rows of the last dimension, between bin edges in each coordinate."""
    points = input.reshape(-1, input.size(-1))
    per_axis = [bins] * points.size(1) if isinstance(bins, int) else list(bins)
    if len(per_axis) != points.size(1):
        raise RuntimeError(
            f"histogramdd: The size of bins must be equal to the innermost dimension of the input. Got {len(per_axis)}"
        )
    edges = [
        edges_from(points[:, i], b, None if range is None else range[2 * i : 2 * i + 2]) for i, b in enumerate(per_axis)
    ]
    counts = counted(points, edges, None if weight is None else weight.reshape(-1), density)
    return return_types.histogramdd((counts, tuple(edges)))


def edges_from(values, bins, range):
    """Return the bin edges: those given, or equal bins over the range (of the values by default)."""
    if isinstance(bins, _C.Tensor):
        return bins
    if isinstance(bins, (tuple, list)):
        raise TypeError("histogram(): bins must be an int or a tensor of edges")
    if bins <= 0:
        raise RuntimeError(f"torch.histogramdd(): bins must be > 0, but got {bins}")
    if range is not None:
        low, high = range
    else:
        low, high = (values.min().item(), values.max().item()) if values.numel() and not values.is_meta else (0.0, 1.0)
    if low > high:
        raise RuntimeError(f"torch.histogramdd(): min should not exceed max, but got min {low} max {high}")
    if low == high:
        low, high = low - 0.5, high + 0.5
    return linspace(low, high, bins + 1, dtype=values.dtype, device=values.device)


def counted(points, edges, weight, density):
    """Return the (weighted) number of points in each cell; the last bin of an axis includes its upper edge."""
    cell, inside = 0, True
    for axis, edge in enumerate(edges):
        values, bins = points[:, axis].contiguous(), edge.numel() - 1
        place = _C.searchsorted(edge, values, right=True) - 1
        place = _C.where(values == edge[-1], bins - 1, place)
        inside = (values >= edge[0]) & (values <= edge[-1]) & inside
        cell = cell * bins + place
    shape = [edge.numel() - 1 for edge in edges]
    weight = _C.full((points.size(0),), 1, dtype=points.dtype, device=points.device) if weight is None else weight
    total = 1
    for size in shape:
        total *= size
    counts = _C.full((total,), 0, dtype=weight.dtype, device=weight.device)
    cell, weight = _C.where(inside, cell, 0), _C.where(inside, weight, 0)
    counts = _C.index_add(counts, 0, cell, weight).reshape(shape) if total else counts.reshape(shape)
    return densities(counts, edges) if density else counts


def densities(counts, edges):
    """Divide counts by their sum and by the volume of their cells."""
    counts = counts / counts.sum()
    for axis, edge in enumerate(edges):
        widths = edge[1:] - edge[:-1]
        counts = counts / widths.reshape([-1 if i == axis else 1 for i in range(counts.dim())])
    return counts
