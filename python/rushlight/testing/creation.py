"""Random tensors for tests."""

import math
import warnings
from collections.abc import Sequence
from typing import Any

import rushlight as rl

__all__ = ["make_tensor"]


def make_tensor(
    *shape: Any,
    dtype: Any,
    device: Any,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> "rl.Tensor":
    """Return a tensor with entries drawn evenly from ``[low, high)``, by default -9 to 9 (10 for integers).

    ``noncontiguous`` gives every second entry of a larger tensor; ``exclude_zero`` replaces zeros by one, or the smallest
    normal number. Raises ``ValueError`` for bounds that the dtype does not have, or that are the wrong way round.

    >>> make_tensor(2, 3, dtype=rl.float32, device="cpu").shape
    torch.Size([2, 3])
    """
    shape = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
    differentiable = dtype.is_floating_point or dtype.is_complex
    if noncontiguous and memory_format is not None:
        raise ValueError(
            "The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got "
            f"noncontiguous={noncontiguous!r} and memory_format={memory_format!r}"
        )
    if requires_grad and not differentiable:
        raise ValueError(
            f"`requires_grad=True` is not supported for boolean and integral dtypes, but got dtype={dtype!r}"
        )
    noncontiguous = noncontiguous and math.prod(shape) > 1
    whole = (*shape[:-1], 2 * shape[-1]) if noncontiguous else shape
    result = _drawn(whole, dtype, device, low, high, differentiable)
    if noncontiguous:
        result = result[..., 1::2]
    elif memory_format is not None:
        result = result.clone(memory_format=memory_format)
    if exclude_zero:
        result[result == 0] = rl.finfo(dtype).tiny if differentiable else 1
    return result.requires_grad_(requires_grad) if differentiable else result


def _drawn(shape: tuple, dtype: Any, device: Any, low: Any, high: Any, differentiable: bool) -> "rl.Tensor":
    if not differentiable:
        low, high = (math.ceil(v) for v in _bounds(dtype, low, high, *_integer_limits(dtype)))
        return rl.randint(low, high, shape, dtype=dtype, device=device)
    limit = rl.finfo(dtype).max
    low, high = _bounds(dtype, low, high, -limit, limit, -9, 9)
    result = rl.empty(shape, dtype=dtype, device=device)
    entries = rl.view_as_real(result) if dtype.is_complex else result
    if high - low >= limit:
        entries.uniform_(low / 2, high / 2).mul_(2)
    else:
        entries.uniform_(low, high)
    return result


def _integer_limits(dtype: Any) -> tuple[int, int, int, int]:
    if dtype == rl.bool:
        return 0, 2, 0, 2
    info = rl.iinfo(dtype)
    return info.min, info.max + (dtype != rl.int64), -9, 10


def _bounds(
    dtype: Any, low: Any, high: Any, lowest: float, highest: float, default_low: float, default_high: float
) -> tuple:
    low = default_low if low is None else low
    high = default_high if high is None else high
    if math.isnan(low) or math.isnan(high):
        raise ValueError(f"`low` and `high` cannot be NaN, but got low={low!r} and high={high!r}")
    if low == high and (dtype.is_floating_point or dtype.is_complex):
        warnings.warn(
            "make_tensor: `low==high` is deprecated for floating or complex types. Use `full` instead.",
            FutureWarning,
            stacklevel=4,
        )
    elif low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    elif high < lowest or low >= highest:
        raise ValueError(
            f"The value interval specified by `low` and `high` is [{low}, {high}), but {dtype} only supports "
            f"[{lowest}, {highest})"
        )
    return min(max(low, lowest), highest), min(max(high, lowest), highest)
