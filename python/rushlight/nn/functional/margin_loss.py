"""Losses that ask for a margin between scores or distances."""

from rushlight import _C
from rushlight._ops.autocasting import in_full_precision
from rushlight._ops.type_names import type_name

from .distance import pairwise_distance
from .reduction import reduced, reduction_from


@in_full_precision
def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """Return ``max(0, margin - target (input1 - input2))`` for targets 1 and -1."""
    reduction = reduction_from(reduction, size_average, reduce)
    if input1.dim() != input2.dim() or input1.dim() != target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.shape}, input2: {input2.shape}, target: {target.shape} "
        )
    return reduced((-target * (input1 - input2) + margin).clamp(min=0), reduction)


@in_full_precision
def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    """Return the input where the target is 1, ``max(0, margin - input)`` where it is -1."""
    reduction = reduction_from(reduction, size_average, reduce)
    far = _C.where(target != 1, (margin - input).clamp(min=0), 0)
    near = _C.where(target != -1, input, 0)
    return reduced(far + near, reduction)


@in_full_precision
def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """Return ``log(1 + exp(-target input))`` for targets 1 and -1."""
    reduction = reduction_from(reduction, size_average, reduce)
    return reduced(_C.log1p((-target * input).exp()), reduction)


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """Return the mean over classes of the binary cross entropy of each class."""
    reduction = reduction_from(reduction, size_average, reduce)
    loss = -(target * _C.log_sigmoid(input) + (1 - target) * _C.log_sigmoid(-input))
    loss = loss if weight is None else loss * weight
    return reduced(loss.sum(-1) / input.size(-1), reduction)


def check_classes(name, target):
    """Raise unless the target holds int64 classes."""
    if target.dtype != _C.int64:
        raise RuntimeError(
            f"{name}: expected scalar type Long but found {type_name(target.dtype)}: convert the target with .long()"
        )


@in_full_precision
def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """Return ``sum max(0, 1 - (x[j] - x[i])) / C`` over targets j (listed until the first -1) and other classes i."""
    reduction = reduction_from(reduction, size_average, reduce)
    if input.dim() > 2 or input.shape != target.shape:
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for an input of size {list(input.shape)}")
    check_classes("multilabel_margin_loss", target)
    x, y = (t.reshape(1, -1) if t.dim() < 2 else t for t in (input, target))
    listed = _C.cumprod((y >= 0).to(_C.int64), 1).to(_C.bool)
    chosen = _C.where(listed, y, 0)
    others = _C.scatter_add(_C.full_like(y, 0), 1, chosen, listed.to(_C.int64)) == 0
    gap = 1 - (_C.gather(x, 1, chosen).unsqueeze(2) - x.unsqueeze(1))
    counted = listed.unsqueeze(2) & others.unsqueeze(1)
    loss = _C.where(counted, gap.clamp(min=0), 0).sum([1, 2]) / max(x.size(1), 1)
    return reduced(loss if input.dim() == 2 else loss.reshape(()), reduction)


@in_full_precision
def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    """Return ``sum max(0, margin - x[y] + x[i])^p weight[y] / C`` over the classes i other than the target y."""
    reduction = reduction_from(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    x = input.reshape(1, -1) if input.dim() < 2 else input
    y = target.reshape(-1, 1)
    if y.size(0) != x.size(0):
        raise RuntimeError(f"inconsistent target size, expected {x.size(0)} but got {list(target.shape)}")
    check_classes("multi_margin_loss", target)
    gap = (margin - _C.gather(x, 1, y) + x).clamp(min=0)
    gap = gap if p == 1 else gap * gap
    if weight is not None:
        gap = gap * weight.index_select(0, y.reshape(-1)).unsqueeze(1)
    others = _C.arange(x.size(1), device=x.device) != y
    loss = _C.where(others, gap, 0).sum(1) / x.size(1)
    return reduced(loss if target.dim() else loss.reshape(()), reduction)


@in_full_precision
def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """Return ``1 - cos`` where the target is 1, ``max(0, cos - margin)`` where it is -1."""
    reduction = reduction_from(reduction, size_average, reduce)
    if target.dim() not in (0, 1):
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.dim() + 1 != input1.dim() or input1.dim() != input2.dim():
        raise RuntimeError(
            f"{target.dim()}D target tensor expects {target.dim() + 1}D input tensors, "
            f"but found inputs with sizes {list(input1.shape)} and {list(input2.shape)}."
        )
    squares = ((x * x).sum(-1) + 1e-12 for x in (input1, input2))
    cosine = (input1 * input2).sum(-1) / (next(squares) * next(squares)).sqrt()
    loss = _C.where(target == 1, 1 - cosine, 0) + _C.where(target == -1, (cosine - margin).clamp(min=0), 0)
    return reduced(loss, reduction)


@in_full_precision
def triplet_margin_loss(
    anchor,
    positive,
    negative,
    margin=1.0,
    p=2,
    eps=1e-6,
    swap=False,
    size_average=None,
    reduce=None,
    reduction="mean",
):
    """Return ``max(0, |anchor - positive| - |anchor - negative| + margin)`` in the p-norm."""
    reduction = reduction_from(reduction, size_average, reduce)

    def distance(a, b):
        return pairwise_distance(a, b, p, eps)

    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=distance, margin=margin, swap=swap, reduction=reduction
    )


def triplet_margin_with_distance_loss(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    """The triplet loss for any distance; ``swap`` takes the positive as anchor where it is nearer the negative."""
    reduction = reduction_from(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.dim()}D, positive {positive.dim()}D, and negative {negative.dim()}D inputs"
        )
    distance = distance_function or pairwise_distance
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = _C.minimum(far, distance(positive, negative))
    return reduced((margin + near - far).clamp(min=0), reduction)
