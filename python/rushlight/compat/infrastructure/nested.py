"""``torch.nested``: tensors are rectangular here; the functions raise NotImplementedError."""

from __future__ import annotations

from rushlight.compat.absent import attributes

__getattr__ = attributes(
    "torch.nested",
    frozenset("as_nested_tensor masked_select narrow nested_tensor nested_tensor_from_jagged to_padded_tensor".split()),
    "Rushlight has no nested tensors; pad them (torch.nn.utils.rnn.pad_sequence) and pass a mask",
)
