"""Products of vectors, matrices and tensors, and distances between rows."""

import math

from rushlight import _C

from .autocasting import in_full_precision, in_low_precision, in_own_precision
from .dimensions import tensors_from, wrap_dim
from .reduce import vector_norm
from .registry import op


@op(out=True, aliases=("ger",))
def outer(input, vec2):
    """Return the matrix of products ``input[i] vec2[j]``."""
    for name, vector in (("self", input), ("vec2", vec2)):
        if vector.dim() != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {vector.dim()}-D")
    return input.unsqueeze(1) * vec2


@op(out="exact")
@in_own_precision
def mv(input, vec):
    """Return the matrix-vector product."""
    if input.dim() != 2 or vec.dim() != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {input.dim()}, {vec.dim()}")
    return _C._label(_C.matmul(input, vec), "MvBackward0")


@op(out="exact")
@in_own_precision
def vdot(input, other):
    """Return the dot product of the conjugate of ``input`` with ``other``."""
    return _C.dot(input.conj(), other)


@op(out="exact")
def inner(input, other):
    """Return the sums of products over the last dimensions of both tensors."""
    if input.dim() == 0 or other.dim() == 0:
        return input * other
    if input.size(-1) != other.size(-1):
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    if input.dim() == other.dim() == 1:
        return _C.dot(input, other)
    return tensordot(input, other, dims=([-1], [-1]))


def scaled_sum(input, product, beta, alpha):
    """Return ``beta * input + alpha * product``; nothing of ``input`` is read when beta is zero."""
    if not (product.is_floating_point() or product.is_complex()):
        beta, alpha = int(beta), int(alpha)
    product = product if alpha == 1 else alpha * product
    if beta == 0:
        return product
    return (input if beta == 1 else beta * input) + product


@op(inplace=True, out="exact")
@in_own_precision
def addmv(input, mat, vec, *, beta=1, alpha=1):
    """Return ``beta * input + alpha * (mat @ vec)``."""
    return scaled_sum(input, mv(mat, vec), beta, alpha)


@op(inplace=True, out=True)
def addr(input, vec1, vec2, *, beta=1, alpha=1):
    """Return ``beta * input + alpha * outer(vec1, vec2)``."""
    product = outer(vec1, vec2)
    if input.dtype == _C.bool and product.dtype == _C.bool:
        product = product & bool(alpha)
        return product if not beta else input | product
    return scaled_sum(input, product, beta, alpha)


@op(inplace=True, out="exact")
@in_low_precision
def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """Return ``beta * input + alpha * sum(batch1 @ batch2)`` over the batch."""
    return scaled_sum(input, _C.bmm(batch1, batch2).sum(0, dtype=batch1.dtype), beta, alpha)


@op(method=False)
def chain_matmul(*matrices, out=None):
    """Return the product of the matrices in the order that needs the fewest multiplications."""
    from rushlight import linalg

    matrices = tensors_from(matrices)
    result = matrices[0] if len(matrices) == 1 else linalg.multi_dot(matrices)
    return result if out is None else out.resize_(result.shape).copy_(result)


@op(method=False, out="exact")
def tensordot(a, b, dims=2):
    """Return the sums of products over the last ``dims`` dimensions of ``a`` and the first of ``b``, or pairs."""
    first, second = contracted_dims(a, b, dims)
    if len(first) != len(second):
        raise RuntimeError("both dimension lists should have same length")
    for i, j in zip(first, second):
        if a.size(i) != b.size(j) and 1 not in (a.size(i), b.size(j)):
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.size(i)} in dim {i} "
                f"and second has size {b.size(j)} in dim {j}"
            )
        if a.size(i) != b.size(j):
            a, b = (summed(a, i), b) if b.size(j) == 1 else (a, summed(b, j))
    if len(first) == a.dim() == b.dim():
        return _C.dot(a.permute(first).reshape(-1), b.permute(second).reshape(-1))
    kept_a = [d for d in range(a.dim()) if d not in first]
    kept_b = [d for d in range(b.dim()) if d not in second]
    inner_size = math.prod(a.size(d) for d in first)
    left = a.permute(kept_a + first).reshape(math.prod(a.size(d) for d in kept_a), inner_size)
    right = b.permute(second + kept_b).reshape(inner_size, math.prod(b.size(d) for d in kept_b))
    return _C.mm(left, right).reshape([a.size(d) for d in kept_a] + [b.size(d) for d in kept_b])


def summed(input, dim):
    """Return the sum along ``dim``, kept with size one, in the tensor's own type."""
    return input.sum(dim, keepdim=True, dtype=input.dtype)


def contracted_dims(a, b, dims):
    """Return the two lists of contracted dims."""
    if isinstance(dims, _C.Tensor):
        dims = dims.tolist() if dims.dim() else dims.item()
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.dim(), b.dim()):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        return list(range(a.dim() - dims, a.dim())), list(range(dims))
    return [wrap_dim(d, a.dim()) for d in dims[0]], [wrap_dim(d, b.dim()) for d in dims[1]]


@op(out=True)
def kron(input, other):
    """Return the Kronecker product: blocks ``input[i, j] * other``."""
    ndim = max(input.dim(), other.dim())
    pairs = [(1,) * (ndim - x.dim()) + tuple(x.shape) for x in (input, other)]
    spread = [size for n in pairs[0] for size in (n, 1)], [size for n in pairs[1] for size in (1, n)]
    shape = [m * n for m, n in zip(*pairs)]
    return (input.reshape(spread[0]) * other.reshape(spread[1])).reshape(shape)


@op(out="exact")
def cross(input, other, dim=None):
    """Return the cross product along ``dim``, by default the first dimension of size 3."""
    if dim is None:
        dim = next((i for i, size in enumerate(input.shape) if size == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    return linalg_cross(input, other, dim=dim)


def linalg_cross(input, other, *, dim=-1):
    """Return the cross product of vectors of three elements along ``dim``, the others broadcast."""
    if input.dim() != other.dim():
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    dim = wrap_dim(dim, input.dim())
    if input.size(dim) != 3 or other.size(dim) != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.size(dim)} and {other.size(dim)}"
        )
    # The roll by one and by two gives each component its two partners.
    a1, a2, b1, b2 = (_C.roll(x, shift, dim) for x in (input, other) for shift in (-1, -2))
    return a1 * b2 - a2 * b1


@op(method=False)
@in_full_precision
def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """Return the p-norm distances between the rows of ``x1`` and those of ``x2``, per batch."""
    modes = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
    if compute_mode not in modes:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    for name, x in (("X1", x1), ("X2", x2)):
        if x.dim() < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.dim()}D")
    if x1.size(-1) != x2.size(-1):
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {x1.size(-1)} X2: {x2.size(-1)}")
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    many = x1.size(-2) > 25 or x2.size(-2) > 25
    if p == 2 and (compute_mode == modes[1] or compute_mode == modes[0] and many):
        return euclidean(x1, x2)
    return length(x1.unsqueeze(-2) - x2.unsqueeze(-3), p)


def length(difference, p):
    """Return the p-norm along the last dimension, of NaN where that has one; for infinite p every extreme gets the gradient."""
    if p == 0:
        return difference.abs().ceil().clamp(max=1).sum(-1)
    if p == math.inf and difference.size(-1):
        return _C._chebyshev(difference)
    return vector_norm(difference, p, [-1], False)


def euclidean(x1, x2):
    """Return ``sqrt(|a|^2 - 2 a.b + |b|^2)``, one matrix product; equal rows get no gradient."""
    square = x1.square().sum(-1, keepdim=True) + x2.square().sum(-1).unsqueeze(-2) - 2 * _C.matmul(x1, x2.mT)
    apart = square > 0
    return _C.where(apart, _C.where(apart, square, 1).sqrt(), 0)


@op(method=False)
def pdist(input, p=2.0):
    """Return the p-norm distances between all pairs of rows, in the order of the upper triangle."""
    if input.dim() != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.dim()}D")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    from .diagonals import triu_indices

    first, second = triu_indices(input.size(0), input.size(0), 1, device=input.device).unbind(0)
    return length(input.index_select(0, first) - input.index_select(0, second), p)


@op(method=False)
@in_own_precision
def bilinear(input1, input2, weight, bias=None):
    """Return ``input1 W_k input2 + b_k`` for each output k; weight has shape (out, in1, in2)."""
    if input1.dim() != input2.dim():
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.dim()} and {input2.dim()}")
    for i in range(input1.dim() - 1):
        if input1.size(i) != input2.size(i):
            raise RuntimeError(
                f"bilinear(): input batch dimensions do not match at dim {i}: got {input1.size(i)} and {input2.size(i)}"
            )
    for k, x in ((1, input1), (2, input2)):
        if x.size(-1) != weight.size(k):
            raise RuntimeError(
                f"bilinear(): input{k} size does not match weight size: got {x.size(-1)} but expected {weight.size(k)}"
            )
    left = tensordot(input1, weight, dims=([-1], [1]))
    result = (left * input2.unsqueeze(-2)).sum(-1, dtype=left.dtype)
    return result if bias is None else result + bias
