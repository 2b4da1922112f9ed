"""Attention with scores changed and masked by functions, against attention with the mask written out."""

import pytest

import rushlight as rl
from rushlight.nn import functional as F
from rushlight.nn.attention.flex_attention import (
    AuxRequest,
    BlockMask,
    and_masks,
    create_block_mask,
    create_mask,
    flex_attention,
    noop_mask,
    or_masks,
)


def causal(b, h, q, k):
    return q >= k


def operands(heads=2, shared=2):
    rl.manual_seed(0)
    shapes = [(2, heads, 10, 4), (2, shared, 10, 4), (2, shared, 10, 4)]
    return [rl.randn(shape, dtype=rl.float64, requires_grad=True) for shape in shapes]


def test_without_functions_it_is_attention():
    q, k, v = operands()
    assert rl.allclose(flex_attention(q, k, v), F.scaled_dot_product_attention(q, k, v))


def test_a_mask_is_the_mask_of_attention_with_its_gradients():
    q, k, v = operands()
    found = flex_attention(q, k, v, block_mask=create_block_mask(causal, None, None, 10, 10, BLOCK_SIZE=4))
    expected = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    assert rl.allclose(found, expected)
    weights = rl.randn_like(found)
    for ours, theirs in zip(
        rl.autograd.grad(found, (q, k, v), weights), rl.autograd.grad(expected, (q, k, v), weights)
    ):
        assert rl.allclose(ours, theirs)


def test_scores_are_changed_by_place_and_by_tables():
    q, k, v = operands()
    slopes = rl.tensor([0.5, 0.25], dtype=rl.float64)
    found = flex_attention(q, k, v, score_mod=lambda score, b, h, i, j: score + slopes[h] * (j - i))
    distance = rl.arange(10) - rl.arange(10)[:, None]
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=slopes[:, None, None] * distance)
    assert rl.allclose(found, expected)


def test_a_query_without_keys_gives_zeros():
    q, k, v = operands()
    mask = create_block_mask(lambda b, h, i, j: (i != 3) & (i >= j), None, None, 10, 10)
    out, lse = flex_attention(q, k, v, block_mask=mask, return_lse=True)
    assert out[:, :, 3].abs().max() == 0 and lse[0, 0, 3] == -float("inf")
    out.sum().backward()
    assert q.grad.isfinite().all()


def test_heads_share_keys_in_groups():
    q, k, v = operands(4, 2)
    found, aux = flex_attention(q, k, v, enable_gqa=True, return_aux=AuxRequest(lse=True))
    assert rl.allclose(found, F.scaled_dot_product_attention(q, k, v, enable_gqa=True))
    assert aux.lse.shape == (2, 4, 10) and aux.max_scores is None
    with pytest.raises(ValueError, match="Try setting enable_gqa=True"):
        flex_attention(q, k, v)


def test_masks_are_joined():
    both = create_mask(and_masks(causal, lambda b, h, q, k: q - k < 2), None, None, 4, 4)
    assert both.int().tolist() == [[[[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]]]
    assert create_mask(or_masks(causal, noop_mask), None, None, 2, 2).all()
    with pytest.raises(RuntimeError, match="should be callable"):
        and_masks(causal, 1)


def test_blocks_are_empty_in_part_or_full():
    mask = create_block_mask(causal, 2, None, 40, 40, BLOCK_SIZE=16)
    assert mask.shape == (2, 1, 40, 40) and mask.numel() == 3200 and mask.seq_lengths == (40, 40)
    assert mask.to_dense()[0, 0].tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert mask.kv_num_blocks[0, 0].tolist() == [1, 1, 3] and mask.full_kv_num_blocks[0, 0].tolist() == [0, 1, 0]
    assert mask.kv_indices[0, 0, 1].tolist() == [1, 0, 2]
    assert mask.q_num_blocks[0, 0].tolist() == [2, 2, 1]
    assert mask[1].shape == (1, 1, 40, 40)
    again = BlockMask.from_kv_blocks(mask.kv_num_blocks, mask.kv_indices, BLOCK_SIZE=16, mask_mod=causal)
    assert again.shape == (2, 1, 48, 48) and again.q_num_blocks.equal(mask.q_num_blocks)
