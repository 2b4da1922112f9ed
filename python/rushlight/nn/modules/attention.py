"""Attention over several heads."""

from .. import functional as F
from .. import init
from ..parameter import empty_parameter
from .linear import NonDynamicallyQuantizableLinear
from .module import Module

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """concat(head₁, ..., headₕ) Wᴼ, with headᵢ = softmax(q kᵀ / √d) v of the i-th part of Wq·Q, Wk·K, Wv·V.

    Shapes: query (L, N, E), key (S, N, kdim), value (S, N, vdim), output (L, N, E); (N, L, E) and so on with
    `batch_first`; without N for one sequence. Returns the output and the attention weights (N, L, S), averaged over
    the heads unless `average_attn_weights=False`, None with `need_weights=False`.
    Masks are True (or -inf) where attention is not allowed: `key_padding_mask` (N, S), `attn_mask` (L, S) or
    (N·h, L, S). Source: Vaswani et al., "Attention Is All You Need", 2017.

    >>> x = rl.ones(5, 2, 8)
    >>> output, weights = nn.MultiheadAttention(8, 2)(x, x, x)
    >>> output.shape, weights.shape
    (torch.Size([5, 2, 8]), torch.Size([2, 5, 5]))
    """

    def __init__(
        self, embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None,
        vdim=None, batch_first=False, device=None, dtype=None,
    ):  # fmt: skip
        super().__init__()
        _check_heads(embed_dim, num_heads)
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        self.add_zero_attn = add_zero_attn

        def parameter(wanted, *shape):
            return empty_parameter(shape, device, dtype) if wanted else None

        same, bias_kv = self._qkv_same_embed_dim, add_bias_kv
        projections = {
            "q_proj_weight": parameter(not same, embed_dim, embed_dim),
            "k_proj_weight": parameter(not same, embed_dim, self.kdim),
            "v_proj_weight": parameter(not same, embed_dim, self.vdim),
        }
        joint = {"in_proj_weight": parameter(same, 3 * embed_dim, embed_dim)}
        for name, value in (joint | projections if same else projections | joint).items():
            self.register_parameter(name, value)
        self.register_parameter("in_proj_bias", parameter(bias, 3 * embed_dim))
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self.bias_k = parameter(bias_kv, 1, 1, embed_dim)
        self.bias_v = parameter(bias_kv, 1, 1, embed_dim)
        self._reset_parameters()

    def _reset_parameters(self):
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def __setstate__(self, state):
        super().__setstate__({"_qkv_same_embed_dim": True} | state)

    def forward(
        self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None,
        average_attn_weights=True, is_causal=False,
    ):  # fmt: skip
        swap = self.batch_first and query.dim() == 3
        if swap:
            query, key, value = _swap_batch_and_length(query, key, value)
        output, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias,
            self.bias_k, self.bias_v, self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias,
            training=self.training, key_padding_mask=key_padding_mask, need_weights=need_weights,
            attn_mask=attn_mask, use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight, k_proj_weight=self.k_proj_weight, v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal,
        )  # fmt: skip
        return output.transpose(1, 0) if swap else output, weights


def _check_heads(embed_dim, num_heads):
    if embed_dim <= 0 or num_heads <= 0:
        raise ValueError(
            f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} "
            "instead"
        )
    if embed_dim % num_heads != 0:
        raise AssertionError("embed_dim must be divisible by num_heads")


def _swap_batch_and_length(query, key, value):
    """The three with dimensions 0 and 1 swapped; tensors that are one object stay one object."""
    swapped_key = key.transpose(1, 0)
    swapped_query = swapped_key if query is key else query.transpose(1, 0)
    return swapped_query, swapped_key, swapped_key if value is key else value.transpose(1, 0)
