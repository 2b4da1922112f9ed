"""Rows of a table by index, one by one or in bags, and one-hot vectors."""

import warnings

from rushlight import _C
from rushlight._ops.reduce import vector_norm
from rushlight._ops.type_names import type_name


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    """Return the rows of ``weight`` (V, D) that ``input`` names: shape (*, D); row ``padding_idx`` gets no gradient."""
    padding_idx = padding_row(padding_idx, weight)
    if max_norm is not None:
        renormalise_rows(weight, input, max_norm, norm_type)
    return _C.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


def padding_row(padding_idx, weight):
    """Return the padding row counted from the front, -1 for none."""
    if padding_idx is None:
        return -1
    if not -weight.size(0) <= padding_idx < weight.size(0):
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % weight.size(0)


def renormalise_rows(weight, rows, max_norm, norm_type):
    """Scale down in place the named rows whose norm is above ``max_norm``; no gradient is recorded."""
    table = weight.detach()
    index = _C.unique(rows.reshape(-1).to(_C.int64), True, False, False)[0]
    norms = vector_norm(table.index_select(0, index), norm_type, [1], True)
    long = norms.reshape(-1) > max_norm
    index, norms = index[long], norms[long]
    table.index_copy_(0, index, table.index_select(0, index) * (max_norm / (norms + 1e-7)))


def embedding_bag(
    input,
    weight,
    offsets=None,
    max_norm=None,
    norm_type=2,
    scale_grad_by_freq=False,
    mode="mean",
    sparse=False,
    per_sample_weights=None,
    include_last_offset=False,
    padding_idx=None,
):
    """Return the sum, mean or maximum of the rows of each bag: shape (bags, D).

    A bag is a row of a 2-D ``input``, or the part of a 1-D one that starts at each of ``offsets``.
    """
    if weight.dtype == _C.int64 and input.is_floating_point():
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is "
            "deprecated, and should now be `embedding_bag(input, weight, ...)`.",
            stacklevel=2,
        )
        weight, input = input, weight
    input = bag_indices(input)
    check_bag(input, weight, offsets, mode, scale_grad_by_freq, sparse, per_sample_weights)
    if input.dim() == 2:
        count, width = input.shape
        bag = _C.arange(count, device=input.device).unsqueeze(1).expand(count, width).reshape(-1)
        input = input.reshape(-1)
    else:
        count = offsets.numel() - bool(include_last_offset)
        bag = bag_numbers(input, offsets, include_last_offset)
    if max_norm is not None:
        renormalise_rows(weight, input, max_norm, norm_type)
    padding_idx = padding_row(padding_idx, weight)
    rows = _C.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape(-1, 1)
    if padding_idx < 0:
        return _C._label(reduce_bags(rows, bag, count, mode), "EmbeddingBagBackward0")
    # The padding rows fill a bag of their own.
    return reduce_bags(rows, _C.where(input == padding_idx, count, bag), count + 1, mode)[:count]


def bag_indices(input):
    """Return indices of any integral type as int64 ones."""
    if input.is_floating_point() or input.is_complex():
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"torch.{type_name(input.dtype)}Tensor instead (while checking arguments for embedding_bag)"
        )
    return input.to(_C.int64)


def check_bag(input, weight, offsets, mode, scale_grad_by_freq, sparse, per_sample_weights):
    """Raise unless the arguments of ``embedding_bag`` fit together."""
    if per_sample_weights is not None and input.shape != per_sample_weights.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, "
            f"then it must have the same shape as the input ({input.shape})"
        )
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    if input.dim() not in (1, 2):
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if input.dim() == 2 and offsets is not None:
        raise ValueError(
            "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
            "sequences. "
            f"However, found offsets of type {type(offsets)}"
        )
    if input.dim() == 1 and (offsets is None or offsets.dim() != 1):
        raise ValueError("offsets has to be a 1D Tensor" + (" but got None" if offsets is None else ""))
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' "
            f"(got mode='{mode}')."
        )


def bag_numbers(input, offsets, include_last_offset):
    """Return the bag that each index of a 1-D input belongs to."""
    starts = offsets[:-1] if include_last_offset else offsets
    known = starts.numel() and not starts.is_meta
    if known and int(starts[0]):
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. "
            f"However, got {int(starts[0])}"
        )
    if known and int(offsets[-1]) > input.numel():
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {input.numel()} "
            f"but got offsets[-1] of {int(offsets[-1])}"
        )
    positions = _C.arange(input.numel(), device=input.device)
    return _C.searchsorted(starts.to(_C.int64), positions, right=True) - 1


def reduce_bags(rows, bag, count, mode):
    """Reduce the rows of each bag; an empty bag gives zeros."""
    zeros = _C.full((count, rows.size(1)), 0, dtype=rows.dtype, device=rows.device)
    if mode == "max":
        return _C.scatter_reduce(zeros, 0, bag.unsqueeze(1).expand(rows.shape), rows, "amax", include_self=False)
    total = _C.index_add(zeros, 0, bag, rows)
    if mode == "sum":
        return total
    none = _C.full((count,), 0, dtype=_C.int64, device=bag.device)
    sizes = _C.index_add(none, 0, bag, _C.full(bag.shape, 1, dtype=_C.int64, device=bag.device))
    return total / sizes.clamp(min=1).to(rows.dtype).unsqueeze(1)


def one_hot(input, num_classes=-1):
    """Return int64 vectors with a one at each class: shape (*, num_classes)."""
    if input.dtype != _C.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if input.numel() == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return _C.full((*input.shape, num_classes), 0, dtype=_C.int64, device=input.device)
    if int(input.min()) < 0:
        raise RuntimeError("Class values must be non-negative.")
    largest = int(input.max())
    if num_classes == -1:
        num_classes = largest + 1
    if num_classes < 1:
        raise RuntimeError("num_classes should be positive")
    if largest >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    classes = _C.arange(num_classes, device=input.device)
    return (input.unsqueeze(-1) == classes).to(_C.int64)
