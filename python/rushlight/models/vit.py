"""A small vision transformer (Dosovitskiy et al., "An Image is Worth 16x16 Words", 2020)."""

from __future__ import annotations

from rushlight import Tensor, cat, empty, nn, zeros


def _patch_size(size: int) -> int:
    """The divisor of ``size``, at least 2, that cuts the image into a grid nearest to 7x7; 1 for a prime size."""
    divisors = [patch for patch in range(2, size) if size % patch == 0] or [1]
    return min(divisors, key=lambda patch: abs(size // patch - 7))


class VisionTransformer(nn.Module):
    """Patches as tokens, a class token, a pre-norm transformer encoder, a linear classifier.

    An image of 8 pixels is cut into 2-pixel patches, one of 28 into 4-pixel patches, one of 64 into 8-pixel patches.
    Shapes: (N, channels, size, size) -> (N, classes) logits.
    """

    def __init__(
        self,
        channels: int,
        size: int,
        classes: int,
        width: int = 64,
        depth: int = 4,
        heads: int = 4,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        patch = _patch_size(size)
        self.patches = nn.Conv2d(channels, width, patch, stride=patch)
        self.class_token = nn.Parameter(zeros(1, 1, width))
        self.positions = nn.Parameter(nn.init.trunc_normal_(empty(1, (size // patch) ** 2 + 1, width), std=0.02))
        layer = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        tokens = cat([self.class_token.expand(len(tokens), -1, -1), tokens], dim=1) + self.positions
        return self.head(self.norm(self.encoder(tokens)[:, 0]))
