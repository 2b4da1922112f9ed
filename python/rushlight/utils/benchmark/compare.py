"""Tables of measurements: a row per task, a column per description."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable

from .measurement import Measurement, ordered_unique, select_unit, trim_sigfig, unit_to_english

__all__ = ["Colorize", "Compare"]

BEST, GOOD, BAD, VERY_BAD = "\033[92m\033[1m", "\033[34m\033[1m", "\033[2m\033[91m", "\033[31m\033[1m"
TERMINATE = "\033[0m\033[0m"


class Colorize(enum.Enum):
    """Among which results the best one is coloured."""

    NONE = "none"
    COLUMNWISE = "columnwise"
    ROWWISE = "rowwise"


class Compare:
    """Prints measurements as tables, one per label; replicates of a task are merged.

    >>> from rushlight.utils.benchmark import Measurement, TaskSpec
    >>> one, two = (TaskSpec("f(x)", "pass", label="call", sub_label="f", description=d) for d in ("n=1", "n=2"))
    >>> str(Compare([Measurement(1, [2e-6], one), Measurement(1, [3e-6], two)])).splitlines()[3].split()
    ['f', '|', '2.0', '|', '3.0']
    """

    def __init__(self, results: Iterable[Measurement]) -> None:
        self._results: list[Measurement] = []
        self._trimmed, self._warned, self._colorize = False, False, Colorize.NONE
        self.extend_results(results)

    def extend_results(self, results: Iterable[Measurement]) -> None:
        """Add measurements. Raises ValueError for anything else."""
        results = list(results)
        for result in results:
            if not isinstance(result, Measurement):
                raise ValueError(f"Expected an instance of `Measurement`, got {type(result)} instead.")
        self._results.extend(results)

    def trim_significant_figures(self) -> None:
        """Print only the digits that the spread of the times supports."""
        self._trimmed = True

    def colorize(self, rowwise: bool = False) -> None:
        """Colour the results by how they compare with the best of their column, or row."""
        self._colorize = Colorize.ROWWISE if rowwise else Colorize.COLUMNWISE

    def highlight_warnings(self) -> None:
        """Print the spread of the times that vary much."""
        self._warned = True

    def print(self) -> None:
        """Print the tables."""
        print(str(self))

    def __str__(self) -> str:
        by_label: dict[str | None, list[Measurement]] = {}
        for result in Measurement.merge(self._results):
            by_label.setdefault(result.label, []).append(result)
        return "\n".join(
            _Table(group, self._trimmed, self._warned, self._colorize).render() for group in by_label.values()
        )


class _Table:
    """The results of one label. Rows are grouped by their number of threads."""

    def __init__(self, results: list[Measurement], trimmed: bool, warned: bool, colorize: Colorize) -> None:
        self.label, self.trimmed, self.colorize = results[0].label, trimmed, colorize
        self.unit, self.scale = select_unit(min(r.median for r in results))
        self.cells = {(_row(r), r.description): r for r in results}
        self.rows = sorted(ordered_unique(map(_row, results)), key=lambda row: (row[0], row[1] or ""))
        self.columns = ordered_unique(r.description for r in results)
        self.warned = warned and any(r.has_warnings for r in results)

    def render(self) -> str:
        texts = [["", *(c or "" for c in self.columns)]] + [[name] for name in self._row_names()]
        for column in self.columns:
            for text, cell in zip(texts[1:], self._column_texts(column), strict=True):
                text.append(cell)
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        lines = ["  |  ".join(text.center(width) for text, width in zip(texts[0], widths, strict=True))]
        overall, threads = len(lines[0]), None
        for row, text in zip(self.rows, texts[1:], strict=True):
            if row[0] != threads:
                threads = row[0]
                lines.append(f"{threads} threads: ".ljust(overall, "-"))
            lines.append("  |  ".join(self._padded(row, text, widths)))
        title = f" {self.label or ''} ".center(overall - 2, "-")
        note = "(! XX%) Measurement has high variance, where XX is the IQR / median * 100.\n" if self.warned else ""
        return "\n".join([f"[{title}]", *lines, "", f"Times are in {unit_to_english(self.unit)}s ({self.unit}).", note])

    def _row_names(self) -> list[str]:
        """Every row's name, after its environment where that changes."""
        envs = [row[1] for row in self.rows]
        width = max(len(str(env)) for env in envs) + 4 if len(set(envs)) > 1 else 4
        names, before = [], None
        for threads, env, name in self.rows:
            shown = f"({env})" if len(set(envs)) > 1 and (threads, env) != before else ""
            before = (threads, env)
            names.append("  " + shown.ljust(width) + name)
        return names

    def _column_texts(self, column: str | None) -> list[str]:
        """The times of a column, with as many decimals as its least certain one."""
        results = [self.cells.get((row, column)) for row in self.rows]
        digits = [math.ceil(math.log10(r.median / self.scale)) for r in results if r]
        figures = [r.significant_figures for r in results if r]
        decimals = min(max(f - d, 0) for f, d in zip(figures, digits, strict=True)) if self.trimmed else 1
        width = max(digits) + decimals + (1 if decimals else 0)
        note = 7 if self.warned and any(r and r.has_warnings for r in results) else 0
        return [self._cell(r, width, decimals, note) for r in results]

    def _cell(self, result: Measurement | None, width: int, decimals: int, note: int) -> str:
        if result is None:
            return " " * len(f"{1:>{width}.{decimals}f}{'':>{note}}")
        value = result.median / self.scale
        value = trim_sigfig(value, result.significant_figures) if self.trimmed else value
        spread = f" (! {result.iqr / result.median * 100:.0f}%)" if note and result.has_warnings else ""
        return f"{value:>{width}.{decimals}f}{spread:>{note}}"

    def _padded(self, row: tuple, text: list[str], widths: list[int]) -> list[str]:
        cells = [text[0].ljust(widths[0])]
        for column, cell, width in zip(self.columns, text[1:], widths[1:], strict=True):
            cells.append(self._coloured(cell.center(width), row, column))
        return cells

    def _coloured(self, cell: str, row: tuple, column: str | None) -> str:
        result = self.cells.get((row, column))
        if result is None or self.colorize is Colorize.NONE:
            return cell
        best = min(
            r.median for (r_row, r_column), r in self.cells.items() if self._rivals(row, column, r_row, r_column)
        )
        colour = _colour(result.median, best)
        return colour + cell + TERMINATE if colour else cell

    def _rivals(self, row: tuple, column: str | None, other_row: tuple, other_column: str | None) -> bool:
        return (
            row == other_row if self.colorize is Colorize.ROWWISE else (row[0], column) == (other_row[0], other_column)
        )


def _row(result: Measurement) -> tuple[int, str | None, str]:
    return result.task_spec.num_threads, result.env, result.as_row_name


def _colour(value: float, best: float) -> str:
    if value <= best * 1.01 or value <= best + 100e-9:
        return BEST
    if value <= best * 1.1:
        return GOOD
    return VERY_BAD if value >= best * 5 else BAD if value >= best * 2 else ""
