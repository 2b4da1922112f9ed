"""Functions that exist in PyTorch and cannot do their work here: they raise when called, not when imported."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NoReturn


def absent(name: str, reason: str, error: type[Exception] = NotImplementedError) -> Callable[..., NoReturn]:
    """Return a function that raises ``error`` with ``name`` and ``reason`` whenever it is called; its ``absent`` is true."""

    def call(*arguments: object, **options: object) -> NoReturn:
        raise error(f"{name}: {reason}")

    call.__name__ = call.__qualname__ = name.rpartition(".")[2]
    call.absent = True
    call.__doc__ = f"Raises {error.__name__}: {reason}"
    return call


def absent_type(name: str, reason: str, error: type[Exception] = NotImplementedError) -> type:
    """Return a class for ``isinstance`` and annotations of which no instance can be made."""
    module, _, short = name.rpartition(".")
    return type(short, (), {"__init__": absent(name, reason, error), "__module__": module})


def attributes(
    module: str, names: Collection[str], reason: str, error: type[Exception] = NotImplementedError
) -> Callable[[str], Callable[..., NoReturn]]:
    """Return a module ``__getattr__``: an `absent` function for ``names``, an AttributeError for anything else."""

    def __getattr__(name: str) -> Callable[..., NoReturn]:
        if name in names:
            return absent(f"{module}.{name}", reason, error)
        raise AttributeError(
            f"module {module!r} has no attribute {name!r}: Rushlight has no {module}.{name}", name=name
        )

    return __getattr__
