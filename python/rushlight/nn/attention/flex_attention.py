"""Attention whose scores a Python function changes and masks: `flex_attention`."""

from typing import NamedTuple

import rushlight as rl

from .block_mask import BlockMask, blocks_of, noop_mask

__all__ = [
    "AuxOutput",
    "AuxRequest",
    "BlockMask",
    "and_masks",
    "create_block_mask",
    "create_mask",
    "flex_attention",
    "noop_mask",
    "or_masks",
]

_DEFAULT_SPARSE_BLOCK_SIZE = 128

# A function of one score, and of its place, over batch, head, query and key: the innermost first.
_ALONG = [(None, None, None, 0), (None, None, 0, None), (None, 0, None, None), (0, None, None, None)]


class AuxRequest(NamedTuple):
    """What to return besides the result: the logarithm of the sum of exponentials, the largest score of each query."""

    lse: bool = False
    max_scores: bool = False


class AuxOutput(NamedTuple):
    """What was asked for by `AuxRequest`, [B, H, queries] each."""

    lse: rl.Tensor | None = None
    max_scores: rl.Tensor | None = None


def over_places(function, places, *first):
    """Return ``function(*first, b, h, q, k)`` for every combination of ``places``; ``first`` has their shape."""
    for along in _ALONG:
        function = rl.func.vmap(function, in_dims=(0,) * len(first) + along)
    return function(*first, *places)


def places_of(*sizes):
    return [rl.arange(n) for n in sizes]


def and_masks(*mask_mods):
    """Return the mask that leaves what all of ``mask_mods`` leave."""
    return _join(rl.logical_and, True, mask_mods)


def or_masks(*mask_mods):
    """Return the mask that leaves what any of ``mask_mods`` leaves."""
    return _join(rl.logical_or, False, mask_mods)


def _join(join, start, mask_mods):
    if not all(callable(mask) for mask in mask_mods):
        raise RuntimeError(f"All inputs should be callable mask_mods: {mask_mods}")

    def mask(b, h, q_idx, kv_idx):
        found = b.new_full((), start, dtype=rl.bool)
        for mask_mod in mask_mods:
            found = join(found, mask_mod(b, h, q_idx, kv_idx))
        return found

    return mask


def create_mask(mod_fn, B, H, Q_LEN, KV_LEN, device=None):
    """Return ``mod_fn(b, h, q, k)`` for all places, [B, H, Q_LEN, KV_LEN] of bool; None for B or H is one for all."""
    return over_places(mod_fn, places_of(B or 1, H or 1, Q_LEN, KV_LEN)).to(rl.bool)


def create_block_mask(
    mask_mod, B, H, Q_LEN, KV_LEN, device=None, BLOCK_SIZE=_DEFAULT_SPARSE_BLOCK_SIZE, _compile=False,
    separate_full_blocks=True,
):  # fmt: skip
    """Return the `BlockMask` of ``mask_mod(b, h, q, k)``, true where a query may see a key.

    >>> from rushlight.nn.attention.flex_attention import create_block_mask
    >>> create_block_mask(lambda b, h, q, k: q >= k, None, None, 256, 256)
    BlockMask(shape=(1, 1, 256, 256), sparsity=25.00%)
    """
    rows, columns = (BLOCK_SIZE, BLOCK_SIZE) if isinstance(BLOCK_SIZE, int) else BLOCK_SIZE
    mask = create_mask(mask_mod, B, H, Q_LEN, KV_LEN, device)
    mask = rl.nn.functional.pad(mask, (0, -KV_LEN % columns, 0, -Q_LEN % rows))
    counts = mask.unflatten(-1, (-1, columns)).unflatten(-3, (-1, rows)).sum((-3, -1))
    full = counts == rows * columns if separate_full_blocks else rl.zeros_like(counts, dtype=rl.bool)
    lists = [*blocks_of((counts > 0) & ~full), *(blocks_of(full) if separate_full_blocks else (None, None))]
    return BlockMask.from_kv_blocks(*lists, (rows, columns), mask_mod, (Q_LEN, KV_LEN))


def flex_attention(
    query, key, value, score_mod=None, block_mask=None, scale=None, enable_gqa=False, return_lse=False,
    kernel_options=None, *, return_aux=None,
):  # fmt: skip
    """Return softmax(score_mod(query @ key^T * scale)) @ value, [B, H, queries, E of value].

    ``score_mod(score, b, h, q, k)`` changes one score; ``block_mask`` leaves out keys, and a query without any gives
    zeros. ``query`` is [B, H, queries, E]; ``scale`` is 1 / sqrt(E) unless given. With ``enable_gqa`` groups of heads
    share a key. The whole matrix of scores is held. Returns also the logarithm of the sum of exponentials with
    ``return_lse``, or an `AuxOutput` with ``return_aux``. Source: Dong et al., "Flex Attention", arXiv:2412.05496.

    >>> import rushlight as rl
    >>> from rushlight.nn.attention.flex_attention import flex_attention
    >>> x = rl.eye(2).reshape(1, 1, 2, 2)
    >>> flex_attention(x, x, x, score_mod=lambda score, b, h, q, k: rl.where(q >= k, score, -float("inf")))[0, 0, 0]
    tensor([1., 0.])
    """
    if not query.dim() == key.dim() == value.dim() == 4:
        raise ValueError(
            f"flex_attention: query, key and value must be [batch, heads, length, size], "
            f"got {list(query.shape)}, {list(key.shape)}, {list(value.shape)}"
        )
    if query.shape[1] != key.shape[1]:
        if not enable_gqa:
            raise ValueError(
                f"Expect query and key/value to have the same number of heads but got Hq={query.shape[1]} and "
                f"Hkv={key.shape[1]}. Try setting enable_gqa=True for GQA."
            )
        groups = query.shape[1] // key.shape[1]
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    wide = rl.float64 if query.dtype == rl.float64 else rl.float32
    scores = (query @ key.mT).to(wide) * (query.shape[-1] ** -0.5 if scale is None else scale)
    places = places_of(*scores.shape)
    if score_mod is not None:
        scores = over_places(score_mod, places, scores)
    if block_mask is not None:
        scores = scores.masked_fill(~over_places(block_mask.mask_mod, places), -float("inf"))
    lse, largest = scores.logsumexp(-1), scores.amax(-1)
    weights = (scores - lse.masked_fill(lse == -float("inf"), 0.0)[..., None]).exp()
    out = weights.to(query.dtype) @ value
    if return_aux is not None:
        return out, AuxOutput(lse if return_aux.lse else None, largest if return_aux.max_scores else None)
    return (out, lse) if return_lse else out
