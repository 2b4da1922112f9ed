"""``torch._dynamo._trace_wrapped_higher_order_op``: indexing inside `vmap`."""

from __future__ import annotations

from contextlib import nullcontext


class TransformGetItemToIndex(nullcontext):
    """Let tensors of one element be indices inside `vmap`: they always are."""
