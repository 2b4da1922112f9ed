"""The Wishart distribution of positive definite matrices."""

import math
import warnings
from numbers import Number

import rushlight as rl

from . import constraints
from .exp_family import ExponentialFamily
from .gamma import Chi2
from .multivariate_normal import half_log_det, scale_factor
from .parameters import lazy_property

__all__ = ["Wishart"]


class Wishart(ExponentialFamily):
    """The sum of ``df`` outer products of normal vectors of covariance Σ (..., p, p), with df > p - 1.

    Σ is given by itself, by its inverse, or by its Cholesky factor ``scale_tril``. Samples come from the Bartlett
    decomposition; those that rounding made singular are drawn again, ``max_try_correction`` times at most.

    >>> Wishart(rl.tensor(3.0), rl.eye(2)).mean
    tensor([[3., 0.],
            [0., 3.]])
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0

    @property
    def arg_constraints(self):
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self.event_shape[-1] - 1),
        }

    def __init__(self, df, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        matrices = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        given = [(kind, matrix) for kind, matrix in matrices.items() if matrix is not None]
        if len(given) != 1:
            raise AssertionError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
        kind, matrix = given[0]
        if matrix.dim() < 2:
            raise ValueError("scale_tril must be at least two-dimensional, with optional leading batch dimensions")
        df = rl.tensor(df, dtype=matrix.dtype, device=matrix.device) if isinstance(df, Number) else df
        batch_shape = rl.broadcast_shapes(matrix.shape[:-2], df.shape)
        self.df = df.expand(batch_shape)
        self._check_df(df, matrix.shape[-1])
        setattr(self, kind, matrix.expand(*batch_shape, -1, -1))
        super().__init__(batch_shape, matrix.shape[-2:], validate_args)
        self._tril = scale_factor(kind, matrix)

    def _check_df(self, given, p):
        if (self.df <= p - 1).any():
            raise ValueError(f"Value of df={given} expected to be greater than ndim - 1 = {p - 1}.")
        if (self.df < p).any():
            warnings.warn(
                "Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.",
                stacklevel=3,
            )

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new._tril = self._tril
        return new

    @lazy_property
    def scale_tril(self):
        """The Cholesky factor of Σ, lower triangular."""
        return self._tril.expand(*self._batch_shape, *self._event_shape)

    @lazy_property
    def covariance_matrix(self):
        """Σ."""
        return (self._tril @ self._tril.mT).expand(*self._batch_shape, *self._event_shape)

    @lazy_property
    def precision_matrix(self):
        """The inverse of Σ."""
        return rl.cholesky_inverse(self._tril).expand(*self._batch_shape, *self._event_shape)

    @property
    def mean(self):
        return self.df[..., None, None] * self.covariance_matrix

    @property
    def mode(self):
        factor = self.df - self._event_shape[-1] - 1
        return factor.masked_fill(factor <= 0, math.nan)[..., None, None] * self.covariance_matrix

    @property
    def variance(self):
        diagonal = self.covariance_matrix.diagonal(dim1=-2, dim2=-1)
        products = diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2)
        return self.df[..., None, None] * (self.covariance_matrix.pow(2) + products)

    def _bartlett(self, sample_shape):
        """L A Aᵀ Lᵀ: A has roots of chi-squared numbers on its diagonal, normal ones below."""
        p = self._event_shape[-1]
        chi2 = Chi2(self.df.unsqueeze(-1) - rl.arange(p, dtype=self.df.dtype, device=self.df.device))
        roots = chi2.rsample(sample_shape).sqrt().clamp(min=rl.finfo(self.df.dtype).eps)
        rows, columns = rl.tril_indices(p, p, -1)
        noise = roots.diag_embed()
        noise[..., rows, columns] = rl.randn(*roots.shape[:-1], len(rows), dtype=roots.dtype, device=roots.device)
        factor = self._tril @ noise
        return factor @ factor.mT

    def rsample(self, sample_shape=(), max_try_correction=10):
        sample = self._bartlett(rl.Size(sample_shape))
        # PyTorch draws the sound samples of the first draw once more, and so the same seed gives the same numbers here.
        again = self._any_of_batch(self.support.check(sample))
        for _ in range(max_try_correction):
            if not again.any():
                return sample
            drawn = self._bartlett(again[again].shape)
            sample[again] = drawn
            again[again.clone()] = self._any_of_batch(~self.support.check(drawn))
        if again.any():
            warnings.warn("Singular sample detected.", stacklevel=2)
        return sample

    def _any_of_batch(self, found):
        return found.any(dim=[-1 - i for i in range(len(self._batch_shape))]) if self._batch_shape else found

    def log_prob(self, value):
        self._validate_sample(value)
        n, p = self.df, self._event_shape[-1]
        trace = rl.cholesky_solve(value, self._tril).diagonal(dim1=-2, dim2=-1).sum(-1)
        norm = n * (p * math.log(2) / 2 + half_log_det(self._tril)) + rl.mvlgamma(n / 2, p)
        return (n - p - 1) / 2 * rl.linalg.slogdet(value).logabsdet - trace / 2 - norm

    def entropy(self):
        n, p = self.df, self._event_shape[-1]
        digammas = rl.digamma(n.unsqueeze(-1) / 2 - rl.arange(p, dtype=n.dtype, device=n.device) / 2).sum(-1)
        scale = (p + 1) * (p * math.log(2) / 2 + half_log_det(self._tril))
        return scale + rl.mvlgamma(n / 2, p) - (n - p - 1) / 2 * digammas + n * p / 2

    @property
    def _natural_params(self):
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, x, y):
        p = self._event_shape[-1]
        shape = y + (p + 1) / 2
        return shape * (p * math.log(2) - rl.linalg.slogdet(-2 * x).logabsdet) + rl.mvlgamma(shape, p)
