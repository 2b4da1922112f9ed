"""Parameters of distributions: broadcast together, or given as probabilities or as logits."""

import math
from numbers import Number

import rushlight as rl


def broadcast_all(*values):
    """Return ``values`` as tensors of one shape; numbers get the dtype of the first tensor.

    Raises ValueError for what is neither a number nor a tensor.
    """
    tensors = [v for v in values if isinstance(v, rl.Tensor)]
    if not all(isinstance(v, rl.Tensor | Number) for v in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__."
        )
    like = {"dtype": tensors[0].dtype, "device": tensors[0].device} if tensors else {"dtype": rl.get_default_dtype()}
    return rl.broadcast_tensors(*(v if isinstance(v, rl.Tensor) else rl.tensor(v, **like) for v in values))


def scalar_shape(*values):
    """Return whether all of ``values`` are plain numbers."""
    return all(isinstance(v, Number) for v in values)


def shape_of(parameter, *values):
    """Return the batch shape of a distribution: none when all of ``values`` are plain numbers."""
    return rl.Size() if scalar_shape(*values) else parameter.size()


def one_of(kind, **given):
    """Raise ValueError unless exactly one of ``given`` is not None; return its name."""
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        alternatives = " or ".join(f"`{name}`" for name in given)
        raise ValueError(f"Either {alternatives} must be specified, but not both.")
    return names[0]


def standard_normal(shape, like):
    """Return normal numbers of mean 0 and deviation 1 with the dtype of ``like``."""
    return _standard_normal(shape, like.dtype, like.device)


def _standard_normal(shape, dtype, device):
    """The same under the name and with the arguments that packages built on PyTorch call."""
    return rl.empty(shape, dtype=dtype, device=device).normal_()


def sum_rightmost(value, dim):
    """Return the sum over the last ``dim`` dimensions."""
    return value if dim == 0 else value.reshape(value.shape[:-dim] + (-1,)).sum(-1)


_sum_rightmost = sum_rightmost


def clamp_probs(probs):
    """Keep probabilities away from 0 and 1 by the spacing of their dtype."""
    eps = rl.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def logits_to_probs(logits, is_binary=False):
    """Return probabilities from log odds, or from unnormalised log probabilities along the last dimension."""
    return rl.sigmoid(logits) if is_binary else logits.softmax(dim=-1)


def probs_to_logits(probs, is_binary=False):
    """Return log odds, or log probabilities along the last dimension."""
    clamped = clamp_probs(probs)
    return rl.log(clamped) - rl.log1p(-clamped) if is_binary else rl.log(clamped)


def tril_matrix_to_vec(mat, diag=0):
    """Return the entries of matrices (..., n, n) on and below the diagonal ``diag``, row by row."""
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    rows, columns = rl.tril_indices(n, n, diag, device=mat.device)
    return mat[..., rows, columns]


def vec_to_tril_matrix(vec, diag=0):
    """Return matrices with the entries of vectors (..., k) on and below the diagonal ``diag``, row by row, else zero."""
    n = _order(vec.shape[-1], diag)
    rows, columns = rl.tril_indices(n, n, diag, device=vec.device)
    flat = vec.new_zeros((*vec.shape[:-1], n * n)).index_copy(-1, rows * n + columns, vec)
    return flat.reshape(*vec.shape[:-1], n, n)


def _order(count, diag):
    """The n of square matrices with ``count`` entries on and below the diagonal ``diag``."""
    below = 1 + 2 * diag
    n = (math.isqrt(below**2 + 8 * count + 4 * abs(diag) * (diag + 1)) - below) // 2
    if rl.tril_indices(n, n, diag).shape[1] != count:
        raise ValueError(
            f"The size of last dimension is {count} which cannot be expressed as "
            "the lower triangular part of a square D x D matrix."
        )
    return n


class lazy_property:
    """A property that is computed at the first use, with gradients, and then kept in the instance."""

    def __init__(self, wrapped):
        self.wrapped = wrapped
        self.__doc__ = wrapped.__doc__

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        with rl.enable_grad():
            value = self.wrapped(instance)
        instance.__dict__[self.name] = value
        return value
