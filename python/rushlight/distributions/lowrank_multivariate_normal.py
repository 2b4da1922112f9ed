"""The normal distribution of vectors whose covariance is a diagonal plus a matrix of low rank."""

import math

import rushlight as rl

from . import constraints
from .distribution import Distribution
from .multivariate_normal import half_log_det, squared_distance
from .parameters import lazy_property, standard_normal

__all__ = ["LowRankMultivariateNormal"]


class LowRankMultivariateNormal(Distribution):
    """Vectors of mean ``loc`` (..., d) and covariance W Wᵀ + diag(D): W = ``cov_factor`` (..., d, r), D = ``cov_diag`` (..., d).

    Only the r x r matrix C = I + Wᵀ D⁻¹ W is factored (Woodbury identity).

    >>> LowRankMultivariateNormal(rl.zeros(2), rl.tensor([[1.0], [0.0]]), rl.ones(2)).variance
    tensor([2., 1.])
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc, cov_factor, cov_diag, validate_args=None):
        event_shape = _checked_event_shape(loc, cov_factor, cov_diag)
        try:
            batch = rl.broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        except RuntimeError as error:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag {cov_diag.shape}"
            ) from error
        self.loc, self.cov_diag = loc.expand(*batch, -1), cov_diag.expand(*batch, -1)
        self.cov_factor = cov_factor.expand(*batch, -1, -1)
        self._factor, self._diag = cov_factor, cov_diag
        self._capacitance_tril = rl.linalg.cholesky(_plus_identity(self._whitened() @ cov_factor))
        super().__init__(batch, event_shape, validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new._factor, new._diag, new._capacitance_tril = self._factor, self._diag, self._capacitance_tril
        return new

    def _whitened(self):
        """Wᵀ D⁻¹."""
        return self._factor.mT / self._diag.unsqueeze(-2)

    def _half_whitened(self):
        """A = L⁻¹ Wᵀ D⁻¹ for L Lᵀ = C: the precision is D⁻¹ - Aᵀ A."""
        return rl.linalg.solve_triangular(self._capacitance_tril, self._whitened(), upper=False)

    def _log_det(self):
        """The logarithm of the determinant of the covariance, log det C + log det D."""
        return 2 * half_log_det(self._capacitance_tril) + self._diag.log().sum(-1)

    def _squared_distance(self, x):
        """xᵀ Σ⁻¹ x."""
        inner = (self._whitened() @ x.unsqueeze(-1)).squeeze(-1)
        return (x.pow(2) / self._diag).sum(-1) - squared_distance(self._capacitance_tril, inner)

    def _factors(self):
        """Matrices F of which the F Fᵀ add up to the covariance Σ."""
        return [self._factor, rl.diag_embed(self._diag.sqrt())]

    def _squared_norm(self, factor):
        """The trace of Fᵀ Σ⁻¹ F."""
        own = (factor / self._diag.sqrt().unsqueeze(-1)).pow(2).sum((-2, -1))
        return own - (self._half_whitened() @ factor).pow(2).sum((-2, -1))

    def _matrix(self, value):
        return value.expand(*self._batch_shape, *self._event_shape, *self._event_shape)

    @lazy_property
    def scale_tril(self):
        """The Cholesky factor of the covariance, from the well-conditioned I + D^-½ W Wᵀ D^-½."""
        roots = self._diag.sqrt().unsqueeze(-1)
        scaled = self._factor / roots
        return self._matrix(roots * rl.linalg.cholesky(_plus_identity(scaled @ scaled.mT)))

    @lazy_property
    def covariance_matrix(self):
        """The covariance."""
        return self._matrix(self._factor @ self._factor.mT + rl.diag_embed(self._diag))

    @lazy_property
    def precision_matrix(self):
        """The inverse of the covariance."""
        half = self._half_whitened()
        return self._matrix(rl.diag_embed(self._diag.reciprocal()) - half.mT @ half)

    @property
    def mean(self):
        return self.loc

    @property
    def mode(self):
        return self.loc

    @property
    def variance(self):
        variance = self._factor.pow(2).sum(-1) + self._diag
        return variance.expand(*self._batch_shape, *self._event_shape)

    def rsample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        along_factor = standard_normal((*shape[:-1], self.cov_factor.shape[-1]), self.loc)
        own = standard_normal(shape, self.loc)
        return self.loc + (self._factor @ along_factor.unsqueeze(-1)).squeeze(-1) + self._diag.sqrt() * own

    def log_prob(self, value):
        self._validate_sample(value)
        distance = self._squared_distance(value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + self._log_det() + distance)

    def entropy(self):
        entropy = 0.5 * (self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._log_det())
        return entropy.expand(self._batch_shape)


def _plus_identity(matrix):
    return matrix + rl.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)


def _checked_event_shape(loc, cov_factor, cov_diag):
    if loc.dim() < 1:
        raise ValueError("loc must be at least one-dimensional.")
    event_shape = loc.shape[-1:]
    if cov_factor.dim() < 2:
        raise ValueError("cov_factor must be at least two-dimensional, with optional leading batch dimensions")
    if cov_factor.shape[-2:-1] != event_shape:
        raise ValueError(f"cov_factor must be a batch of matrices with shape {event_shape[0]} x m")
    if cov_diag.shape[-1:] != event_shape:
        raise ValueError(f"cov_diag must be a batch of vectors with shape {event_shape}")
    return event_shape
