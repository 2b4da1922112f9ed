"""The momentum that cyclic schedules move against the learning rate: ``momentum``, or ``betas[0]`` where there is none."""

from typing import Any

from rushlight.optim.lr_scheduler.scheduler import per_group
from rushlight.optim.optimizer import Optimizer


def uses_beta1(optimizer: Optimizer) -> bool:
    """Return whether momentum is ``betas[0]``; raise ``ValueError`` for an optimizer without momentum."""
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
    return "betas" in optimizer.defaults


def set_momentum(group: dict[str, Any], momentum: float, beta1: bool) -> None:
    """Set the momentum of one parameter group."""
    if beta1:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


def start_momenta(optimizer: Optimizer, base: Any, largest: Any, fresh: bool) -> tuple[list, list]:
    """Return smallest and largest momentum per group; a ``fresh`` schedule starts at the largest."""
    bases, maxima = per_group("base_momentum", optimizer, base), per_group("max_momentum", optimizer, largest)
    if fresh:
        beta1 = uses_beta1(optimizer)
        for group, low, high in zip(optimizer.param_groups, bases, maxima, strict=True):
            set_momentum(group, high, beta1)
            group["max_momentum"], group["base_momentum"] = high, low
    return bases, maxima
