"""Views turned into functions: ``*_copy`` returns a copy of the view, ``*_scatter`` writes into a copy through it."""

from rushlight import _C

from .dimensions import wrap_dim
from .registry import native, op, write_out
from .splitting import split


def copy_of(view):
    """Return the function that gives a fresh tensor instead of a view."""

    def copied(input, *args, **kwargs):
        return view(input, *args, **kwargs).clone()

    copied.__doc__ = "Return a copy of the view of the same name."
    return copied


def copies_of(view):
    """Return the function that gives fresh tensors instead of views, or writes them into ``out`` and returns None."""

    def copied(input, *args, out=None, **kwargs):
        parts = tuple(part.clone() for part in view(input, *args, **kwargs))
        if out is None:
            return parts
        write_out(copied.__name__, parts, out, exact=True)
        return None

    copied.__doc__ = "Return copies of the views of the same name."
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
    "squeeze": lambda input, dim=None: input.squeeze() if dim is None else input.squeeze(dim),
    "t": native("t"),
    "transpose": lambda input, dim0, dim1: input.transpose(dim0, dim1),
    "unfold": lambda input, dimension, size, step: input.unfold(dimension, size, step),
    "unsqueeze": lambda input, dim: input.unsqueeze(dim),
    "view": lambda input, size: input.view(size),
    "view_as_complex": lambda input: _C.view_as_complex(input),
    "view_as_real": lambda input: _C.view_as_real(input),
}

for name, view in VIEWS.items():
    op(copy_of(view), name=f"{name}_copy", method=False, out="exact")

for view in (split, native("split_with_sizes"), native("unbind")):
    op(copies_of(view), name=f"{view.__name__}_copy", method=False)


@op(out="exact")
def narrow_copy(input, dim, start, length):
    """Return a copy of ``length`` slices from ``start`` along ``dim``."""
    if dim >= input.dim():
        raise RuntimeError(f"narrow_copy(): dim {dim} is out of range for a tensor of shape {list(input.shape)}")
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


@op(out=True)
def select_scatter(input, src, dim, index):
    """Return a copy of ``input`` whose slice ``index`` along ``dim`` is ``src``."""
    return scattered(input, src, lambda x: x.select(dim, index))


@op(out="exact")
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """Return a copy of ``input`` whose part ``start:end:step`` along ``dim`` is ``src``."""
    return scattered(input, src, lambda x: sliced(x, dim, start, end, step))


@op(out=True)
def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """Return a copy of ``input`` whose diagonal is ``src``."""
    return scattered(input, src, lambda x: x.diagonal(offset, dim1, dim2))


@op(out=True)
def as_strided_scatter(input, src, size, stride, storage_offset=None):
    """Return a copy of ``input`` whose strided view is ``src``."""
    offset = input.storage_offset() if storage_offset is None else storage_offset
    return scattered(input, src, lambda x: x.as_strided(size, stride, offset))
