"""Line search for a point that satisfies the strong Wolfe conditions.

Source: Nocedal and Wright, Numerical Optimization, algorithms 3.5 (bracket) and 3.6 (zoom).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import rushlight as rl


@dataclass
class Point:
    """Objective, gradient and slope along the direction at step size ``t``."""

    t: Any
    loss: float
    grad: "rl.Tensor"
    slope: "rl.Tensor"


def cubic_minimum(a: Point, b: Point, bounds: tuple | None = None) -> Any:
    """Return the minimum, within ``bounds``, of the cubic with the values and slopes of ``a`` and ``b``."""
    low, high = bounds or ((a.t, b.t) if a.t <= b.t else (b.t, a.t))
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:  # also when it has overflowed
        return (low + high) / 2.0
    d2 = square.sqrt()
    left, right = (a, b) if a.t <= b.t else (b, a)
    position = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2))
    return min(max(position, low), high)


class StrongWolfe:
    """Finds ``t`` with ``f(t) <= f(0) + c1 t f'(0)`` and ``|f'(t)| <= -c2 f'(0)``.

    ``evaluate(t)`` returns loss and gradient at ``x + t * direction``.
    """

    c1 = 1e-4
    c2 = 0.9

    def __init__(self, evaluate: Callable, direction: "rl.Tensor", start: Point, tolerance: float, max_evals: int):
        self.evaluate = evaluate
        self.direction = direction
        self.start = start
        self.tolerance = tolerance
        self.max_evals = max_evals
        self.evals = 0

    def run(self, t: Any) -> tuple[Point, int]:
        """Search from step size ``t``; return the best point and the number of evaluations."""
        bracket, done = self._bracket(t)
        best = bracket[0] if done else self._zoom(bracket)
        return best, self.evals

    def _at(self, t: Any) -> Point:
        self.evals += 1
        loss, grad = self.evaluate(t)
        return Point(t, loss, grad, grad.dot(self.direction))

    def _too_high(self, point: Point) -> bool:
        return point.loss > self.start.loss + self.c1 * point.t * self.start.slope

    def _flat_enough(self, point: Point) -> bool:
        return abs(point.slope) <= -self.c2 * self.start.slope

    def _bracket(self, t: Any) -> tuple[list[Point], bool]:
        previous, point = self.start, self._at(t)
        for i in range(self.max_evals):
            if self._too_high(point) or (i > 1 and point.loss >= previous.loss):
                return [previous, point], False
            if self._flat_enough(point):
                return [point], True
            if point.slope >= 0:
                return [previous, point], False
            bounds = point.t + 0.01 * (point.t - previous.t), point.t * 10
            previous, point = point, self._at(cubic_minimum(previous, point, bounds))
        return [self.start, point], False

    def _zoom(self, bracket: list[Point]) -> Point:
        low, high = sorted(bracket, key=lambda p: p.loss)
        first, second = bracket
        scale = self.direction.abs().max()
        stalled = False
        while self.evals <= self.max_evals and abs(second.t - first.t) * scale >= self.tolerance:
            t, stalled = _away_from_ends(cubic_minimum(first, second), first.t, second.t, stalled)
            point = self._at(t)
            if self._too_high(point) or point.loss >= low.loss:
                first, second = (first, point) if high is second else (point, second)
                low, high = (first, second) if first.loss <= second.loss else (second, first)
                continue
            if self._flat_enough(point):
                return point
            new_high = low if point.slope * (high.t - low.t) >= 0 else high
            first, second = (point, new_high) if low is first else (new_high, point)
            low, high = point, new_high
        return low


def _away_from_ends(t: Any, a: Any, b: Any, stalled: bool) -> tuple[Any, bool]:
    """Move a trial within a tenth of an end of ``[a, b]`` inwards, the second time in a row or when outside."""
    low, high = min(a, b), max(a, b)
    margin = 0.1 * (high - low)
    if min(high - t, t - low) >= margin:
        return t, False
    if not (stalled or t >= high or t <= low):
        return t, True
    return (high - margin if abs(t - high) < abs(t - low) else low + margin), False
