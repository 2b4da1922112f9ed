"""``torch.sparse``: tensors are dense here; the functions raise NotImplementedError."""

from __future__ import annotations

from rushlight.compat.absent import absent_type, attributes

REASON = "Rushlight has no sparse tensors; use a dense tensor, or index_add and scatter_add on its indices"

__getattr__ = attributes(
    "torch.sparse",
    frozenset("addmm as_sparse_gradcheck log_softmax mm sampled_addmm softmax spdiags sum".split()),
    REASON,
)

DoubleTensor = absent_type("torch.sparse.DoubleTensor", REASON)
FloatTensor = absent_type("torch.sparse.FloatTensor", REASON)
HalfTensor = absent_type("torch.sparse.HalfTensor", REASON)
