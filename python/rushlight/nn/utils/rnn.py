"""Sequences of unequal length: padded to one tensor, or packed without padding, time step by time step."""

from collections.abc import Iterable
from typing import NamedTuple

import rushlight as rl

__all__ = [
    "PackedSequence", "invert_permutation", "pack_padded_sequence", "pad_packed_sequence", "pad_sequence",
    "unpad_sequence", "pack_sequence", "unpack_sequence",
]  # fmt: skip


class PackedSequence_(NamedTuple):
    data: rl.Tensor
    batch_sizes: rl.Tensor
    sorted_indices: rl.Tensor | None
    unsorted_indices: rl.Tensor | None


class PackedSequence(PackedSequence_):
    """Sequences sorted by falling length, joined by time step.

    `data` (Σ lengths, *) holds the first step of all sequences, then the second of those that have one, and so on;
    `batch_sizes` counts the sequences of each step. `sorted_indices` says where each came from.
    """

    def __new__(cls, data, batch_sizes=None, sorted_indices=None, unsorted_indices=None):
        if batch_sizes is None:
            if not isinstance(data, list | tuple) or len(data) != 2:
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        elif batch_sizes.device.type != "cpu":
            raise ValueError("PackedSequence: batch_sizes must be on the CPU; make it with pack_padded_sequence")
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args, **kwargs):
        """The sequence with its data converted as by `Tensor.to`, and its indices on the same device."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        indices = (None if i is None else i.to(data.device) for i in (self.sorted_indices, self.unsorted_indices))
        return type(self)(data, self.batch_sizes, *indices)

    def pin_memory(self):
        """The sequence in pinned memory."""
        return type(self)(*(None if t is None else t.pin_memory() for t in self))

    def cpu(self, *args, **kwargs):
        """The sequence on the CPU."""
        return self.to("cpu", *args, **kwargs)

    def cuda(self, *args, **kwargs):
        """The sequence on a CUDA device; raises where there is none."""
        return self.to("cuda", *args, **kwargs)

    def double(self):
        """The data as float64."""
        return self.to(dtype=rl.float64)

    def float(self):
        """The data as float32."""
        return self.to(dtype=rl.float32)

    def half(self):
        """The data as float16."""
        return self.to(dtype=rl.float16)

    def long(self):
        """The data as int64."""
        return self.to(dtype=rl.int64)

    def int(self):
        """The data as int32."""
        return self.to(dtype=rl.int32)

    def short(self):
        """The data as int16."""
        return self.to(dtype=rl.int16)

    def char(self):
        """The data as int8."""
        return self.to(dtype=rl.int8)

    def byte(self):
        """The data as uint8."""
        return self.to(dtype=rl.uint8)

    @property
    def is_cuda(self):
        return self.data.is_cuda

    def is_pinned(self):
        """Whether the data lies in pinned memory."""
        return self.data.is_pinned()


def invert_permutation(permutation):
    """The permutation that undoes `permutation`.

    >>> nn.utils.rnn.invert_permutation(rl.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    return rl.empty_like(permutation).scatter_(
        0, permutation, rl.arange(permutation.numel(), device=permutation.device)
    )


def _step_positions(batch_sizes, batch):
    """Where each packed value lies in a padded tensor (T · batch, *)."""
    starts = range(0, batch * len(batch_sizes), batch)
    return rl.tensor(
        [start + i for start, size in zip(starts, batch_sizes, strict=True) for i in range(size)], dtype=rl.int64
    )


def pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True):
    """Packs sequences (T, B, *), or (B, T, *) with `batch_first`, of `lengths`.

    With `enforce_sorted` the lengths must fall; otherwise the sequences are sorted here.

    >>> packed = nn.utils.rnn.pack_padded_sequence(rl.tensor([[1, 2, 0], [3, 0, 0]]), [2, 1], batch_first=True)
    >>> packed.data, packed.batch_sizes
    (tensor([1, 3, 2]), tensor([2, 1]))
    """
    lengths = rl.as_tensor(lengths, dtype=rl.int64, device="cpu")
    input = input.transpose(0, 1) if batch_first else input
    sorted_indices = None
    if not enforce_sorted:
        lengths, sorted_indices = rl.sort(lengths, descending=True)
        sorted_indices = sorted_indices.to(input.device)
        input = input.index_select(1, sorted_indices)
    batch_sizes = _batch_sizes(lengths.tolist(), input)
    positions = _step_positions(batch_sizes, input.size(1)).to(input.device)
    data = input.flatten(0, 1).index_select(0, positions)
    return PackedSequence(data, rl.tensor(batch_sizes, dtype=rl.int64), sorted_indices)


def _batch_sizes(lengths, input):
    """How many of the falling `lengths` reach each time step."""
    if input.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    if len(lengths) != input.size(1):
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(lengths)} (batch_size={input.size(1)})"
        )
    if lengths != sorted(lengths, reverse=True):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. "
            "You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement "
            "if you do not need ONNX exportability."
        )
    if lengths[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if lengths[0] > input.size(0):
        raise RuntimeError(f"lengths: the longest, {lengths[0]}, exceeds the {input.size(0)} time steps of the input")
    return [sum(length > step for length in lengths) for step in range(lengths[0])]


def pad_packed_sequence(sequence, batch_first=False, padding_value=0.0, total_length=None):
    """The padded tensor of a packed sequence, in the original order, and the lengths.

    `total_length` pads to at least that many time steps.
    """
    data, batch_sizes, _, unsorted_indices = sequence
    sizes = batch_sizes.tolist()
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, "
            f"but got total_length={total_length} and max sequence length being {len(sizes)}"
        )
    batch = sizes[0]
    flat = data.new_full((steps * batch, *data.shape[1:]), padding_value)
    padded = flat.index_copy(0, _step_positions(sizes, batch).to(data.device), data)
    padded = padded.unflatten(0, (steps, batch))
    lengths = rl.tensor([sum(size > i for size in sizes) for i in range(batch)], dtype=rl.int64)
    if unsorted_indices is not None:
        padded = padded.index_select(1, unsorted_indices)
        lengths = lengths[unsorted_indices.cpu()]
    return padded.transpose(0, 1) if batch_first else padded, lengths


def pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right"):
    """Stacks sequences (Lᵢ, *) into (T, B, *), or (B, T, *) with `batch_first`, padded to the longest.

    >>> nn.utils.rnn.pad_sequence([rl.tensor([1, 2]), rl.tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    sequences = list(sequences)
    if not sequences:
        raise RuntimeError("pad_sequence: received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"pad_sequence: padding_side must be 'left' or 'right', got {padding_side!r}")
    longest = max(len(sequence) for sequence in sequences)
    padded = [_lengthen(sequence, longest, padding_value, padding_side) for sequence in sequences]
    return rl.stack(padded, 0 if batch_first else 1)


def _lengthen(sequence, length, value, side):
    if len(sequence) == length:
        return sequence
    fill = sequence.new_full((length - len(sequence), *sequence.shape[1:]), value)
    return rl.cat([fill, sequence] if side == "left" else [sequence, fill])


def unpad_sequence(padded_sequences, lengths, batch_first=False):
    """The sequences of `lengths` in a padded tensor, as a list."""
    padded = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [sequence[: int(length)] for sequence, length in zip(padded, lengths, strict=True)]


def pack_sequence(sequences, enforce_sorted=True):
    """Packs a list of sequences (Lᵢ, *).

    >>> nn.utils.rnn.pack_sequence([rl.tensor([1, 2, 3]), rl.tensor([4])]).data
    tensor([1, 4, 2, 3])
    """
    lengths = [len(sequence) for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences):
    """The list of sequences of a packed sequence."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
