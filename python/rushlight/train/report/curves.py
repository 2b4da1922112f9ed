"""Line charts as inline SVG: two series over the epochs, values shown on hovering."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 50, 88, 20, 30
_TINY = 1e-30


@dataclass(frozen=True)
class Series:
    """A named line; ``role`` is its CSS class."""

    name: str
    role: str
    values: list[float]


@dataclass(frozen=True)
class Axis:
    """The value axis: its ticks, how a value is written, and whether it is logarithmic."""

    ticks: list[float]
    text: Callable[[float], str]
    logarithmic: bool = False

    def y(self, value: float) -> float:
        scale = math.log10 if self.logarithmic else float
        low, high = scale(self.ticks[0]), scale(self.ticks[-1])
        share = (scale(max(value, _TINY)) - low) / (high - low)
        return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)

    def shows(self, value: float) -> bool:
        return math.isfinite(value) and self.ticks[0] <= value <= self.ticks[-1]


def loss_axis(values: list[float]) -> Axis:
    """A logarithmic axis over 1-2-5 steps around ``values``."""
    finite = [value for value in values if 0 < value < math.inf] or [1.0]
    steps = [digit * 10.0**power for power in range(-9, 10) for digit in (1, 2, 5)]
    first = max(at for at, step in enumerate(steps) if step <= max(min(finite), 1e-9))
    last = min(at for at, step in enumerate(steps) if step >= min(max(finite), 5e9))
    ticks = steps[first : max(last, first + 1) + 1]
    if len(ticks) > 8:
        decades = [tick for tick in ticks if math.log10(tick).is_integer()]
        ticks = sorted({ticks[0], *decades, ticks[-1]})
    return Axis(ticks, lambda value: f"{value:.4g}", logarithmic=True)


def accuracy_axis(values: list[float]) -> Axis:
    """A linear axis of percentages that ends at 100; the lowest eighth of ``values`` may lie below it."""
    room = 1 - sorted(values)[len(values) // 8]
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2) if room <= 5 * step or step == 0.2)
    count = max(2, math.ceil(room / step - 1e-9))
    ticks = [1 - step * number for number in range(min(count, round(1 / step)), -1, -1)]
    return Axis(ticks, lambda value: f"{100 * value:.3g} %")


def _x(epoch: int, epochs: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * ((epoch - 1) / (epochs - 1) if epochs > 1 else 0.5)


def line_chart(title: str, series: list[Series], axis: Axis, marked_epoch: int) -> str:
    """Return a figure with ``series``, a dashed rule at ``marked_epoch`` and the values of every epoch on hovering."""
    epochs = len(series[0].values)
    body = [
        *(_grid_line(axis, tick) for tick in axis.ticks),
        *(_epoch_tick(epoch, epochs) for epoch in _epoch_ticks(epochs)),
        _mark(marked_epoch, epochs),
        f'<clipPath id="plot"><rect x="0" width="{WIDTH}" y="0" height="{HEIGHT - BOTTOM}"/></clipPath>',
        *(_line(line, axis) for line in series),
        *_names(series, axis),
        *(_hover(epoch, series, axis) for epoch in range(1, epochs + 1)),
    ]
    return (
        f'<figure class="card chart"><figcaption>{title}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title} over {epochs} epochs">'
        f"{''.join(body)}</svg></figure>"
    )


def _grid_line(axis: Axis, tick: float) -> str:
    y = axis.y(tick)
    return (
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick end" x="{LEFT - 8}" y="{y + 4:.1f}">{axis.text(tick)}</text>'
    )


def _epoch_ticks(epochs: int) -> list[int]:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 10**9) if epochs <= 8 * step)
    return sorted({1, *range(step, epochs + 1, step)}) if step > 1 else list(range(1, epochs + 1))


def _epoch_tick(epoch: int, epochs: int) -> str:
    return f'<text class="tick middle" x="{_x(epoch, epochs):.1f}" y="{HEIGHT - BOTTOM + 18}">{epoch}</text>'


def _mark(epoch: int, epochs: int) -> str:
    x = _x(epoch, epochs)
    return (
        f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text class="best middle" x="{x:.1f}" y="{TOP - 7}">best</text>'
    )


def _line(line: Series, axis: Axis) -> str:
    epochs = len(line.values)
    points = [(_x(at + 1, epochs), axis.y(value)) for at, value in enumerate(line.values) if math.isfinite(value)]
    if len(points) == 1:
        return f'<circle class="dot {line.role}" cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="4"/>'
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline class="line {line.role}" clip-path="url(#plot)" points="{path}"/>'


def _names(series: list[Series], axis: Axis) -> list[str]:
    """The names at the lines' ends, kept 16 units apart and beside the plot."""
    ends = sorted(((_end(line.values[-1], axis), line) for line in series), key=lambda end: end[0])
    (upper, first), (lower, second) = ends
    gap = max(0.0, 16 - (lower - upper)) / 2
    return [_name(first, upper - gap), _name(second, lower + gap)]


def _end(value: float, axis: Axis) -> float:
    return min(max(axis.y(value), TOP + 8), HEIGHT - BOTTOM - 8) if math.isfinite(value) else TOP + 8


def _name(line: Series, y: float) -> str:
    return f'<text class="name {line.role}" x="{WIDTH - RIGHT + 10}" y="{y + 4:.1f}">{line.name}</text>'


def _hover(epoch: int, series: list[Series], axis: Axis) -> str:
    """An invisible column that shows its epoch's values when the pointer is over it."""
    epochs = len(series[0].values)
    x, step = _x(epoch, epochs), (WIDTH - LEFT - RIGHT) / max(epochs - 1, 1)
    dots = "".join(
        f'<circle class="dot {line.role}" cx="{x:.1f}" cy="{axis.y(line.values[epoch - 1]):.1f}" r="4"/>'
        for line in series
        if axis.shows(line.values[epoch - 1])
    )
    anchor, side = ("end", -8) if x > WIDTH / 2 else ("start", 8)
    texts = [f"epoch {epoch}", *(f"{line.name} {axis.text(line.values[epoch - 1])}" for line in series)]
    middle = TOP + (HEIGHT - TOP - BOTTOM) / 2 - 18
    label = "".join(
        f'<text class="value {anchor}" x="{x + side:.1f}" y="{middle + 18 * row:.1f}">{text}</text>'
        for row, text in enumerate(texts)
    )
    return (
        f'<g class="epoch"><rect x="{x - step / 2:.1f}" width="{step:.1f}" y="{TOP}" height="{HEIGHT - TOP - BOTTOM}"/>'
        f'<g><line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>{dots}{label}</g></g>'
    )
