"""What is recorded: context managers and decorators over the modes of the calling thread."""

import functools
import inspect
import sys
import warnings
from collections.abc import Callable
from typing import Any

from rushlight import _C

__all__ = ["enable_grad", "inference_mode", "no_grad", "set_grad_enabled", "set_multithreading_enabled"]


class _Mode:
    """A context manager that is also a decorator for functions, methods and generators.

    A decorated generator runs in the mode, its caller does not.
    """

    def __new__(cls, func: Callable | None = None, *args: Any) -> Any:
        return cls()(func) if callable(func) else super().__new__(cls)

    def __init__(self, func: Callable | None = None) -> None:
        pass

    def clone(self) -> "_Mode":
        """Return a fresh context manager with the same setting, one for each call of a decorated function."""
        return type(self)()

    def __call__(self, func: Callable) -> Callable:
        if inspect.isclass(func):
            warnings.warn(
                "Decorating classes is deprecated and will be disabled in future versions. You should only decorate "
                "functions or methods. To preserve the current behavior of class decoration, you can directly decorate "
                "the `__init__` method and nothing else.",
                FutureWarning,
                stacklevel=2,
            )
            return lambda *args, **kwargs: self._wrap(func)(*args, **kwargs)
        return self._wrap_generator(func) if inspect.isgeneratorfunction(func) else self._wrap(func)

    def _wrap(self, func: Callable) -> Callable:
        @functools.wraps(func, updated=() if inspect.isclass(func) else ("__dict__",))
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return func(*args, **kwargs)

        return wrapper

    def _wrap_generator(self, func: Callable) -> Callable:
        @functools.wraps(func)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            generator = func(*args, **kwargs)
            resume, value = generator.send, (None,)
            while True:
                try:
                    with self.clone():
                        response = resume(*value)
                except StopIteration as stop:
                    return stop.value
                try:
                    resume, value = generator.send, ((yield response),)
                except GeneratorExit:
                    with self.clone():
                        generator.close()
                    raise
                except BaseException:
                    resume, value = generator.throw, (sys.exc_info()[1],)

        return wrapper


class no_grad(_Mode):
    """Records nothing: results do not require gradients.

    >>> x = rl.ones(2, requires_grad=True)
    >>> with rl.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    mode = False

    def __enter__(self) -> None:
        self.prev = _C.is_grad_enabled()
        _C._set_grad_enabled(self.mode)

    def __exit__(self, *exc: Any) -> None:
        _C._set_grad_enabled(self.prev)


class enable_grad(no_grad):
    """Records again inside ``no_grad``."""

    mode = True


class set_grad_enabled(_Mode):
    """Records or not, by ``mode``; takes effect when called, and as a context manager ends with its block."""

    def __new__(cls, mode: bool) -> "set_grad_enabled":
        return object.__new__(cls)

    def __init__(self, mode: bool) -> None:
        self.prev = _C.is_grad_enabled()
        self.mode = mode
        _C._set_grad_enabled(mode)

    def __call__(self, func: Callable) -> Callable:
        _C._set_grad_enabled(self.prev)
        return super().__call__(func)

    def __enter__(self) -> None:
        _C._set_grad_enabled(self.mode)

    def __exit__(self, *exc: Any) -> None:
        _C._set_grad_enabled(self.prev)

    def __repr__(self) -> str:
        return f"rushlight.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    def clone(self) -> "set_grad_enabled":
        return type(self)(self.mode)


class inference_mode(_Mode):
    """Like ``no_grad``, and tensors made inside never enter a graph; ``inference_mode(False)`` leaves the mode."""

    def __init__(self, mode: bool | Callable = True) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        self.prev = _C.is_inference_mode_enabled(), _C.is_grad_enabled()
        _C._set_inference_mode(self.mode)
        _C._set_grad_enabled(not self.mode)

    def __exit__(self, *exc: Any) -> None:
        _C._set_inference_mode(self.prev[0])
        _C._set_grad_enabled(self.prev[1])

    def clone(self) -> "inference_mode":
        return type(self)(self.mode)


class set_multithreading_enabled(_Mode):
    """Accepted for compatibility: the backward pass runs on the calling thread whatever ``mode`` says."""

    def __new__(cls, mode: bool) -> "set_multithreading_enabled":
        return object.__new__(cls)

    def __init__(self, mode: bool) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: Any) -> None:
        pass

    def clone(self) -> "set_multithreading_enabled":
        return type(self)(self.mode)
