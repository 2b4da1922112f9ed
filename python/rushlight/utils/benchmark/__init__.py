"""Timing of statements: `Timer` measures, `Measurement` is the result, `Compare` prints many as a table.

>>> timer = Timer("x + 1", globals={"x": rl.ones(2)}, label="increment")
>>> timer.timeit(100).number_per_run
100
"""

import rushlight as rl  # noqa: F401

from .compare import Colorize, Compare
from .measurement import Measurement, TaskSpec, ordered_unique, select_unit, trim_sigfig, unit_to_english
from .timer import Language, Timer, set_torch_threads, timer

__all__ = [
    "Colorize", "Compare", "Language", "Measurement", "TaskSpec", "Timer", "ordered_unique", "select_unit",
    "set_torch_threads", "timer", "trim_sigfig", "unit_to_english",
]  # fmt: skip
