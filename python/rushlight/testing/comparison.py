"""Assertions that numbers, tensors and nests of them are close."""

import cmath
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rushlight as rl

__all__ = ["assert_allclose", "assert_close"]

# dtype: relative and absolute tolerance; integers must be equal.
_TOLERANCES = {
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5),
    "complex128": (1e-7, 1e-7),
}


@dataclass
class _Options:
    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_device: bool
    check_dtype: bool
    check_layout: bool
    check_stride: bool
    allow_subclasses: bool

    def tolerances(self, *dtypes: Any) -> tuple[float, float]:
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        pairs = [_TOLERANCES.get(str(d).rpartition(".")[2], (0.0, 0.0)) for d in dtypes]
        return max(p[0] for p in pairs), max(p[1] for p in pairs)


class _Mismatch(Exception):
    """What differs, and where in the nest."""

    def __init__(self, message: str, path: tuple = (), kind: type[Exception] = AssertionError) -> None:
        super().__init__(message)
        self.message, self.kind = message, kind
        self.place = "".join(f"[{k!r}]" if isinstance(k, str) else f"[{k}]" for k in path)

    def error(self, msg: str | Callable[[str], str] | None) -> Exception:
        text = self.message + (f"\n\nThe failure occurred for item {self.place}" if self.place else "")
        return self.kind(text if msg is None else msg(text) if callable(msg) else msg)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise ``AssertionError`` unless ``|actual - expected| <= atol + rtol * |expected|`` everywhere.

    Takes tensors, NumPy arrays, numbers, ``None``, and sequences and mappings of them. Tolerances depend on the dtype
    (float32: 1.3e-6 and 1e-5) unless both are given. Shape, dtype, device and layout must agree as asked for.
    Raises ``TypeError`` for other types.

    >>> assert_close(rl.tensor([1.0, 2.0]), rl.tensor([1.0, 2.0 + 1e-7]))
    """
    if (rtol is None) != (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}.")
    options = _Options(rtol, atol, equal_nan, check_device, check_dtype, check_layout, check_stride, allow_subclasses)
    try:
        for path, a, b in list(_pairs(actual, expected, ())):
            _compare(a, b, path, options)
    except _Mismatch as mismatch:
        raise mismatch.error(msg) from None


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """The former ``assert_close``: dtypes may differ, and tolerances are wider."""
    warnings.warn("assert_allclose is deprecated. Use assert_close instead.", FutureWarning, stacklevel=2)
    actual = actual if isinstance(actual, rl.Tensor) else rl.tensor(actual)
    expected = expected if isinstance(expected, rl.Tensor) else rl.tensor(expected, dtype=actual.dtype)
    if rtol is None and atol is None:
        wide = {rl.float16: (1e-3, 1e-3), rl.float32: (1e-4, 1e-5), rl.float64: (1e-5, 1e-8)}
        pairs = [wide.get(x.dtype, (0.0, 0.0)) for x in (actual, expected)]
        rtol, atol = max(p[0] for p in pairs), max(p[1] for p in pairs)
    assert_close(actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, msg=msg or None)


def _pairs(a: Any, b: Any, path: tuple) -> Iterator[tuple]:
    if _is_sequence(a) and _is_sequence(b):
        if len(a) != len(b):
            raise _Mismatch(f"The length of the sequences mismatch: {len(a)} != {len(b)}", path)
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from _pairs(x, y, (*path, i))
    elif isinstance(a, Mapping) and isinstance(b, Mapping):
        if a.keys() != b.keys():
            missing, extra = (sorted(k, key=str) for k in (b.keys() - a.keys(), a.keys() - b.keys()))
            raise _Mismatch(
                "The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: {missing}\nAdditional keys in the actual mapping: {extra}",
                path,
            )
        for key in a:
            yield from _pairs(a[key], b[key], (*path, key))
    else:
        yield path, a, b


def _is_sequence(x: Any) -> bool:
    return isinstance(x, Sequence) and not isinstance(x, str)


def _compare(a: Any, b: Any, path: tuple, options: _Options) -> None:
    if a is None or b is None:
        if a is not b:
            raise _Mismatch(f"None mismatch: {a} is not {b}", path)
    elif isinstance(a, bool) and isinstance(b, bool):
        if a is not b:
            raise _Mismatch(f"Booleans mismatch: {a} is not {b}", path)
    elif _is_number(a) and _is_number(b):
        _compare_numbers(a, b, path, options)
    elif _is_array(a) and _is_array(b):
        if not options.allow_subclasses and type(a) is not type(b):
            raise _Mismatch(f"Directly related types are required, but got {type(a)} and {type(b)}.", path, TypeError)
        _compare_tensors(_as_tensor(a), _as_tensor(b), path, options)
    else:
        raise _Mismatch(
            f"No comparison pair was able to handle inputs of type {type(a)} and {type(b)}.", path, TypeError
        )


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float | complex) and not isinstance(x, bool)


def _is_array(x: Any) -> bool:
    return isinstance(x, rl.Tensor) or (hasattr(x, "__array__") and hasattr(x, "dtype"))


def _as_tensor(x: Any) -> "rl.Tensor":
    return x if isinstance(x, rl.Tensor) else rl.as_tensor(x)


def _compare_numbers(a: Any, b: Any, path: tuple, options: _Options) -> None:
    if options.check_dtype and type(a) is not type(b):
        raise _Mismatch(f"The (d)types do not match: {type(a)} != {type(b)}.", path)
    dtypes = {int: rl.int64, float: rl.float64, complex: rl.complex128}
    rtol, atol = options.tolerances(*(dtypes[type(x)] for x in (a, b)))
    if a == b or (options.equal_nan and cmath.isnan(a) and cmath.isnan(b)):
        return
    difference = abs(a - b)
    if not (cmath.isfinite(difference) and difference <= atol + rtol * abs(b)):
        raise _Mismatch(_numbers_message(a, b, rtol, atol), path)


def _numbers_message(a: Any, b: Any, rtol: float, atol: float) -> str:
    difference = abs(a - b)
    relative = difference / abs(b) if b != 0 else float("inf")
    exact = rtol == atol == 0
    return (
        f"Scalars are not {'equal' if exact else 'close'}!\n\nExpected {b} but got {a}.\n"
        f"Absolute difference: {difference}{'' if exact else f' (up to {atol} allowed)'}\n"
        f"Relative difference: {relative}{'' if exact else f' (up to {rtol} allowed)'}"
    )


def _compare_tensors(a: "rl.Tensor", b: "rl.Tensor", path: tuple, options: _Options) -> None:
    for name, wanted in (
        ("shape", True),
        ("layout", options.check_layout),
        ("device", options.check_device),
        ("dtype", options.check_dtype),
    ):
        if wanted and getattr(a, name) != getattr(b, name):
            raise _Mismatch(
                f"The values for attribute '{name}' do not match: {getattr(a, name)} != {getattr(b, name)}.", path
            )
    if options.check_stride and a.stride() != b.stride():
        raise _Mismatch(f"The values for attribute 'stride()' do not match: {a.stride()} != {b.stride()}.", path)
    rtol, atol = options.tolerances(a.dtype, b.dtype)
    a, b = (_comparable(x) for x in (a.detach(), b.detach()))
    if a.dtype != b.dtype:
        dtype = rl.promote_types(a.dtype, b.dtype)
        a, b = a.to(dtype), b.to(dtype)
    close = rl.isclose(a, b, rtol=rtol, atol=atol, equal_nan=options.equal_nan)
    if not bool(close.all()):
        raise _Mismatch(_tensors_message(a, b, close, rtol, atol), path)


def _comparable(x: "rl.Tensor") -> "rl.Tensor":
    wide = (rl.bool, rl.uint16, rl.uint32)
    return x.to(rl.int64) if x.dtype in wide else x


def _tensors_message(a: "rl.Tensor", b: "rl.Tensor", close: "rl.Tensor", rtol: float, atol: float) -> str:
    if a.dim() == 0:
        return _numbers_message(a.item(), b.item(), rtol, atol)
    exact = rtol == atol == 0
    if not (a.is_floating_point() or a.is_complex()):
        a, b = a.to(rl.int64), b.to(rl.int64)
    difference = (a - b).abs()
    difference[close] = 0
    relative = difference / b.abs()
    relative[close] = 0
    count, total = int((~close).sum()), close.numel()
    lines = [
        f"Tensor-likes are not {'equal' if exact else 'close'}!\n",
        f"Mismatched elements: {count} / {total} ({count / total:.1%})",
        _largest("absolute", difference, None if exact else atol),
        _largest("relative", relative, None if exact else rtol),
    ]
    return "\n".join(lines)


def _largest(kind: str, difference: "rl.Tensor", allowed: float | None) -> str:
    position = int(difference.reshape(-1).argmax())
    index = []
    for size in reversed(difference.shape):
        position, i = divmod(position, size)
        index.insert(0, i)
    value = difference[tuple(index)].item()
    return f"Greatest {kind} difference: {value} at index {tuple(index)}" + (
        "" if allowed is None else f" (up to {allowed} allowed)"
    )
