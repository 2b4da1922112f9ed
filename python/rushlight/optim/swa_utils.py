"""Averages of a model's weights over training, and the schedule that goes with them.

Source: Izmailov et al. 2018, Averaging weights leads to wider optima, https://arxiv.org/abs/1803.05407.
"""

import itertools
import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any, Literal

import rushlight as rl
from rushlight.nn import Module
from rushlight.optim.lr_scheduler.scheduler import LR, LRScheduler, per_group
from rushlight.optim.optimizer import Optimizer

__all__ = [
    "AveragedModel",
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


def get_ema_avg_fn(decay: float = 0.999) -> Callable:
    """Return the update ``average <- decay * average + (1 - decay) * value`` of one tensor."""
    _check_decay(decay)

    @rl.no_grad()
    def ema_update(ema_param: "rl.Tensor", current_param: "rl.Tensor", num_averaged: Any) -> "rl.Tensor":
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Callable:
    """Return the update ``average <- average + (value - average) / (n + 1)`` of one tensor."""

    @rl.no_grad()
    def swa_update(averaged_param: "rl.Tensor", current_param: "rl.Tensor", num_averaged: Any) -> "rl.Tensor":
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable:
    """Return the update of ``get_ema_avg_fn`` in place over lists of tensors."""
    _check_decay(decay)
    return _multi(lambda num_averaged: 1 - decay, get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> Callable:
    """Return the update of ``get_swa_avg_fn`` in place over lists of tensors."""
    return _multi(lambda num_averaged: 1 / (float(num_averaged) + 1), get_swa_avg_fn())


def _multi(weight: Callable[[Any], float], single: Callable) -> Callable:
    @rl.no_grad()
    def update(averages: Iterable["rl.Tensor"], values: Iterable["rl.Tensor"], num_averaged: Any) -> None:
        for average, value in zip(averages, values, strict=True):
            if average.is_floating_point() or average.is_complex():
                average.lerp_(value, weight(num_averaged))
            else:
                average.copy_(single(average, value, num_averaged))

    return update


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


class AveragedModel(Module):
    """A copy of ``model`` whose parameters are a running average; call ``update_parameters(model)`` after steps.

    ``avg_fn(average, value, n)`` returns the new average of one tensor, ``multi_avg_fn(averages, values, n)`` changes
    lists in place; the default is the equal-weight mean. With ``use_buffers`` buffers are averaged, else copied.
    """

    n_averaged: "rl.Tensor"

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Callable | None = None,
        multi_avg_fn: Callable | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", rl.tensor(0, dtype=rl.long, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the parameters of ``model`` into the average; the first call copies them."""
        averages = [p.detach() for p in self._averaged(self.module)]
        values = [p.detach().to(a.device) for a, p in zip(averages, self._averaged(model), strict=True)]
        if self.n_averaged == 0:
            for average, value in zip(averages, values, strict=True):
                average.copy_(value)
        elif self.avg_fn is not None:
            for average, value in zip(averages, values, strict=True):
                average.copy_(self.avg_fn(average, value, self.n_averaged))
        else:
            self._update_lists(averages, values)
        if not self.use_buffers:
            for buffer, value in zip(self.module.buffers(), model.buffers(), strict=True):
                buffer.detach().copy_(value.detach().to(buffer.device))
        self.n_averaged += 1

    def _averaged(self, model: Module) -> Iterable["rl.Tensor"]:
        return itertools.chain(model.parameters(), model.buffers()) if self.use_buffers else model.parameters()

    def _update_lists(self, averages: list, values: list) -> None:
        update = self.multi_avg_fn or get_swa_multi_avg_fn()
        for dtype in dict.fromkeys(a.dtype for a in averages):  # one call sees one dtype
            pairs = [(a, v) for a, v in zip(averages, values, strict=True) if a.dtype == dtype]
            update([a for a, _ in pairs], [v for _, v in pairs], self.n_averaged)


@rl.no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Recompute the running statistics of all batch norms in ``model`` as the mean over ``loader``.

    Batches are tensors, or lists and tuples whose first entry is the input.
    """
    norms = [m for m in model.modules() if isinstance(m, rl.nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    momenta = [m.momentum for m in norms]
    was_training = model.training
    model.train()
    for m in norms:
        m.reset_running_stats()
        m.momentum = None  # the cumulative mean
    for batch in loader:
        x = batch[0] if isinstance(batch, list | tuple) else batch
        model(x if device is None else x.to(device))
    for m, momentum in zip(norms, momenta, strict=True):
        m.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """Anneals ``lr`` of each group to ``swa_lr`` over ``anneal_epochs`` and holds it there.

    Raises ``ValueError`` for an unknown strategy or negative ``anneal_epochs``.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float,
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        for value, group in zip(per_group("swa_lr", optimizer, swa_lr), optimizer.param_groups, strict=True):
            group["swa_lr"] = value
        if anneal_strategy not in _ANNEAL:
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[LR]:
        self._warn_outside_step()
        step = self._step_count - 1
        step = max(1, step) if self.anneal_epochs == 0 else step
        alpha, before = self._alpha(step), self._alpha(step - 1)
        groups = self.optimizer.param_groups
        initial = [g["swa_lr"] if before == 1 else (g["lr"] - before * g["swa_lr"]) / (1 - before) for g in groups]
        return [g["swa_lr"] * alpha + lr * (1 - alpha) for g, lr in zip(groups, initial, strict=True)]

    def _alpha(self, step: int) -> float:
        return _ANNEAL[self._anneal_strategy](max(0, min(1, step / max(1, self.anneal_epochs))))


_ANNEAL = {"cos": lambda t: (1 - math.cos(math.pi * t)) / 2, "linear": lambda t: t}
