"""Transforms of free numbers to factors of matrices."""

import math

import rushlight as rl
from rushlight.nn.functional import pad, softplus

from .. import constraints
from ..parameters import tril_matrix_to_vec, vec_to_tril_matrix
from .elementwise import ParameterFree

__all__ = ["CorrCholeskyTransform", "LowerCholeskyTransform", "PositiveDefiniteTransform"]


class LowerCholeskyTransform(ParameterFree):
    """Square matrices to lower triangular ones: the diagonal becomes its exponential.

    >>> LowerCholeskyTransform()(rl.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    domain, codomain = constraints.independent(constraints.real, 2), constraints.lower_cholesky
    bijective = False

    def _call(self, x):
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y):
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(ParameterFree):
    """Square matrices to L Lᵀ, with L as from `LowerCholeskyTransform`."""

    domain, codomain = constraints.independent(constraints.real, 2), constraints.positive_definite
    bijective = False

    def _call(self, x):
        tril = LowerCholeskyTransform()(x)
        return tril @ tril.mT

    def _inverse(self, y):
        return LowerCholeskyTransform().inv(rl.linalg.cholesky(y))


class CorrCholeskyTransform(ParameterFree):
    """Vectors (..., d (d - 1) / 2) to Cholesky factors of correlation matrices (..., d, d), whose rows have length one.

    Entries t = tanh(x) below the diagonal, row by row, each a signed part of the length that the row has left:
    y[i, j] = t[i, j] √∏ₖ (1 - t[i, k]²) over k < j. The Jacobian counts the entries below the diagonal.
    Source: Stan reference manual, "Cholesky factors of correlation matrices".
    """

    domain, codomain = constraints.real_vector, constraints.corr_cholesky

    def _call(self, x):
        eps = rl.finfo(x.dtype).eps
        parts = vec_to_tril_matrix(x.tanh().clamp(min=-1 + eps, max=1 - eps), -1)
        left = (1 - parts**2).sqrt().cumprod(-1)
        parts = parts + rl.eye(parts.shape[-1], dtype=x.dtype, device=x.device)
        return parts * pad(left[..., :-1], [1, 0], value=1)

    def _inverse(self, y):
        left = pad((1 - (y * y).cumsum(-1))[..., :-1], [1, 0], value=1)
        return (tril_matrix_to_vec(y, -1) / tril_matrix_to_vec(left, -1).sqrt()).atanh()

    def log_abs_det_jacobian(self, x, y):
        left = 1 - (y * y).cumsum(dim=-1)
        stick_breaking = 0.5 * tril_matrix_to_vec(left, -2).log().sum(-1)
        return stick_breaking - 2 * (x + softplus(-2 * x) - math.log(2.0)).sum(-1)

    def forward_shape(self, shape):
        if len(shape) < 1:
            raise ValueError("Too few dimensions on input")
        return (*shape[:-1], *(_order(shape[-1]),) * 2)

    def inverse_shape(self, shape):
        if len(shape) < 2:
            raise ValueError("Too few dimensions on input")
        if shape[-2] != shape[-1]:
            raise ValueError("Input is not square")
        return (*shape[:-2], shape[-1] * (shape[-1] - 1) // 2)


def _order(count):
    """The d of which d (d - 1) / 2 is ``count``."""
    d = (1 + math.isqrt(1 + 8 * count)) // 2
    if d * (d - 1) // 2 != count:
        raise ValueError("Input is not a flattened lower-diagonal number")
    return d
