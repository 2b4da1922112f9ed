"""The result of timing a statement, and how times are printed."""

from __future__ import annotations

import dataclasses
import math
import statistics
import textwrap
from collections.abc import Iterable
from typing import Any

import rushlight as rl

__all__ = ["Measurement", "TaskSpec", "ordered_unique", "select_unit", "trim_sigfig", "unit_to_english"]

UNITS = {"ns": (1e-9, "nanosecond"), "us": (1e-6, "microsecond"), "ms": (1e-3, "millisecond"), "s": (1, "second")}
# Relative interquartile ranges from which a measurement carries a warning.
SUSPECT, GROSS = 0.1, 0.25
MAX_SIGNIFICANT_FIGURES = 4
MIN_CONFIDENCE_INTERVAL = 25e-9


@dataclasses.dataclass(repr=False, frozen=True)
class TaskSpec:
    """What is timed: the statement, its setup, and the labels under which results are grouped."""

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """The label, or else the statement, and the sub-label."""
        own = self.label if self.label is not None else self.stmt
        if self.label is not None or "\n" not in self.stmt:
            return own + (f": {self.sub_label}" if self.sub_label else "")
        return f"stmt:{f' ({self.sub_label})' if self.sub_label else ''}\n{textwrap.indent(self.stmt, '  ')}"

    def setup_str(self) -> str:
        """The setup as it is printed."""
        if self.setup in ("", "pass"):
            return ""
        return f"setup:\n{textwrap.indent(self.setup, '  ')}" if "\n" in self.setup else f"setup: {self.setup}"

    def summarize(self) -> str:
        """Title, description and setup, a line each."""
        sections = [s for s in (self.title, self.description, self.setup_str()) if s]
        return "\n".join(s + "\n" if "\n" in s else s for s in sections)


@dataclasses.dataclass(repr=False)
class Measurement:
    """The times of replicates, each of ``number_per_run`` runs; ``median``, ``mean`` and ``iqr`` are seconds per run.

    >>> Measurement(10, [1e-3, 2e-3, 6e-3], TaskSpec("f()", "pass")).median
    0.0002
    """

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec
    metadata: dict[Any, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        if name in TaskSpec.__dataclass_fields__:
            return getattr(self.task_spec, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def times(self) -> list[float]:
        """Seconds per run of every replicate."""
        return [t / self.number_per_run for t in self.raw_times]

    @property
    def median(self) -> float:
        """The median of `times`."""
        return self._quantile(0.5)

    @property
    def mean(self) -> float:
        """The mean of `times`."""
        return statistics.fmean(self.times) if self.raw_times else -1.0

    @property
    def iqr(self) -> float:
        """The interquartile range of `times`."""
        return self._quantile(0.75) - self._quantile(0.25)

    def _quantile(self, q: float) -> float:
        return rl.tensor(self.times, dtype=rl.float64).quantile(q).item() if self.raw_times else -1.0

    @property
    def significant_figures(self) -> int:
        """About how many digits of the median the spread of the middle half of the times supports, 1 to 4."""
        times = sorted(self.times)
        middle = times[len(times) // 4 : math.ceil(3 * len(times) / 4)]
        interval = max(1.645 * statistics.pstdev(middle) / math.sqrt(len(middle)), MIN_CONFIDENCE_INTERVAL)
        return min(max(math.floor(math.log10(self.median / interval)), 1), MAX_SIGNIFICANT_FIGURES)

    def meets_confidence(self, threshold: float = SUSPECT) -> bool:
        """Return whether the interquartile range is less than ``threshold`` of the median."""
        return self.iqr / self.median < threshold

    @property
    def has_warnings(self) -> bool:
        """Whether the spread of the times makes the median doubtful."""
        return bool(self.raw_times) and not self.meets_confidence()

    def _warning(self) -> str:
        if not self.has_warnings:
            return ""
        gross = not self.meets_confidence(GROSS)
        cause = "suggests significant environmental influence" if gross else "could indicate system fluctuation"
        spread = self.iqr / self.median * 100
        return f"  WARNING: Interquartile range is {spread:.1f}% of the median measurement.\n           This {cause}."

    @property
    def title(self) -> str:
        """The title of the task."""
        return self.task_spec.title

    @property
    def env(self) -> str | None:
        """The environment the task was run in."""
        return self.task_spec.env

    @property
    def as_row_name(self) -> str:
        """The name of the result's row in a table."""
        return self.task_spec.sub_label or self.task_spec.stmt or "[Unknown]"

    def __repr__(self) -> str:
        n, (unit, scale) = len(self.raw_times), select_unit(self.median)
        threads = self.task_spec.num_threads
        low, high = self._quantile(0.25) / scale, self._quantile(0.75) / scale
        lines = [
            object.__repr__(self),
            self.task_spec.summarize(),
            f"  {'Median: ' if n > 1 else ''}{self.median / scale:.2f} {unit}",
            f"  IQR:    {self.iqr / scale:.2f} {unit} ({low:.2f} to {high:.2f})" if n >= 4 else None,
            f"  {n} measurement{'s' if n > 1 else ''}, {self.number_per_run} runs "
            f"{'per measurement,' if n > 1 else ','} {threads} thread{'s' if threads > 1 else ''}",
            self._warning(),
        ]
        return "\n".join(line for line in lines if line is not None).strip()

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """Return one measurement per task, with the times per run of all its measurements."""
        groups: dict[TaskSpec, list[float]] = {}
        for measurement in measurements:
            groups.setdefault(measurement.task_spec, []).extend(measurement.times)
        return [Measurement(1, times, task) for task, times in groups.items()]


def select_unit(t: float) -> tuple[str, float]:
    """Return the unit in which ``t`` seconds are printed, and the unit's length in seconds.

    >>> select_unit(3e-5)
    ('us', 1e-06)
    """
    unit = {-3: "ns", -2: "us", -1: "ms"}.get(math.floor(math.log10(t)) // 3 if t > 0 else 0, "s")
    return unit, UNITS[unit][0]


def unit_to_english(u: str) -> str:
    """Return the English name of a unit of time."""
    return UNITS[u][1]


def trim_sigfig(x: float, n: int) -> float:
    """Return ``x`` rounded to ``n`` significant figures.

    >>> trim_sigfig(3.14159, 2)
    3.1
    """
    if n != int(n):
        raise AssertionError("Number of significant figures must be an integer")
    return round(x, int(n) - math.ceil(math.log10(abs(x)))) if x else x


def ordered_unique(elements: Iterable[Any]) -> list[Any]:
    """Return the elements without repetitions, in the order of their first appearance."""
    return list(dict.fromkeys(elements))
