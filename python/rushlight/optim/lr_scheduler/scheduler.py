"""The contract of a schedule: a count of epochs, and learning rates computed from it."""

import functools
import types
import warnings
import weakref
from contextlib import contextmanager
from typing import Any

import rushlight as rl
from rushlight.optim.optimizer import Optimizer

LR = "float | rl.Tensor"
EPOCH_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed "
    "form is used instead of the new chainable form, where available."
)


class LRScheduler:
    """Base of all schedules.

    ``get_lr`` returns one learning rate per parameter group for ``last_epoch``, usually from the rate of the
    epoch before, so that schedules chain. ``_get_closed_form_lr``, where given, computes it from the base rates.
    Raises ``TypeError`` for what is not an optimizer, ``KeyError`` when resuming without ``initial_lr``.
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copy_value(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with "
                    "last_epoch >= 0.\nThis typically happens when:\n1. You're trying to resume training from a checkpoint "
                    "but haven't properly loaded the optimizer state\n2. You're using last_epoch >= 0 for a fresh training "
                    "run (not recommended)"
                )
        self.base_lrs = values_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _track_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """Return everything that the schedule remembers, without its optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what ``state_dict()`` returned."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[LR]:
        """Return the learning rate of each group as last set by this schedule."""
        return self._last_lr

    def get_lr(self) -> list[LR]:
        """Return the learning rate of each group for ``last_epoch``."""
        raise NotImplementedError

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch and set its learning rates."""
        if self._step_count == 1:
            _warn_unless_stepped(self.optimizer)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        with within_step(self):
            self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
            closed_form = getattr(self, "_get_closed_form_lr", None)
            values = self.get_lr() if epoch is None or closed_form is None else closed_form()
        self._set_lrs(values)

    def _set_lrs(self, values: list[LR]) -> None:
        for group, lr in zip(self.optimizer.param_groups, values, strict=True):
            set_value(group, "lr", lr)
        self._last_lr = values_of(self.optimizer, "lr")

    def _current_lrs(self) -> list[LR]:
        return values_of(self.optimizer, "lr")

    def _scaled_lrs(self, factor: float) -> list[LR]:
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _warn_outside_step(self) -> None:
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )


@contextmanager
def within_step(scheduler: LRScheduler):
    """Mark that ``get_lr`` is called by ``step``, not by the user."""
    scheduler._get_lr_called_within_step = True
    try:
        yield
    finally:
        scheduler._get_lr_called_within_step = False


def check_optimizer(optimizer: Any) -> None:
    """Raise ``TypeError`` for what is not an optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def copy_value(value: Any) -> Any:
    """Return a number as it is, a tensor copied."""
    return value.clone() if isinstance(value, rl.Tensor) else value


def per_group(name: str, optimizer: Optimizer, value: Any) -> list:
    """Return one value per parameter group; raise ``ValueError`` for a list of another length."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [copy_value(value) for _ in range(groups)]
    if len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, "
            f"param_groups has {groups}."
        )
    return [copy_value(v) for v in value]


def values_of(optimizer: Optimizer, key: str) -> list:
    """Return option ``key`` of every parameter group."""
    return [copy_value(group[key]) for group in optimizer.param_groups]


def set_value(group: dict[str, Any], key: str, value: Any) -> None:
    """Set an option; a tensor is filled in place so that whoever holds it sees the change."""
    if isinstance(group[key], rl.Tensor):
        group[key].fill_(value.item() if isinstance(value, rl.Tensor) else value)
    else:
        group[key] = value


def state_of_callable(fn: Any) -> dict | None:
    """Return the attributes of a callable object, ``None`` for a plain function."""
    return None if isinstance(fn, types.FunctionType) else fn.__dict__.copy()


def _track_steps(optimizer: Optimizer) -> None:
    """Let the optimizer note that it has stepped, to warn of schedules that step first."""
    if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        return
    reference, func = weakref.ref(optimizer), optimizer.step.__func__

    @functools.wraps(func)
    def step(*args: Any, **kwargs: Any) -> Any:
        owner = reference()
        owner._opt_called = True
        return func.__get__(owner, type(owner))(*args, **kwargs)

    step._wrapped_by_lr_sched = True
    optimizer.step = step


def _warn_unless_stepped(optimizer: Optimizer) -> None:
    if not hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        warnings.warn(
            "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. Please, "
            "make sure to call `optimizer.step()` before `lr_scheduler.step()`.",
            UserWarning,
            stacklevel=3,
        )
    elif not getattr(optimizer, "_opt_called", False):
        warnings.warn(
            "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you should call "
            "them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will result in "
            "PyTorch skipping the first value of the learning rate schedule. See more details at "
            "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate",
            UserWarning,
            stacklevel=3,
        )
