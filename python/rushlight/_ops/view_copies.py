"""Views turned into functions: ``*_copy`` returns a copy of the view, ``*_scatter`` writes into a copy through it."""

from rushlight import _C

from .dimensions import wrap_dim
from .registry import native, op
from .shape import t
from .splitting import split, split_with_sizes, unbind


def copy_of(view):
    """Register ``<name>_copy``, which returns a fresh tensor (or several) instead of a view."""

    def copied(input, *args, **kwargs):
        result = view(input, *args, **kwargs)
        return tuple(part.clone() for part in result) if isinstance(result, tuple) else result.clone()

    copied.__doc__ = "Return a copy of the view of the same name."
    return copied


VIEWS = {
    "alias": lambda input: input.view(input.shape),
    "as_strided": native("as_strided"),
    "detach": lambda input: input.detach(),
    "diagonal": lambda input, offset=0, dim1=0, dim2=1: input.diagonal(offset, dim1, dim2),
    "expand": lambda input, size, *, implicit=False: input.expand(size),
    "permute": lambda input, dims: input.permute(dims),
    "select": lambda input, dim, index: input.select(dim, index),
    "slice": lambda input, dim=0, start=None, end=None, step=1: sliced(input, dim, start, end, step),
    "split": split,
    "split_with_sizes": split_with_sizes,
    "squeeze": lambda input, *dim: input.squeeze(*dim),
    "t": t,
    "transpose": lambda input, dim0, dim1: input.transpose(dim0, dim1),
    "unbind": unbind,
    "unfold": lambda input, dimension, size, step: input.unfold(dimension, size, step),
    "unsqueeze": lambda input, dim: input.unsqueeze(dim),
    "view": lambda input, size: input.view(size),
    "view_as_complex": lambda input: _C.view_as_complex(input),
    "view_as_real": lambda input: _C.view_as_real(input),
}

for name, view in VIEWS.items():
    op(copy_of(view), name=f"{name}_copy", method=False, out=True)


@op(out=True)
def narrow_copy(input, dim, start, length):
    """Return a copy of ``length`` slices from ``start`` along ``dim``."""
    return input.narrow(dim, start, length).clone()


def sliced(input, dim, start, end, step):
    """Return the view ``input[start:end:step]`` along ``dim``."""
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    index = [slice(None)] * input.dim()
    index[wrap_dim(dim, input.dim())] = slice(start, end, step)
    return input[tuple(index)]


def scattered(input, src, view):
    """Return a copy of ``input`` with ``src`` written through ``view``."""
    result = input.clone()
    target = view(result)
    if target.shape != src.shape:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {list(src.shape)}, "
            f"slice size = {list(target.shape)}"
        )
    target.copy_(src)
    return result


@op
def select_scatter(input, src, dim, index):
    """Return a copy of ``input`` whose slice ``index`` along ``dim`` is ``src``."""
    return scattered(input, src, lambda x: x.select(dim, index))


@op
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """Return a copy of ``input`` whose part ``start:end:step`` along ``dim`` is ``src``."""
    return scattered(input, src, lambda x: sliced(x, dim, start, end, step))


@op
def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """Return a copy of ``input`` whose diagonal is ``src``."""
    return scattered(input, src, lambda x: x.diagonal(offset, dim1, dim2))


@op
def as_strided_scatter(input, src, size, stride, storage_offset=None):
    """Return a copy of ``input`` whose strided view is ``src``."""
    offset = input.storage_offset() if storage_offset is None else storage_offset
    return scattered(input, src, lambda x: x.as_strided(size, stride, offset))
