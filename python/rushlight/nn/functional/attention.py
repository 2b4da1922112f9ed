"""Scaled dot-product attention and multi-head attention (Vaswani et al., 2017)."""

import math
import warnings

from rushlight import _C

from .dropout import dropout
from .padding import pad


def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False
):
    """Return ``softmax(Q K^T scale + mask) V`` for Q (..., L, E), K (..., S, E), V (..., S, Ev).

    A boolean mask keeps where True, a floating one is added; ``scale`` is ``1 / sqrt(E)`` by default. ``enable_gqa``
    lets groups of query heads (dimension -3) share a key and value head.
    """
    if is_causal and attn_mask is not None:
        raise RuntimeError("_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
    if enable_gqa:
        key, value = shared_heads(query, key, value)
    if dropout_p > 0:
        return attention_with_dropout(query, key, value, attn_mask, dropout_p, is_causal, scale)
    return _C.scaled_dot_product_attention(query, key, value, attn_mask, 0.0, is_causal, scale)


def shared_heads(query, key, value):
    """Repeat key and value heads to the number of query heads."""
    heads = query.size(-3)
    if heads % key.size(-3) or heads % value.size(-3):
        raise RuntimeError(
            "Number of heads in key and value must divide the number of heads in query, "
            f"but got {key.size(-3)} and {value.size(-3)} for {heads}"
        )
    return tuple(x.repeat_interleave(heads // x.size(-3), -3) for x in (key, value))


def attention_with_dropout(query, key, value, attn_mask, dropout_p, is_causal, scale):
    """Compute attention with its weights in memory, so that they can be dropped."""
    if query.dtype in (_C.float16, _C.bfloat16):
        parts = (x.to(_C.float32) for x in (query, key, value))
        return attention_with_dropout(*parts, attn_mask, dropout_p, is_causal, scale).to(query.dtype)
    scale = 1 / math.sqrt(query.size(-1)) if scale is None else scale
    # Both factors carry the root of the scale, which keeps the product in range.
    root = math.sqrt(abs(scale))
    scores = _C.matmul(query * math.copysign(root, scale), key.transpose(-2, -1) * root)
    if is_causal:
        attn_mask = _C.tril(_C.full(scores.shape[-2:], True, dtype=_C.bool, device=query.device))
    if attn_mask is not None:
        added = additive_mask(attn_mask, query.dtype) if attn_mask.dtype == _C.bool else attn_mask
        scores = scores + added
    return _C.matmul(dropout(scores.softmax(-1), dropout_p), value)


def additive_mask(keep, dtype):
    """Return 0 where a boolean mask is True and minus infinity elsewhere."""
    return _C.full(keep.shape, 0, dtype=dtype, device=keep.device).masked_fill(~keep, -math.inf)


def multi_head_attention_forward(
    query,
    key,
    value,
    embed_dim_to_check,
    num_heads,
    in_proj_weight,
    in_proj_bias,
    bias_k,
    bias_v,
    add_zero_attn,
    dropout_p,
    out_proj_weight,
    out_proj_bias,
    training=True,
    key_padding_mask=None,
    need_weights=True,
    attn_mask=None,
    use_separate_proj_weight=False,
    q_proj_weight=None,
    k_proj_weight=None,
    v_proj_weight=None,
    static_k=None,
    static_v=None,
    average_attn_weights=True,
    is_causal=False,
):
    """Return the output (L, N, E) and the attention weights (N, L, S) or None, of sequences (L, N, E) or (L, E)."""
    is_batched = check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not is_batched:
        query, key, value = (x.unsqueeze(1) for x in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    length, batch, embed_dim = query.shape
    check_heads(embed_dim, embed_dim_to_check, num_heads, key, value, use_separate_proj_weight)
    key_padding_mask = float_mask(key_padding_mask, "key_padding_mask", query.dtype, attn_mask)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = None
    else:
        attn_mask = float_mask(attn_mask, "attn_mask", query.dtype)
        is_causal = is_causal and key_padding_mask is None
    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight
    q, k, v = project(query, key, value, weights, in_proj_bias)
    attn_mask = mask_per_head(attn_mask, length, key.size(0), batch * num_heads)
    k, v, grown = with_bias(k, v, bias_k, bias_v, static_k, static_v, batch)
    head_dim = embed_dim // num_heads
    q = q.reshape(length, batch * num_heads, head_dim).transpose(0, 1)
    k, v = (split_heads(x, static, batch * num_heads, head_dim) for x, static in ((k, static_k), (v, static_v)))
    if add_zero_attn:
        k, v, grown = pad(k, (0, 0, 0, 1)), pad(v, (0, 0, 0, 1)), grown + 1
    if grown:
        attn_mask, key_padding_mask = (None if m is None else pad(m, (0, grown)) for m in (attn_mask, key_padding_mask))
    mask = merge_masks(attn_mask, key_padding_mask, batch, num_heads, k.size(1))
    dropout_p = dropout_p if training else 0.0
    attend = attend_with_weights if need_weights else attend_only
    heads, attention = attend(q, k, v, mask, dropout_p, is_causal, batch)
    output = heads.transpose(0, 1).reshape(length * batch, embed_dim)
    output = _C.linear(output, out_proj_weight, out_proj_bias).reshape(length, batch, -1)
    if attention is not None:
        attention = attention.reshape(batch, num_heads, length, k.size(1))
        attention = attention.mean(dim=1) if average_attn_weights else attention
    if is_batched:
        return output, attention
    return output.squeeze(1), None if attention is None else attention.squeeze(0)


def check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads):
    """Return whether the inputs have a batch dimension; ``AssertionError`` when their dimensions do not fit."""
    ndim = query.dim()
    if ndim not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {ndim}-D query tensor")
    kind = f"For {'batched (3-D)' if ndim == 3 else 'unbatched (2-D)'} `query`, expected"
    if key.dim() != ndim or value.dim() != ndim:
        raise AssertionError(
            f"{kind} `key` and `value` to be {ndim}-D but found {key.dim()}-D and {value.dim()}-D tensors respectively"
        )
    if key_padding_mask is not None and key_padding_mask.dim() != ndim - 1:
        raise AssertionError(
            f"{kind} `key_padding_mask` to be `None` or {ndim - 1}-D "
            f"but found {key_padding_mask.dim()}-D tensor instead"
        )
    if attn_mask is not None and attn_mask.dim() not in (2, 3):
        raise AssertionError(
            f"{kind} `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D tensor instead"
        )
    if attn_mask is not None and ndim == 2 and attn_mask.dim() == 3:
        expected = (num_heads, query.shape[0], key.shape[0])
        if tuple(attn_mask.shape) != expected:
            raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {attn_mask.shape}")
    return ndim == 3


def check_heads(embed_dim, expected, num_heads, key, value, separate):
    """Raise ``AssertionError`` unless sizes of embedding, heads, key and value fit."""
    if embed_dim != expected:
        raise AssertionError(f"was expecting embedding dimension of {expected}, but got {embed_dim}")
    if embed_dim % num_heads:
        raise AssertionError(f"embed_dim {embed_dim} not divisible by num_heads {num_heads}")
    if separate and key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    if not separate and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")


def float_mask(mask, name, dtype, other=None):
    """Return a mask to add: a boolean one, True where nothing may be read, becomes minus infinity there."""
    if mask is None:
        return None
    if mask.dtype != _C.bool and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and mask.dtype != other.dtype:
        warnings.warn(
            f"Support for mismatched {name} and attn_mask is deprecated. Use same type for both instead.", stacklevel=3
        )
    return additive_mask(~mask, dtype) if mask.dtype == _C.bool else mask


def project(query, key, value, weights, bias):
    """Project query, key and value by one packed weight (3E, E) or by three."""
    if weights is None or isinstance(weights, tuple) and None in [w if w is None else 0 for w in weights]:
        raise AssertionError("multi_head_attention_forward: the projection weights are None")
    packed = not isinstance(weights, tuple)
    if packed and query is key and key is value:
        return _C.linear(query, weights, bias).chunk(3, -1)
    weights = weights.chunk(3) if packed else weights
    biases = (None, None, None) if bias is None else bias.chunk(3)
    return tuple(_C.linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases))


def mask_per_head(mask, length, source, heads):
    """Return the mask with three dimensions, the first one or batch * heads."""
    if mask is None:
        return None
    expected = (length, source) if mask.dim() == 2 else (heads, length, source)
    if tuple(mask.shape) != expected:
        raise RuntimeError(f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {expected}.")
    return mask.unsqueeze(0) if mask.dim() == 2 else mask


def with_bias(k, v, bias_k, bias_v, static_k, static_v, batch):
    """Append the learned key and value; return how many places were added."""
    if bias_k is None and bias_v is None:
        return k, v, 0
    if bias_k is None or bias_v is None:
        raise AssertionError("bias_k and bias_v must both be set or both be None")
    if static_k is not None or static_v is not None:
        raise AssertionError("bias cannot be added to static key and value.")
    return _C.cat([k, bias_k.repeat(1, batch, 1)]), _C.cat([v, bias_v.repeat(1, batch, 1)]), 1


def split_heads(x, static, heads, head_dim):
    """Return (batch * heads, S, head_dim) from a projection, or the given static tensor."""
    if static is None:
        return x.reshape(x.size(0), heads, head_dim).transpose(0, 1)
    if static.size(0) != heads or static.size(2) != head_dim:
        raise AssertionError(
            f"expecting a static key and value of sizes ({heads}, S, {head_dim}), but got {list(static.shape)}"
        )
    return static


def merge_masks(attn_mask, key_padding_mask, batch, num_heads, source):
    """Return the sum of both masks, shape (1 or batch * heads, 1 or L, S), or None."""
    if key_padding_mask is None:
        return attn_mask
    if tuple(key_padding_mask.shape) != (batch, source):
        raise AssertionError(
            f"Expected key_padding_mask to have shape {(batch, source)}, but got {tuple(key_padding_mask.shape)}"
        )
    spread = key_padding_mask.reshape(batch, 1, 1, source).expand(-1, num_heads, -1, -1)
    spread = spread.reshape(batch * num_heads, 1, source)
    return spread if attn_mask is None else attn_mask + spread


def attend_with_weights(q, k, v, mask, dropout_p, is_causal, batch):
    """Return the heads' outputs (batch * heads, L, E) and the attention weights."""
    scaled = q * math.sqrt(1.0 / q.size(-1))
    keys = k.transpose(-2, -1)
    scores = _C.bmm(scaled, keys) if mask is None else _C.baddbmm(mask, scaled, keys)
    weights = scores.softmax(-1)
    weights = dropout(weights, dropout_p) if dropout_p > 0 else weights
    return _C.bmm(weights, v), weights


def attend_only(q, k, v, mask, dropout_p, is_causal, batch):
    """Return the heads' outputs (batch * heads, L, E) and None for the weights, which are never in memory."""

    def heads(x):
        return x.reshape(batch, -1, *x.shape[1:])

    if mask is not None:
        mask = mask.unsqueeze(0) if mask.size(0) == 1 else heads(mask)
    output = scaled_dot_product_attention(heads(q), heads(k), heads(v), mask, dropout_p, is_causal)
    return output.flatten(0, 1), None
