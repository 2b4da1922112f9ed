"""Distance and similarity of vectors."""

from .. import functional as F
from .module import Module

__all__ = ["PairwiseDistance", "CosineSimilarity"]


class PairwiseDistance(Module):
    """‖x₁ - x₂ + eps‖ₚ over the last dimension.

    Shapes: inputs (N, D) or (D), output (N), (N, 1) with `keepdim`, or ().

    >>> nn.PairwiseDistance()(rl.zeros(1, 2), rl.tensor([[3.0, 4.0]]))
    tensor([5.0000])
    """

    def __init__(self, p=2.0, eps=1e-6, keepdim=False):
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1, x2):
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """x₁·x₂ / max(‖x₁‖ ‖x₂‖, eps) along `dim`.

    >>> nn.CosineSimilarity(dim=0)(rl.tensor([1.0, 0.0]), rl.tensor([2.0, 0.0]))
    tensor(1.)
    """

    def __init__(self, dim=1, eps=1e-8):
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1, x2):
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
