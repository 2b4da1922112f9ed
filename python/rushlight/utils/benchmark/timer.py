"""Timing of statements with a given number of threads, a warm-up, and replicates."""

from __future__ import annotations

import contextlib
import enum
import statistics
import textwrap
import timeit
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import rushlight as rl

from .measurement import Measurement, TaskSpec

__all__ = ["Language", "Timer", "set_torch_threads", "timer"]

timer = timeit.default_timer
LARGEST_BLOCK = 2**31 - 1


class Language(enum.Enum):
    """The language of a statement."""

    PYTHON = 0
    CPP = 1


@contextlib.contextmanager
def set_torch_threads(n: int) -> Iterator[None]:
    """Compute with ``n`` threads within the block."""
    before = rl.get_num_threads()
    try:
        rl.set_num_threads(n)
        yield
    finally:
        rl.set_num_threads(before)


def _dedented(code: str) -> str:
    return textwrap.dedent(code).removeprefix("\n").rstrip()


class Timer:
    """Measures the run time of ``stmt`` after ``setup``; both see ``globals`` and the library as ``torch``.

    ``label``, ``sub_label``, ``description`` and ``env`` name the result. Statements run with one thread unless
    ``num_threads`` says otherwise. Only Python is timed: Raises NotImplementedError for C++.

    >>> measurement = Timer("torch.ones(3).sum()").blocked_autorange(min_run_time=0.01)
    >>> 0 < measurement.median < 1
    True
    """

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: Language | str = Language.PYTHON,
    ) -> None:
        if not isinstance(stmt, str):
            raise ValueError("Currently only a `str` stmt is supported.")
        _check_language(language, global_setup)
        stmt, setup = _dedented(stmt), _dedented(setup)
        self._globals = {"torch": rl, **(globals or {})}
        self._timer = timeit.Timer(stmt, setup, timer, self._globals)
        self._task_spec = TaskSpec(stmt, setup, global_setup, label, sub_label, description, env, num_threads)

    def _timeit(self, number: int) -> float:
        """Seconds of ``number`` runs, never zero."""
        return max(self._timer.timeit(number), 1e-9)

    def _measured(self, number: int, times: list[float]) -> Measurement:
        return Measurement(number, times, self._task_spec)

    def timeit(self, number: int = 1000000) -> Measurement:
        """Return the time of ``number`` runs, after a warm-up of a hundredth of them."""
        with set_torch_threads(self._task_spec.num_threads):
            self._timeit(max(int(number // 100), 2))
            return self._measured(number, [self._timeit(number)])

    def repeat(self, repeat: int = -1, number: int = -1) -> NoReturn:
        """Raise NotImplementedError: `blocked_autorange` repeats."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def autorange(self, callback: Callable[[int, float], Any] | None = None) -> NoReturn:
        """Raise NotImplementedError: `blocked_autorange` chooses the number of runs."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def _block_size(self, min_run_time: float) -> int:
        """The number of runs, a power of ten, beside which reading the clock takes no time; this warms up as well."""
        overhead, number = statistics.median(self._timeit(0) for _ in range(5)), 1
        while number * 10 <= LARGEST_BLOCK:
            taken = self._timeit(number)
            if (overhead <= 1e-4 * taken and taken >= min_run_time / 1000) or taken > min_run_time:
                break
            number *= 10
        return number

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Return replicates of as many runs as make the clock's overhead negligible, ``min_run_time`` seconds in all.

        ``callback(number, seconds)`` is called after every replicate.
        """
        times: list[float] = []
        with set_torch_threads(self._task_spec.num_threads):
            number = self._block_size(min_run_time)
            while not times or sum(times) < min_run_time:
                self._replicate(number, times, callback)
        return self._measured(number, times)

    def adaptive_autorange(
        self,
        threshold: float = 0.1,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:
        """Return replicates until the interquartile range is less than ``threshold`` of the median.

        At least four replicates and ``min_run_time`` seconds, unless ``max_run_time`` seconds are over before.
        """
        times: list[float] = []
        with set_torch_threads(self._task_spec.num_threads):
            number = self._block_size(min_run_time=0.05)
            while sum(times) <= max_run_time:
                self._replicate(number, times, callback)
                measured = self._measured(number, times)
                if len(times) > 3 and sum(times) >= min_run_time and measured.meets_confidence(threshold):
                    break
        return self._measured(number, times)

    def _replicate(self, number: int, times: list[float], callback: Callable[[int, float], Any] | None) -> None:
        times.append(self._timeit(number))
        if callback:
            callback(number, times[-1])

    def collect_callgrind(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise NotImplementedError: instructions are not counted."""
        raise NotImplementedError(
            "Timer.collect_callgrind: instruction counts are not supported; run the program under "
            "`valgrind --tool=callgrind`, or measure times with blocked_autorange()"
        )


def _check_language(language: Language | str, global_setup: str) -> None:
    if language in (Language.CPP, "cpp", "c++"):
        raise NotImplementedError("Timer: statements in C++ are not supported; time Python statements")
    if language not in (Language.PYTHON, "py", "python"):
        raise ValueError(f"Invalid language `{language}`.")
    if global_setup:
        raise ValueError(
            f"global_setup is C++ only, got `{global_setup}`. Most likely this code can simply be moved to `setup`."
        )
