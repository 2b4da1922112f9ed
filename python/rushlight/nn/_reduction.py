"""Names of a loss's reduction, and the older boolean pair that stood for them."""

import warnings

_CODES = {"none": 0, "mean": 1, "elementwise_mean": 1, "sum": 2}


def get_enum(reduction):
    """The number of a reduction name: none 0, mean 1, sum 2."""
    if reduction not in _CODES:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if reduction == "elementwise_mean":
        warnings.warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=2)
    return _CODES[reduction]


def legacy_get_string(size_average, reduce, emit_warning=True):
    """The reduction name that the arguments `size_average` and `reduce` (None means True) stand for."""
    size_average, reduce = (True if flag is None else flag for flag in (size_average, reduce))
    name = "none" if not reduce else "mean" if size_average else "sum"
    if emit_warning:
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{name}' instead.", stacklevel=2
        )
    return name


def legacy_get_enum(size_average, reduce, emit_warning=True):
    """The number of the reduction that `size_average` and `reduce` stand for."""
    return get_enum(legacy_get_string(size_average, reduce, emit_warning))
