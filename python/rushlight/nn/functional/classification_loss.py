"""Losses between scores and classes: cross entropy and its parts, and CTC."""

import functools

from rushlight import _C
from rushlight._ops.autocasting import in_full_precision
from rushlight._ops.registry import check_castable
from rushlight._ops.type_names import type_name

from .reduction import REDUCTIONS, reduced, reduction_from


def class_axis(input):
    """Return the dimension of the classes: 1, or 0 for a single sample."""
    return 0 if input.dim() == 1 else 1


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    """Return ``-weight[target] input[target]`` for log-probabilities (N, C, ...) and classes (N, ...).

    The mean divides by the sum of the weights; targets equal to ``ignore_index`` count for nothing.
    """
    reduction = reduction_from(reduction, size_average, reduce)
    return _C._nll_loss(input, target, weight, REDUCTIONS.index(reduction), ignore_index)[0]


@in_full_precision
def cross_entropy(
    input,
    target,
    weight=None,
    size_average=None,
    ignore_index=-100,
    reduce=None,
    reduction="mean",
    label_smoothing=0.0,
):
    """Return the negative log-likelihood of ``log_softmax(input)``, scores (N, C, ...) or (C).

    ``target`` holds classes (N, ...), or probabilities of the shape of ``input``.
    """
    reduction = reduction_from(reduction, size_average, reduce)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if input.dim() == 0:
        raise RuntimeError("cross_entropy: input tensor should be 1D or more, but got a 0D tensor")
    log_probability = _C.log_softmax(input, class_axis(input))
    if target.shape == input.shape:
        return soft_cross_entropy(log_probability, target, weight, reduction, label_smoothing, ignore_index)
    loss = nll_loss(log_probability, target, weight, ignore_index=ignore_index, reduction=reduction)
    if label_smoothing == 0:
        return loss
    uniform = uniform_loss(log_probability, target, weight, ignore_index, reduction)
    share = label_smoothing / input.size(class_axis(input))
    return (1 - label_smoothing) * loss + share * uniform


def per_class(weight, like):
    """Return class weights in a shape that broadcasts to scores."""
    axis = class_axis(like)
    return weight.reshape([-1 if d == axis else 1 for d in range(like.dim())])


def uniform_loss(log_probability, target, weight, ignore_index, reduction):
    """Return the loss against all classes at once, which label smoothing mixes in."""
    axis = class_axis(log_probability)
    scores = log_probability if weight is None else log_probability * per_class(weight, log_probability)
    kept = target != ignore_index
    loss = _C.where(kept, -scores.sum(axis), 0)
    if reduction != "mean":
        return reduced(loss, reduction)
    if weight is None:
        return loss.sum() / kept.sum()
    chosen = _C.where(kept, target, 0).reshape(-1)
    return loss.sum() / (weight.index_select(0, chosen) * kept.reshape(-1)).sum()


def soft_cross_entropy(log_probability, target, weight, reduction, label_smoothing, ignore_index):
    """Return ``-sum(target log_probability)`` over the classes."""
    if not target.is_floating_point():
        raise RuntimeError(
            f"Expected floating point type for target with class probabilities, got {type_name(target.dtype)}"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    axis = class_axis(log_probability)
    classes = log_probability.size(axis)
    if weight is not None and (weight.dim() != 1 or weight.numel() != classes):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or no classes "
            f"but got weight tensor of shape: {list(weight.shape)}"
        )
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    product = log_probability * target
    loss = -(product if weight is None else product * per_class(weight, product)).sum(axis)
    return loss.sum() / (log_probability.numel() / classes) if reduction == "mean" else reduced(loss, reduction)


def linear_cross_entropy(
    input,
    linear_weight,
    target,
    *,
    linear_bias=None,
    weight=None,
    reduction="mean",
    ignore_index=None,
    label_smoothing=0.0,
    options=None,
):
    """Return ``cross_entropy`` of the scores ``linear(input, linear_weight, linear_bias)``."""
    if linear_weight.dim() < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {linear_weight.dim()}")
    classes, *rest, features = linear_weight.shape
    if rest and input.dim() < 2:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} requires batched input, "
            f"(N, {features}), got input shape {tuple(input.shape)}"
        )
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    scores = _C.linear(input, linear_weight.reshape(-1, features), bias)
    scores = scores.reshape([*input.shape[:-1], classes, *rest])
    ignore_index = -100 if ignore_index is None else ignore_index
    return cross_entropy(
        scores, target, weight, ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing
    )


@functools.cache
def bernoulli_loss():
    """Return the autograd function of ``binary_cross_entropy``, made at first use."""
    from rushlight.autograd import Function

    class BernoulliLoss(Function):
        """``-(y log(x) + (1 - y) log(1 - x))`` with logarithms of at least -100 and a gradient that stays finite."""

        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return (y - 1) * _C.log1p(-x).clamp(min=-100) - y * x.log().clamp(min=-100)

        @staticmethod
        def backward(ctx, grad):
            x, y = ctx.saved_tensors
            to_x = grad * (x - y) / (x * (1 - x)).clamp(min=1e-12)
            to_y = grad * (_C.log1p(-x).clamp(min=-100) - x.log().clamp(min=-100))
            return to_x, to_y

    return BernoulliLoss


@in_full_precision
def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """Return ``-(y log(x) + (1 - y) log(1 - x))`` for probabilities x; the logarithms are at least -100."""
    reduction = reduction_from(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is deprecated. "
            "Please ensure they have the same size."
        )
    if target.dtype != input.dtype:
        raise RuntimeError(
            f"binary_cross_entropy: Found dtype {type_name(target.dtype)} but expected {type_name(input.dtype)}"
        )
    if not input.is_floating_point():
        raise NotImplementedError(f"\"binary_cross_entropy\" not implemented for '{type_name(input.dtype)}'")
    if input.numel() and not input.is_meta and not bool(((input >= 0) & (input <= 1)).all()):
        raise RuntimeError("all elements of input should be between 0 and 1")
    loss = bernoulli_loss().apply(input, target)
    return _C._label(reduced(loss if weight is None else loss * weight, reduction), "BinaryCrossEntropyBackward0")


@in_full_precision
def binary_cross_entropy_with_logits(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None
):
    """Return ``binary_cross_entropy(sigmoid(input), target)`` without overflow; ``pos_weight`` weighs positives."""
    reduction = reduction_from(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    if target.dtype == _C.bool:
        raise NotImplementedError(
            "binary_cross_entropy_with_logits: Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead. Convert the target to the input's dtype"
        )
    check_castable(input.dtype, target.dtype)
    positive = _C.log_sigmoid(input) if pos_weight is None else ((pos_weight - 1) * target + 1) * _C.log_sigmoid(input)
    loss = (1 - target) * input - positive
    loss = reduced(loss if weight is None else loss * weight, reduction)
    return _C._label(loss, "BinaryCrossEntropyWithLogitsBackward0")


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    """Return the connectionist temporal classification loss (Graves et al., 2006) of log-probabilities (T, N, C)."""
    return _C.ctc_loss(
        log_probs,
        targets,
        lengths_tensor("input_lengths", input_lengths, log_probs.device),
        lengths_tensor("target_lengths", target_lengths, log_probs.device),
        blank,
        REDUCTIONS.index(reduction_from(reduction)),
        zero_infinity,
    )


def lengths_tensor(name, lengths, device):
    """Return lengths, a tensor or a list or tuple of ints, as a tensor."""
    if isinstance(lengths, _C.Tensor):
        return lengths
    if not isinstance(lengths, (list, tuple)) or any(not isinstance(length, int) for length in lengths):
        raise TypeError(f"ctc_loss(): argument '{name}' must be Tensor or tuple of ints, not {type(lengths).__name__}")
    return _C.tensor(list(lengths), dtype=_C.int64, device=device)
