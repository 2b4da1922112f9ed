"""The normal distribution of vectors."""

import math

import rushlight as rl

from . import constraints
from .distribution import Distribution
from .parameters import lazy_property, one_of, standard_normal

__all__ = ["MultivariateNormal"]


class MultivariateNormal(Distribution):
    """Vectors of mean ``loc`` (..., d), given the covariance, its inverse, or its Cholesky factor ``scale_tril``.

    >>> MultivariateNormal(rl.zeros(2), rl.eye(2)).log_prob(rl.zeros(2))
    tensor(-1.8379)
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        given = {"covariance_matrix": covariance_matrix, "scale_tril": scale_tril, "precision_matrix": precision_matrix}
        if sum(value is not None for value in given.values()) != 1:
            raise ValueError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
        kind = one_of("MultivariateNormal", **given)
        matrix = given[kind]
        if matrix.dim() < 2:
            raise ValueError(f"{kind} must be at least two-dimensional, with optional leading batch dimensions")
        batch_shape = rl.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        setattr(self, kind, matrix.expand(*batch_shape, -1, -1))
        self.loc = loc.expand(*batch_shape, -1)
        super().__init__(batch_shape, self.loc.shape[-1:], validate_args)
        self._tril = scale_factor(kind, matrix)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new._tril = self._tril
        return new

    @lazy_property
    def scale_tril(self):
        """The Cholesky factor of the covariance, lower triangular."""
        return self._tril.expand(*self._batch_shape, *self._event_shape, *self._event_shape)

    @lazy_property
    def covariance_matrix(self):
        """The covariance."""
        covariance = self._tril @ self._tril.mT
        return covariance.expand(*self._batch_shape, *self._event_shape, *self._event_shape)

    @lazy_property
    def precision_matrix(self):
        """The inverse of the covariance."""
        inverse = rl.cholesky_inverse(self._tril)
        return inverse.expand(*self._batch_shape, *self._event_shape, *self._event_shape)

    def _log_det(self):
        """The logarithm of the determinant of the covariance Σ."""
        return 2 * half_log_det(self._tril)

    def _squared_distance(self, x):
        """xᵀ Σ⁻¹ x."""
        return squared_distance(self._tril, x)

    def _factors(self):
        """Matrices F of which the F Fᵀ add up to Σ."""
        return [self._tril]

    def _squared_norm(self, factor):
        """The trace of Fᵀ Σ⁻¹ F."""
        return rl.linalg.solve_triangular(self._tril, factor, upper=False).pow(2).sum((-2, -1))

    @property
    def mean(self):
        return self.loc

    @property
    def mode(self):
        return self.loc

    @property
    def variance(self):
        variance = self._tril.pow(2).sum(-1)
        return variance.expand(*self._batch_shape, *self._event_shape)

    def rsample(self, sample_shape=()):
        eps = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + (self._tril @ eps.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value):
        self._validate_sample(value)
        distance = squared_distance(self._tril, value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + distance) - half_log_det(self._tril)

    def entropy(self):
        entropy = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + half_log_det(self._tril)
        return entropy.expand(self._batch_shape)


def half_log_det(tril):
    """Return half the logarithm of the determinant of L Lᵀ."""
    return tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def squared_distance(tril, x):
    """Return xᵀ (L Lᵀ)⁻¹ x for vectors (..., d)."""
    return rl.linalg.solve_triangular(tril, x.unsqueeze(-1), upper=False).pow(2).sum((-2, -1))


def scale_factor(kind, matrix):
    """Return the Cholesky factor of the covariance from the ``kind`` of matrix that is given."""
    if kind == "scale_tril":
        return matrix
    if kind == "covariance_matrix":
        return rl.linalg.cholesky(matrix)
    # P = U Uᵀ with U upper triangular, by factoring the matrix with both axes reversed; then Σ = U⁻ᵀ U⁻¹.
    upper = rl.linalg.cholesky(matrix.flip((-2, -1))).flip((-2, -1))
    identity = rl.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    return rl.linalg.solve_triangular(upper.mT, identity, upper=False)
