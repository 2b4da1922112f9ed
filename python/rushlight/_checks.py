"""Conditions that programs state: ``torch._assert`` and the ``torch._check`` family."""

from rushlight import _C

__all__ = [
    "_assert", "_check", "_check_index", "_check_is_size", "_check_not_implemented", "_check_tensor_all", "_check_type",
    "_check_value", "_check_with",
]  # fmt: skip

UNNAMED = "Expected cond to be True, but got False."


def _assert(condition, message):
    """Raise AssertionError unless ``condition`` is true."""
    if not condition:
        raise AssertionError(message)


def _check_with(error_type, cond, message=None):
    """Raise ``error_type`` with the text that ``message()`` returns unless ``cond`` is true."""
    if not isinstance(cond, bool):
        raise TypeError(f"cond must be a bool, but got {type(cond)}")
    if message is not None and not callable(message):
        raise TypeError("message must be a callable")
    if not cond:
        raise error_type(UNNAMED if message is None else str(message()))


def checker(name, error_type):
    """Return the check that raises one exception type."""

    def check(cond, message=None):
        _check_with(error_type, cond, message)

    check.__name__ = check.__qualname__ = name
    check.__doc__ = f"Raise {error_type.__name__} with the text that ``message()`` returns unless ``cond`` is true."
    return check


_check = checker("_check", RuntimeError)
_check_index = checker("_check_index", IndexError)
_check_value = checker("_check_value", ValueError)
_check_type = checker("_check_type", TypeError)
_check_not_implemented = checker("_check_not_implemented", NotImplementedError)


def _check_is_size(i, message=None, *, max=None):
    """Raise RuntimeError unless ``i`` is a size: not negative, and at most ``max``."""
    _check(i >= 0 and (max is None or i <= max), message or (lambda: f"expected a size, got {i}"))


def _check_tensor_all(cond, message=None):
    """Raise RuntimeError unless every element of the bool tensor ``cond`` is true."""
    if not isinstance(cond, _C.Tensor) or cond.dtype != _C.bool:
        raise TypeError(f"cond must be a bool tensor, but got {type(cond)}")
    _check(bool(cond.all().item()), message)
