"""The LKJ distribution of correlation matrices, by their Cholesky factors."""

import math

import rushlight as rl

from . import constraints
from .dirichlet import Beta
from .distribution import Distribution
from .parameters import broadcast_all

__all__ = ["LKJCholesky"]


class LKJCholesky(Distribution):
    """Cholesky factors L (..., dim, dim) of correlation matrices of density proportional to det(L Lᵀ)^(concentration - 1).

    Samples are drawn by the onion method and carry no gradients.
    Source: Lewandowski, Kurowicka and Joe, "Generating random correlation matrices based on vines and extended onion
    method", 2009.

    >>> LKJCholesky(3, 0.5).sample().shape
    torch.Size([3, 3])
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim, concentration=1.0, validate_args=None):
        if dim < 2:
            raise ValueError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        self._beta = _squared_lengths(dim, self.concentration)
        super().__init__(self.concentration.size(), (dim, dim), validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new.dim, new._beta = self.dim, self._beta.expand((*batch_shape, self.dim))
        return new

    @rl.no_grad()
    def sample(self, sample_shape=()):
        squared = self._beta.sample(sample_shape).unsqueeze(-1)
        shape = self._extended_shape(sample_shape)
        normal = rl.randn(shape, dtype=squared.dtype, device=squared.device).tril(-1)
        directions = normal / normal.norm(dim=-1, keepdim=True)
        directions[..., 0, :] = 0.0
        below = squared.sqrt() * directions
        diagonal = (1 - (below**2).sum(-1)).clamp(min=rl.finfo(below.dtype).tiny).sqrt()
        return below + rl.diag_embed(diagonal)

    def log_prob(self, value):
        self._validate_sample(value)
        order = rl.arange(2, self.dim + 1, device=self.concentration.device)
        order = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - order
        unnormalized = (order * value.diagonal(dim1=-1, dim2=-2)[..., 1:].log()).sum(-1)
        free = self.dim - 1
        alpha = self.concentration + 0.5 * free
        return unnormalized - 0.5 * free * math.log(math.pi) - rl.mvlgamma(alpha - 0.5, free) + rl.lgamma(alpha) * free


def _squared_lengths(dim, concentration):
    """The distribution of the squared lengths of the rows left of the diagonal; the first row has none."""
    offset = rl.arange(dim - 1, dtype=concentration.dtype, device=concentration.device)
    offset = rl.cat([offset.new_zeros(1), offset])
    return Beta(offset + 0.5, (concentration + 0.5 * (dim - 2)).unsqueeze(-1) - 0.5 * offset)
