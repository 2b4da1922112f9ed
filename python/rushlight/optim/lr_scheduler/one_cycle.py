"""The one-cycle policy."""

import math
from typing import Literal

from rushlight.optim.lr_scheduler.momentum import set_momentum, start_momenta, uses_beta1
from rushlight.optim.lr_scheduler.scheduler import LR, LRScheduler, check_optimizer, per_group
from rushlight.optim.optimizer import Optimizer


class OneCycleLR(LRScheduler):
    """Lets ``lr`` rise from ``max_lr / div_factor`` to ``max_lr``, then fall to ``1 / final_div_factor`` of its start.

    The rise takes ``pct_start`` of ``total_steps`` (or of ``epochs * steps_per_epoch``); with ``three_phase`` the fall
    first mirrors it. Momentum moves the other way. Step it after every batch.
    Raises ``ValueError`` for options out of range, and when stepped beyond the last step.
    Source: Smith and Topin 2017, https://arxiv.org/abs/1708.07120.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        self.total_steps = _total_steps(total_steps, epochs, steps_per_epoch)
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in _ANNEAL:
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._schedule_phases = _phases(pct_start, self.total_steps, three_phase)
        self._anneal_func_type = anneal_strategy
        max_lrs = per_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, largest in zip(optimizer.param_groups, max_lrs, strict=True):
                group["initial_lr"] = largest / div_factor
                group["max_lr"] = largest
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = uses_beta1(optimizer)
            start_momenta(optimizer, base_momentum, max_momentum, fresh=last_epoch == -1)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[LR]:
        self._warn_outside_step()
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"Tried to step {self.last_epoch} times. The specified number of total steps is {self.total_steps}"
            )
        phase, done = self._phase()
        anneal = _ANNEAL[self._anneal_func_type]
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                momentum = anneal(group[phase["start_momentum"]], group[phase["end_momentum"]], done)
                set_momentum(group, momentum, self.use_beta1)
        return [anneal(group[phase["start_lr"]], group[phase["end_lr"]], done) for group in groups]

    def _phase(self) -> tuple[dict, float]:
        start = 0.0
        for phase in self._schedule_phases:
            if self.last_epoch <= phase["end_step"]:
                break
            start, before = phase["end_step"], start
        else:
            start = before
        return phase, (self.last_epoch - start) / (phase["end_step"] - start)


_ANNEAL = {
    "cos": lambda start, end, done: end + (start - end) / 2.0 * (math.cos(math.pi * done) + 1),
    "linear": lambda start, end, done: (end - start) * done + start,
}


def _phases(pct_start: float, total_steps: int, three_phase: bool) -> list[dict]:
    def phase(end_step: float, start_lr: str, end_lr: str, start_momentum: str, end_momentum: str) -> dict:
        return dict(
            end_step=end_step,
            start_lr=start_lr,
            end_lr=end_lr,
            start_momentum=start_momentum,
            end_momentum=end_momentum,
        )

    peak, last = float(pct_start * total_steps) - 1, total_steps - 1
    rise = phase(peak, "initial_lr", "max_lr", "max_momentum", "base_momentum")
    if not three_phase:
        return [rise, phase(last, "max_lr", "min_lr", "base_momentum", "max_momentum")]
    mirrored = float(2 * pct_start * total_steps) - 2
    return [
        rise,
        phase(mirrored, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
        phase(last, "initial_lr", "min_lr", "max_momentum", "max_momentum"),
    ]


def _total_steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    given = (
        dict(epochs=epochs, steps_per_epoch=steps_per_epoch) if total_steps is None else dict(total_steps=total_steps)
    )
    for name, value in given.items():
        if not isinstance(value, int) or value <= 0:
            raise ValueError(f"Expected positive integer {name}, but got {value}")
    return epochs * steps_per_epoch if total_steps is None else total_steps
