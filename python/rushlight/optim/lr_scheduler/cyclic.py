"""Cyclical learning rates."""

import math
from collections.abc import Callable
from typing import Any, Literal

from rushlight.optim.lr_scheduler.momentum import set_momentum, start_momenta, uses_beta1
from rushlight.optim.lr_scheduler.scheduler import (
    LR,
    LRScheduler,
    check_optimizer,
    per_group,
    set_value,
    state_of_callable,
)
from rushlight.optim.optimizer import Optimizer

# mode: scale of the height, and whether it is a function of the cycle or of the iteration.
_SCALES = {
    "triangular": (lambda gamma, x: 1.0, "cycle"),
    "triangular2": (lambda gamma, x: 1 / 2.0 ** (x - 1), "cycle"),
    "exp_range": (lambda gamma, x: gamma**x, "iterations"),
}


class CyclicLR(LRScheduler):
    """Lets ``lr`` rise from ``base_lr`` to ``max_lr`` in ``step_size_up`` batches and fall in ``step_size_down``.

    The height of the triangle is scaled by 1, by ``2 ** -(cycle - 1)``, by ``gamma ** iteration`` (``mode``), or by
    ``scale_fn`` of the cycle or the iteration (``scale_mode``). Momentum moves the other way.
    Raises ``ValueError`` for an unknown mode, or for an optimizer without momentum under ``cycle_momentum``.
    Source: Smith 2015, https://arxiv.org/abs/1506.01186.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float = 0.8,
        max_momentum: float = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        base_lrs = per_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, base_lrs, strict=True):
                set_value(group, "lr", lr)
        self.max_lrs = per_group("max_lr", optimizer, max_lr)
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up) + float(down)
        self.step_ratio = step_size_up / self.total_size
        if mode not in _SCALES and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else _SCALES[mode][1]
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = uses_beta1(optimizer)
            momenta = start_momenta(optimizer, base_momentum, max_momentum, fresh=last_epoch == -1)
            self.base_momentums, self.max_momentums = momenta
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """Return the scale of the triangle's height for cycle or iteration ``x``."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return _SCALES[self.mode][0](self.gamma, x)

    def get_lr(self) -> list[LR]:
        self._warn_outside_step()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            self._set_momenta(height, scale)
        return [low + (high - low) * height * scale for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def _set_momenta(self, height: float, scale: float) -> None:
        groups = self.optimizer.param_groups
        for group, low, high in zip(groups, self.base_momentums, self.max_momentums, strict=True):
            set_momentum(group, high - (high - low) * height * scale, self.use_beta1)

    def state_dict(self) -> dict[str, Any]:
        """Return the state; of ``scale_fn`` only the attributes of a callable object are kept."""
        fn = self._scale_fn_custom
        return {**super().state_dict(), "_scale_fn_custom": None if fn is None else state_of_callable(fn)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what ``state_dict()`` returned."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_scale_fn_custom"})
        if state_dict["_scale_fn_custom"] is not None:
            self._scale_fn_custom.__dict__.update(state_dict["_scale_fn_custom"])
