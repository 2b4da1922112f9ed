"""Operators that give a tensor another shape without changing its elements."""

import math
import warnings

from rushlight import _C

from .dimensions import require_ints, size_from, tensors_from, wrap_dim
from .registry import op
from .type_names import type_name


@op
def unflatten(input, dim, sizes):
    """Split dimension ``dim`` into ``sizes``, one of which may be -1."""
    sizes = (sizes,) if isinstance(sizes, int) else tuple(sizes)
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    dim, shape = wrap_dim(dim, input.dim()), tuple(input.shape)
    known = math.prod(size for size in sizes if size != -1)
    if sizes.count(-1) == 1 and known and shape[dim] % known == 0:
        sizes = tuple(shape[dim] // known if size == -1 else size for size in sizes)
    if math.prod(sizes) != shape[dim] or min(sizes) < 0:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({shape[dim]}) "
            "in the input tensor"
        )
    return input.view(shape[:dim] + sizes + shape[dim + 1 :])


@op
def ravel(input):
    """Return all elements in one contiguous dimension."""
    return input.contiguous().view(-1)


@op(aliases=("moveaxis",))
def movedim(input, source, destination):
    """Move the dimensions ``source`` to the places ``destination``, keeping the order of the others."""
    require_ints("source", source)
    require_ints("destination", destination)
    source = (source,) if isinstance(source, int) else tuple(source)
    destination = (destination,) if isinstance(destination, int) else tuple(destination)
    if len(source) != len(destination):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: source "
            f"({list(source)} dims) should contain the same number of dims as destination ({list(destination)} dims)"
        )
    source = [wrap_dim(d, input.dim()) for d in source]
    destination = [wrap_dim(d, input.dim()) for d in destination]
    for name, dims in (("source", source), ("destination", destination)):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({dims})")
    rest = iter(d for d in range(input.dim()) if d not in source)
    placed = dict(zip(destination, source))
    return input.permute([placed[d] if d in placed else next(rest) for d in range(input.dim())])


@op
def adjoint(input):
    """Return the conjugate transpose of the last two dimensions."""
    if input.dim() == 0:
        return input.conj()
    if input.dim() == 1:
        raise RuntimeError("tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return input.transpose(-2, -1).conj()


def reversed_dims(input):
    """The tensor with its dimensions in reverse order (``Tensor.T``)."""
    return input.permute(tuple(range(input.dim() - 1, -1, -1)))


def matrix_transpose(input):
    """The tensor with its last two dimensions swapped (``Tensor.mT``)."""
    if input.dim() == 0:
        warnings.warn(
            "Tensor.mT is deprecated on 0-D tensors. This function is the identity in these cases.", stacklevel=2
        )
        return input
    if input.dim() < 2:
        raise RuntimeError(
            f"tensor.mT is only supported on matrices or batches of matrices. Got {input.dim()}-D tensor."
        )
    return input.transpose(-2, -1)


def hermitian(input):
    """The conjugate transpose of a matrix (``Tensor.H``)."""
    if input.dim() not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {input.dim()}-D tensor. "
            "For batches of matrices, consider using tensor.mH"
        )
    return adjoint(input)


def matrix_hermitian(input):
    """The conjugate transpose of the last two dimensions (``Tensor.mH``)."""
    if input.dim() == 1:
        raise RuntimeError("tensor.mH is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return adjoint(input)


def complex_part(read):
    """Return the property that reads a part of complex numbers as a view and writes through it."""
    return property(read, lambda self, value: read(self).copy_(value))


PROPERTIES = {
    "T": property(reversed_dims),
    "mT": property(matrix_transpose),
    "H": property(hermitian),
    "mH": property(matrix_hermitian),
    "real": complex_part(_C.real),
    "imag": complex_part(_C.imag),
}


@op(function=False)
def expand_as(self, other):
    """Expand to the shape of ``other``."""
    return self.expand(other.shape)


@op(function=False)
def view_as(self, other):
    """View with the shape of ``other``."""
    return self.view(other.shape)


@op(function=False)
def reshape_as(self, other):
    """Reshape to the shape of ``other``."""
    return self.reshape(other.shape)


@op
def broadcast_to(input, size):
    """Expand to the shape ``size``."""
    return input.expand(size)


@op(method=False)
def broadcast_shapes(*shapes):
    """Return the shape that tensors of the given shapes broadcast to."""
    shapes = [(shape,) if isinstance(shape, int) else tuple(shape) for shape in shapes]
    result = [1] * max(map(len, shapes), default=0)
    for number, shape in enumerate(shapes):
        for i, size in enumerate(shape, len(result) - len(shape)):
            if size < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension ({size}): ({size})")
            if size != 1 and result[i] not in (1, size):
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {size} at {i - len(result)}! Mismatching argument at "
                    f"index {number} had {shape}; but expected shape should be broadcastable to {result}"
                )
            result[i] = result[i] if size == 1 else size
    return _C.Size(result)


@op(method=False)
def broadcast_tensors(*tensors):
    """Expand all tensors to their common shape."""
    tensors = tensors_from(tensors)
    shape = broadcast_shapes(*[tensor.shape for tensor in tensors])
    return tuple(tensor.expand(shape) for tensor in tensors)


@op(method=False)
def atleast_1d(*tensors):
    """Return each tensor with at least one dimension."""
    return map_atleast(lambda x: x.reshape(1) if x.dim() == 0 else x, tensors)


@op(method=False)
def atleast_2d(*tensors):
    """Return each tensor with at least two dimensions, new ones in front."""
    return map_atleast(lambda x: x.reshape(1, 1) if x.dim() == 0 else x.unsqueeze(0) if x.dim() == 1 else x, tensors)


@op(method=False)
def atleast_3d(*tensors):
    """Return each tensor with at least three dimensions: ``(1, n, 1)`` for a vector, ``(m, n, 1)`` for a matrix."""
    return map_atleast(grow_to_3d, tensors)


def grow_to_3d(x):
    """Add dimensions of size one until there are three."""
    if x.dim() == 0:
        return x.reshape(1, 1, 1)
    if x.dim() == 1:
        return x.unsqueeze(0).unsqueeze(-1)
    return x.unsqueeze(-1) if x.dim() == 2 else x


def map_atleast(grow, tensors):
    """Apply ``grow`` to one tensor, or to each of several into a tuple."""
    if len(tensors) == 1 and isinstance(tensors[0], _C.Tensor):
        return grow(tensors[0])
    return tuple(grow(tensor) for tensor in tensors_from(tensors))


@op
def tile(input, *dims):
    """Repeat the tensor ``dims[i]`` times along dimension i; missing counts in front are one."""
    counts = size_from(dims)
    return input.repeat((1,) * (input.dim() - len(counts)) + counts)


@op
def rot90(input, k=1, dims=(0, 1)):
    """Rotate ``k`` times by 90 degrees in the plane of ``dims``, from the first towards the second."""
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.dim() < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.dim()}")
    first, second = dims
    if first == second or abs(first - second) == input.dim():
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {first} and dim1 = {second}")
    k %= 4
    if k == 0:
        return input.clone()
    if k == 2:
        return input.flip((first, second))
    return input.flip((second if k == 1 else first,)).transpose(first, second)


@op
def fliplr(input):
    """Reverse the second dimension."""
    if input.dim() < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return input.flip((1,))


@op
def flipud(input):
    """Reverse the first dimension."""
    if input.dim() < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return input.flip((0,))


@op
def numel(input):
    """Return the number of elements."""
    return math.prod(input.shape)


@op(function=False, aliases=("ndimension",))
def dim(self):
    """Return the number of dimensions."""
    return len(self.shape)


@op(function=False, name="nelement")
def nelement(self):
    """Return the number of elements."""
    return self.numel()


@op(function=False)
def sum_to_size(self, *size):
    """Sum the dimensions that broadcasting to this tensor's shape from ``size`` would have expanded."""
    size = size_from(size)
    lead = self.dim() - len(size)
    if lead < 0 or any(s not in (1, n) for s, n in zip(size, tuple(self.shape)[max(lead, 0) :])):
        raise RuntimeError(f"size {{{list(size)}}} is not expandable to size {{{list(self.shape)}}}.")
    dims = [*range(lead), *(i + lead for i, s in enumerate(size) if s == 1 and self.shape[i + lead] != 1)]
    if not size:
        return self.sum()
    return self.sum(dims, keepdim=True).view(size) if dims else self


@op
def positive(input):
    """Return the input; ``NotImplementedError`` for booleans."""
    if input.dtype == _C.bool:
        raise NotImplementedError("The `+` operator, on a bool tensor is not supported.")
    return input


@op
def repeat_interleave(input, repeats=None, dim=None, *, output_size=None):
    """Repeat each element along ``dim`` (of the flattened tensor by default) ``repeats`` times.

    With ``repeats`` alone, a vector of counts, return the index of each repetition.
    """
    if repeats is None:
        return repeated_positions(input, output_size)
    if dim is None:
        input, dim = input.flatten(), 0
    dim = wrap_dim(dim, input.dim())
    length = input.size(dim) if input.dim() else 1
    if isinstance(repeats, int) or repeats.numel() == 1:
        return repeat_each(input.reshape(1) if input.dim() == 0 else input, int(repeats), dim)
    if repeats.dim() != 1 or repeats.numel() != length:
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got repeats.size(0) = {repeats.numel()} "
            f"and input.size({dim}) = {length}"
        )
    return input.index_select(dim, repeated_positions(repeats, output_size).to(_C.int64))


def repeat_each(input, count, dim):
    """Repeat every slice along ``dim`` the same number of times."""
    if count < 0:
        raise RuntimeError("Repeats must be non-negative")
    return (
        input.unsqueeze(dim + 1).expand(*input.shape[: dim + 1], count, *input.shape[dim + 1 :]).flatten(dim, dim + 1)
    )


def repeated_positions(repeats, output_size):
    """Return 0 repeated ``repeats[0]`` times, then 1 repeated ``repeats[1]`` times, and so on."""
    if repeats.dim() != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if repeats.dtype not in (_C.int64, _C.int32, _C.int16, _C.int8, _C.uint8):
        raise NotImplementedError(
            f"\"repeat_interleave_cpu\" not implemented for '{type_name(repeats.dtype)}': convert the repeats with .long()"
        )
    if bool((repeats < 0).any()):
        raise RuntimeError("repeats can not be negative")
    ends = repeats.cumsum(0)
    total = int(ends[-1]) if repeats.numel() else 0
    if output_size is not None and output_size != total:
        raise RuntimeError("allocated size does not match required size")
    return _C.searchsorted(ends, _C.arange(total, device=repeats.device), right=True).to(repeats.dtype)


@op
def resolve_conj(input):
    """Return the input: conjugation is never lazy here."""
    return input


@op
def resolve_neg(input):
    """Return the input: negation is never lazy here."""
    return input
