"""Sorting, ranks and distinct values."""

from rushlight import _C

from . import return_types
from .registry import native, op


def named(name):
    """Give the native row ``name`` a result with named fields."""
    row, result_type = native(name), getattr(return_types, name)

    def call(input, *args, **kwargs):
        return result_type(row(input, *args, **kwargs))

    call.__doc__ = f"Return the values and indices of ``{name}`` with named fields."
    return op(call, name=name, overload=True, out="exact")


for name in ("topk", "kthvalue", "mode", "cummax", "cummin"):
    named(name)


@op(overload=True, out="exact")
def sort(input, dim=-1, descending=False, stable=False):
    """Return the elements in order along ``dim`` and their former indices."""
    if isinstance(dim, bool):
        dim, descending = -1, dim
    return return_types.sort(_C.sort(input, dim=dim, descending=descending, stable=bool(stable)))


@op(out=True)
def argsort(input, dim=-1, descending=False, stable=False):
    """Return the indices that put the elements in order along ``dim``."""
    return _C.sort(input, dim=dim, descending=descending, stable=bool(stable))[1]


@op(out="exact")
def msort(input):
    """Return the elements in order along the first dimension."""
    return _C.sort(input, dim=0)[0] if input.dim() else input.clone()


@op(method=False, out="exact")
def bucketize(input, boundaries, *, out_int32=False, right=False):
    """Return the index of the interval between ``boundaries`` that each element falls in."""
    if boundaries.dim() != 1:
        raise RuntimeError(f"bucketize(): boundaries tensor must be 1 dimension, but got dim({boundaries.dim()})")
    if not isinstance(input, _C.Tensor):
        input = _C.tensor(input, device=boundaries.device)
    return _C.searchsorted(boundaries, input, out_int32=out_int32, right=right)


def pruned(results, wanted):
    """Return the wanted results: one alone, or several as a tuple."""
    kept = tuple(result for result, want in zip(results, (True, *wanted)) if want)
    return kept if len(kept) > 1 else kept[0]


@op(overload=True)
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """Return the distinct elements (or slices along ``dim``) in order, with their inverse indices and counts."""
    if dim is None:
        results = _C.unique(input, sorted, return_inverse, return_counts)
    else:
        results = _C.unique_dim(input, dim, sorted, return_inverse, return_counts)
    return pruned(results, (return_inverse, return_counts))


@op(overload=True)
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """Return the elements (or slices along ``dim``) without repetitions of the one before."""
    results = _C.unique_consecutive(input, return_inverse, return_counts, dim)
    return pruned(results, (return_inverse, return_counts))
