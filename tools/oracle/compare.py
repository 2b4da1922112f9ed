"""When two results agree: shape, dtype, and values within PyTorch's own tolerances.

Where a result in low precision differs by more, both are held against the same computation in float64: ours passes if it
is as near to the truth as PyTorch's.
"""

from collections.abc import Callable

import torch
from torch.testing._internal.common_device_type import toleranceOverride

from tools.oracle.translate import back

# torch.testing.assert_close, by dtype: relative and absolute.
DEFAULTS = {
    torch.float16: (1e-3, 1e-5),
    torch.bfloat16: (1.6e-2, 1e-5),
    torch.float32: (1.3e-6, 1e-5),
    torch.float64: (1e-7, 1e-7),
    torch.complex64: (1.3e-6, 1e-5),
    torch.complex128: (1e-7, 1e-7),
}

WIDE = {
    torch.float16: torch.float64,
    torch.bfloat16: torch.float64,
    torch.float32: torch.float64,
    torch.complex64: torch.complex128,
}

# Small integers, which no sample uses as positions.
NARROW = {torch.int8: torch.float64, torch.int16: torch.float64}


def tolerance(op, dtype: torch.dtype) -> tuple[float, float]:
    """Return the relative and absolute tolerance PyTorch's tests grant an operator on the CPU."""
    relative, absolute = DEFAULTS.get(dtype, (0.0, 0.0))
    for info in getattr(op, "decorators", None) or ():
        if getattr(info, "device_type", None) not in (None, "cpu"):
            continue
        for decorator in getattr(info, "decorators", None) or (info,):
            granted = decorator.d.get(dtype) if isinstance(decorator, toleranceOverride) else None
            if granted is not None:
                relative, absolute = max(relative, granted.rtol), max(absolute, granted.atol)
    return relative, absolute


Truth = Callable[[], object]


def difference(here, theirs, limits: tuple[float, float], truth: Truth | None = None) -> str | None:
    """Return how our result differs from theirs in one line, or None.

    ``limits`` are the relative and absolute tolerance; ``truth()`` returns the result in float64.
    """
    return compare(back(here), theirs, limits, truth)


def compare(a, b, limits, truth) -> str | None:
    if isinstance(b, torch.Tensor):
        return compare_tensors(a, b, limits, truth)
    if isinstance(b, (list, tuple)):
        return compare_lists(a, b, limits, truth)
    if isinstance(b, (int, float, complex)) and not isinstance(b, bool):
        return compare_numbers(a, b, limits)
    return None if type(a) is type(b) and a == b else f"{a!r} instead of {b!r}"


def compare_lists(a, b, limits, truth) -> str | None:
    if not isinstance(a, (list, tuple)) or len(a) != len(b):
        return f"{describe(a)} instead of {len(b)} results"
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        found = compare(x, y, limits, item_of(truth, i))
        if found:
            return f"result {i}: {found}"
    return None


def item_of(truth: Truth | None, i: int) -> Truth | None:
    return (lambda: truth()[i]) if truth else None


def compare_numbers(a, b, limits) -> str | None:
    if isinstance(a, torch.Tensor) or type(a) is not type(b):
        return f"{describe(a)} instead of the {type(b).__name__} {b!r}"
    return compare_tensors(torch.tensor(a), torch.tensor(b), limits, None)


def describe(value) -> str:
    return f"a tensor of shape {list(value.shape)}" if isinstance(value, torch.Tensor) else repr(value)


def compare_tensors(a, b: torch.Tensor, limits, truth) -> str | None:
    if not isinstance(a, torch.Tensor):
        return f"{a!r} instead of a tensor"
    if a.shape != b.shape:
        return f"shape {list(a.shape)} instead of {list(b.shape)}"
    if a.dtype != b.dtype:
        return f"dtype {a.dtype} instead of {b.dtype}"
    if a.device.type == "meta" or b.device.type == "meta" or not b.numel():
        return None
    b = b.detach().resolve_conj().resolve_neg()
    relative, absolute = map(max, limits, DEFAULTS[b.dtype]) if b.dtype in DEFAULTS else (0.0, 0.0)
    wide = torch.complex128 if b.dtype.is_complex else torch.float64 if b.dtype.is_floating_point else b.dtype
    x, y = a.to(wide), b.to(wide)
    near = torch.isclose(x, y, rtol=relative, atol=absolute, equal_nan=True)
    if near.all() or (truth and as_true(x, y, truth, relative, absolute)):
        return None
    return words(x[~near], y[~near], b.numel())


def as_true(x, y, truth: Truth, relative: float, absolute: float) -> bool:
    """Return whether ours is as near to the float64 result as theirs, up to a factor of two."""
    try:
        exact = truth()
    except Exception:
        return False
    if not isinstance(exact, torch.Tensor) or exact.shape != x.shape:
        return False
    exact = exact.detach().resolve_conj().resolve_neg().to(x.dtype)
    error = (y - exact).abs().nan_to_num(0, 0, 0).max()
    same = torch.isclose(x, exact, rtol=relative, atol=absolute + 2 * float(error), equal_nan=True)
    return bool((same | torch.isclose(x, y, rtol=relative, atol=absolute, equal_nan=True)).all())


def words(x, y, total: int) -> str:
    count, a, b = len(x), x[0].item(), y[0].item()
    wide = torch.complex128 if x.is_complex() else torch.float64
    by = "" if x.dtype == torch.bool else f", by up to {(x.to(wide) - y.to(wide)).abs().max().item():.2g}"
    return (
        f"{count} of {total} values differ{by}: {a:.8g} instead of {b:.8g}"
        if by
        else f"{count} of {total} values differ"
    )
