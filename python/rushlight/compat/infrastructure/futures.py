"""``torch.futures``: results that another thread, or a callback, will give."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

__all__ = ["Future", "collect_all", "wait_all"]


T = TypeVar("T")


class Future(Generic[T]):
    """A result that is set once, by `set_result` or `set_exception`; `wait` blocks until then.

    >>> future = Future()
    >>> doubled = future.then(lambda done: 2 * done.value())
    >>> future.set_result(3)
    >>> doubled.wait()
    6
    """

    def __init__(self, *, devices: Iterable | None = None) -> None:
        if devices:
            raise RuntimeError(f"Future: devices={list(devices)} given, but only the CPU is here; leave them out")
        self._changed = threading.Condition()
        self._done, self._result, self._error = False, None, None
        self._callbacks: list[Callable[[Future], Any]] = []

    def done(self) -> bool:
        """Return whether the result, or an exception, is set."""
        return self._done

    def wait(self) -> Any:
        """Return the result when it is there; raise the exception that was set instead."""
        with self._changed:
            self._changed.wait_for(self.done)
        return self.value()

    def value(self) -> Any:
        """Return the result, which must be there. Raises RuntimeError before, and the exception that was set."""
        if not self._done:
            raise RuntimeError("Future.value: the result is not set yet; wait() waits for it")
        if self._error is not None:
            raise self._error
        return self._result

    def set_result(self, result: Any) -> None:
        """Set the result and run the callbacks. Raises RuntimeError when it was set before."""
        self._complete(result, None)

    def set_exception(self, result: Exception) -> None:
        """Let `wait` and `value` raise ``result``."""
        if not isinstance(result, Exception):
            raise AssertionError(f"{result} is of type {type(result)}, not an Exception.")
        self._complete(None, result)

    def _complete(self, result: Any, error: Exception | None) -> None:
        with self._changed:
            if self._done:
                raise RuntimeError(
                    "Attempting to mark a completed Future as complete again. "
                    "Note that a Future can only be marked completed once."
                )
            self._result, self._error, self._done = result, error, True
            callbacks, self._callbacks = self._callbacks, []
            self._changed.notify_all()
        for callback in callbacks:
            callback(self)

    def add_done_callback(self, callback: Callable[[Future], Any]) -> None:
        """Call ``callback(self)`` when the result is set, in the order of adding; at once if it is.

        Errors of the callback are raised where the result is set.
        """
        with self._changed:
            if not self._done:
                self._callbacks.append(callback)
                return
        callback(self)

    def then(self, callback: Callable[[Future], Any]) -> Future:
        """Return the future of ``callback(self)``, which is called as by `add_done_callback`."""
        following = Future()

        def follow(done: Future) -> None:
            try:
                result = callback(done)
            except Exception as error:
                following.set_exception(
                    RuntimeError(f"Got the following error when running the callback: {type(error).__name__}: {error}")
                )
            else:
                following.set_result(result)

        self.add_done_callback(follow)
        return following


def collect_all(futures: Iterable[Future]) -> Future:
    """Return a future of the list of ``futures``, which is set when all of them are."""
    futures, collected = list(futures), Future()
    if not futures:
        collected.set_result([])
    left, lock = [len(futures)], threading.Lock()

    def count(_: Future) -> None:
        with lock:
            left[0] -= 1
            last = left[0] == 0
        if last:
            collected.set_result(futures)

    for future in futures:
        future.add_done_callback(count)
    return collected


def wait_all(futures: Iterable[Future]) -> list:
    """Return the results of all ``futures`` when they are there; raise the first exception among them."""
    return [future.value() for future in collect_all(futures).wait()]
