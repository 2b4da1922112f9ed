"""Progress over files: a bar through ``rich`` on a terminal where it is installed, nothing otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def file_progress(what: str) -> Iterator[Callable[[int, int], object]]:
    """Yield a function of the numbers of files done and to do; the bar is on standard error, results may go to a pipe."""
    try:
        if not sys.stderr.isatty():
            raise ModuleNotFoundError
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    except ModuleNotFoundError:
        yield lambda done, total: None
        return
    bar = BarColumn(bar_width=None, complete_style="dark_orange", finished_style="dark_orange")
    columns = (TextColumn("{task.description}"), bar, MofNCompleteColumn(), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=Console(stderr=True), transient=True, expand=True) as display:
        task = display.add_task(what, total=None)
        yield lambda done, total: display.update(task, completed=done, total=total)
