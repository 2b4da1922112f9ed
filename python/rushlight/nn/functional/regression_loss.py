"""Losses between numbers: absolute, squared, Huber, Poisson, Gaussian and Kullback-Leibler."""

import math
import warnings

from rushlight import _C
from rushlight._ops.autocasting import in_full_precision
from rushlight._ops.shape import broadcast_tensors

from .reduction import reduced, reduction_from


def paired(input, target):
    """Return input and target in their common shape, with a warning when the shapes differ."""
    if target.shape != input.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=3,
        )
        return broadcast_tensors(input, target)
    return input, target


def as_number(target, input):
    """Return a target of truth values as zeros and ones of the input's type."""
    return target.to(input.dtype) if target.dtype == _C.bool else target


def weighted(loss, weight, input, reduction):
    """Reduce losses with optional weights; the weighted mean divides by the sum of the weights."""
    if weight is None:
        return reduced(loss, reduction)
    if weight.shape != input.shape:
        raise ValueError("Weights and input must have the same size.")
    loss = loss * weight
    return loss.sum() / weight.sum() if reduction == "mean" else reduced(loss, reduction)


@in_full_precision
def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """Return ``|input - target|``."""
    reduction = reduction_from(reduction, size_average, reduce)
    x, y = paired(input, target)
    return weighted((x - y).abs(), weight, input, reduction)


@in_full_precision
def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """Return ``(input - target)^2``."""
    reduction = reduction_from(reduction, size_average, reduce)
    x, y = paired(input, as_number(target, input))
    return _C._label(weighted((x - y).square(), weight, input, reduction), "MseLossBackward0")


@in_full_precision
def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """Return ``d^2 / (2 beta)`` where ``d = |input - target| < beta``, else ``d - beta / 2``."""
    reduction = reduction_from(reduction, size_average, reduce)
    x, y = paired(input, as_number(target, input))
    d = (x - y).abs()
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    loss = d if beta == 0 else _C.where(d < beta, 0.5 * d * d / beta, d - 0.5 * beta)
    return _C._label(reduced(loss, reduction), "SmoothL1LossBackward0" if beta else "MeanBackward0")


@in_full_precision
def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """Return ``d^2 / 2`` where ``d = |input - target| <= delta``, else ``delta (d - delta / 2)``."""
    reduction = reduction_from(reduction)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    x, y = paired(input, as_number(target, input).to(input.dtype))
    d = (x - y).abs()
    loss = _C.where(d <= delta, 0.5 * d * d, delta * (d - 0.5 * delta))
    return _C._label(weighted(loss, weight, input, reduction), "HuberLossBackward0")


@in_full_precision
def poisson_nll_loss(
    input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"
):
    """Return ``exp(input) - target input``, or ``input - target log(input + eps)``; ``full`` adds Stirling's terms."""
    reduction = reduction_from(reduction, size_average, reduce)
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return reduced(loss, reduction)


def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """Return ``(log(var) + (input - target)^2 / var) / 2``, var at least eps; ``full`` adds the constant term."""
    if not isinstance(var, _C.Tensor):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = _C.full_like(input.detach(), var)
    elif bool((var < 0).any()):
        raise ValueError("var has negative entry/entries")
    if var.shape != input.shape:
        var = fitted_variance(input, var)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    var = var.clone()
    var.detach().clamp_(min=eps)
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    return reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


def fitted_variance(input, var):
    """Return a variance shared over one dimension in a shape that broadcasts to the input."""
    if input.shape[:-1] == var.shape:
        return var.unsqueeze(-1)
    if input.dim() == var.dim() and sum(b for a, b in zip(input.shape, var.shape) if a != b) == 1:
        return var
    raise ValueError("var is of incorrect size")


@in_full_precision
def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """Return ``target (log(target) - input)`` for an input of log-probabilities; "batchmean" divides by the batch."""
    if size_average is None and reduce is None and reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    batchmean = reduction == "batchmean" and size_average is None and reduce is None
    reduction = "sum" if batchmean else reduction_from(reduction, size_average, reduce)
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    loss = target.exp() * (target - input) if log_target else _C.xlogy(target, target) - target * input
    loss = reduced(loss, reduction)
    return loss / input.size(0) if batchmean and input.dim() else loss
