"""The ``reduction`` argument of losses."""

import warnings

REDUCTIONS = ("none", "mean", "sum")


def reduction_from(reduction, size_average=None, reduce=None):
    """Return the reduction, taking PyTorch's former arguments ``size_average`` and ``reduce`` into account."""
    if size_average is not None or reduce is not None:
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
            stacklevel=3,
        )
    if reduction == "elementwise_mean":
        warnings.warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=3)
        return "mean"
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def reduced(loss, reduction):
    """Return the losses themselves, their mean, or their sum."""
    return loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()
