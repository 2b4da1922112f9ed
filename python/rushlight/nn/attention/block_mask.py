"""Which blocks of an attention matrix a mask leaves: `BlockMask`."""

import rushlight as rl

__all__ = ["BlockMask", "noop_mask"]


def noop_mask(batch, head, q_idx, kv_idx):
    """Leave everything."""
    return q_idx.new_ones((), dtype=rl.bool)


def blocks_of(dense):
    """Return how many blocks each row of ``dense`` [..., rows, columns] has, and their columns first, as int32."""
    order = dense.int().argsort(dim=-1, descending=True, stable=True)
    return dense.sum(-1).int(), order.int()


def dense_of(counts, indices):
    """Return the matrix of zeros and ones whose rows have the first ``counts`` of ``indices``: the inverse of `blocks_of`."""
    listed = (rl.arange(indices.shape[-1]) < counts[..., None]).int()
    return rl.zeros_like(indices).scatter(-1, indices.long(), listed)


class BlockMask:
    """A mask over queries and keys by blocks: empty, in part (``mask_mod`` decides each element), or full.

    ``kv_num_blocks`` [B, H, rows] and ``kv_indices`` [B, H, rows, columns] list the blocks in part of each row of
    blocks, the same with ``full_`` the full ones, and with ``q_`` the rows of each column. Made by `create_block_mask`.
    """

    def __init__(
        self, seq_lengths, kv_num_blocks, kv_indices, full_kv_num_blocks=None, full_kv_indices=None,
        q_num_blocks=None, q_indices=None, full_q_num_blocks=None, full_q_indices=None,
        BLOCK_SIZE=(128, 128), mask_mod=noop_mask,
    ):  # fmt: skip
        if kv_indices.dim() < 2:
            raise RuntimeError("BlockMask must have at least 2 dimensions")
        self.seq_lengths, self.BLOCK_SIZE, self.mask_mod = seq_lengths, BLOCK_SIZE, mask_mod
        self.kv_num_blocks, self.kv_indices = kv_num_blocks, kv_indices
        self.full_kv_num_blocks, self.full_kv_indices = full_kv_num_blocks, full_kv_indices
        self.q_num_blocks, self.q_indices = q_num_blocks, q_indices
        self.full_q_num_blocks, self.full_q_indices = full_q_num_blocks, full_q_indices

    @classmethod
    def from_kv_blocks(
        cls, kv_num_blocks, kv_indices, full_kv_num_blocks=None, full_kv_indices=None,
        BLOCK_SIZE=128, mask_mod=None, seq_lengths=None, compute_q_blocks=True,
    ):  # fmt: skip
        """Return the mask whose rows of blocks are listed; the columns are worked out from them."""
        size = (BLOCK_SIZE, BLOCK_SIZE) if isinstance(BLOCK_SIZE, int) else tuple(BLOCK_SIZE)
        if seq_lengths is None:
            seq_lengths = (kv_indices.shape[-2] * size[0], kv_indices.shape[-1] * size[1])
        columns = [None] * 4
        if compute_q_blocks:
            columns[:2] = blocks_of(dense_of(kv_num_blocks, kv_indices).mT)
            if full_kv_num_blocks is not None:
                columns[2:] = blocks_of(dense_of(full_kv_num_blocks, full_kv_indices).mT)
        rows = (kv_num_blocks, kv_indices, full_kv_num_blocks, full_kv_indices)
        return cls(seq_lengths, *rows, *columns, size, mask_mod or noop_mask)

    @property
    def shape(self):
        """Batch, heads, queries, keys."""
        return (*self.kv_indices.shape[:-2], *self.seq_lengths)

    def numel(self):
        """Return the number of elements of the attention matrix."""
        return rl.Size(self.shape).numel()

    def to_dense(self):
        """Return [B, H, rows, columns] of int32: one for every block that is not empty."""
        dense = dense_of(self.kv_num_blocks, self.kv_indices)
        return (
            dense
            if self.full_kv_num_blocks is None
            else dense | dense_of(self.full_kv_num_blocks, self.full_kv_indices)
        )

    def sparsity(self):
        """Return the percentage of empty blocks."""
        dense = self.to_dense()
        return 100 * (1 - dense.sum().item() / dense.numel())

    def to(self, device):
        """Return the mask on ``device``."""
        return self.map(lambda x: x.to(device))

    def map(self, change):
        """Return the mask with every tensor changed."""
        tensors = self.as_tuple(flatten=False)[1:9]
        changed = [None if x is None else change(x) for x in tensors]
        return type(self)(self.seq_lengths, *changed, self.BLOCK_SIZE, self.mask_mod)

    def __getitem__(self, index):
        """Return the mask of some of the batch and the heads; a number keeps its dimension."""
        chosen = index if isinstance(index, tuple) else (index,)
        kept = tuple(slice(i, i + 1 or None) if isinstance(i, int) else i for i in chosen)
        return self.map(lambda x: x[kept])

    def as_tuple(self, flatten=True):
        """Return the fields in the order of the constructor; with ``flatten`` lengths and sizes one by one."""
        lengths, size = (self.seq_lengths, self.BLOCK_SIZE) if flatten else ((self.seq_lengths,), (self.BLOCK_SIZE,))
        rows = (self.kv_num_blocks, self.kv_indices, self.full_kv_num_blocks, self.full_kv_indices)
        columns = (self.q_num_blocks, self.q_indices, self.full_q_num_blocks, self.full_q_indices)
        return (*lengths, *rows, *columns, *size, self.mask_mod)

    def __repr__(self):
        return f"BlockMask(shape={self.shape}, sparsity={self.sparsity():.2f}%)"
