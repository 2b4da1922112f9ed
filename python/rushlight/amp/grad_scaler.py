"""Loss scaling."""

import warnings
from collections import defaultdict
from collections.abc import Iterable
from enum import Enum
from typing import Any

import rushlight as rl

__all__ = ["GradScaler", "OptState"]


class OptState(Enum):
    """What was done with an optimizer since the last ``update``."""

    READY = 0
    UNSCALED = 1
    STEPPED = 2


class _PerOptimizer:
    """Stage of one optimizer, and whether its gradients had an infinity or NaN (``None`` before the check)."""

    def __init__(self) -> None:
        self.stage = OptState.READY
        self.found_inf: bool | None = None


class GradScaler:
    """Multiplies losses by a scale, so that float16 gradients do not vanish, and divides the gradients by it again.

    ``scaler.scale(loss).backward(); scaler.step(optimizer); scaler.update()``. A step whose gradients are not all
    finite is left out and multiplies the scale by ``backoff_factor``; ``growth_interval`` good steps in a row multiply
    it by ``growth_factor``. On device ``"cuda"``, of which there is none, it warns and passes everything through.
    Raises ``AssertionError`` for factors that do not grow or back off.
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._device = device
        self._enabled = enabled
        if enabled and device == "cuda":
            warnings.warn("GradScaler is enabled, but CUDA is not available. Disabling.", stacklevel=2)
            self._enabled = False
        if self._enabled:
            if growth_factor <= 1.0:
                raise AssertionError("The growth factor must be > 1.0.")
            if backoff_factor >= 1.0:
                raise AssertionError("The backoff factor must be < 1.0.")
        self._scale = float(init_scale)
        self._growth_factor = growth_factor
        self._backoff_factor = backoff_factor
        self._growth_interval = growth_interval
        self._growth_tracker = 0
        self._used = False
        self._optimizers: defaultdict[int, _PerOptimizer] = defaultdict(_PerOptimizer)

    def scale(self, outputs: Any) -> Any:
        """Return a tensor, or each of an iterable of tensors, times the scale."""
        if not self._enabled:
            return outputs
        self._used = True
        return self._scaled(outputs)

    def _scaled(self, outputs: Any) -> Any:
        if isinstance(outputs, rl.Tensor):
            return outputs * rl.full((), self._scale, dtype=rl.float32, device=outputs.device)
        if isinstance(outputs, list | tuple):
            return type(outputs)(map(self._scaled, outputs))
        if isinstance(outputs, Iterable):
            return map(self._scaled, outputs)
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    def unscale_(self, optimizer: "rl.optim.Optimizer") -> None:
        """Divide the gradients of an optimizer by the scale, for instance to clip them; once per step."""
        if not self._enabled:
            return
        self._check_used("unscale_")
        state = self._optimizers[id(optimizer)]
        if state.stage is OptState.UNSCALED:
            raise RuntimeError("unscale_() has already been called on this optimizer since the last update().")
        if state.stage is OptState.STEPPED:
            raise RuntimeError("unscale_() is being called after step().")
        state.found_inf = _unscale(_gradients(optimizer), 1.0 / self._scale)
        state.stage = OptState.UNSCALED

    def step(self, optimizer: "rl.optim.Optimizer", *args: Any, **kwargs: Any) -> Any:
        """Unscale the gradients unless that was done, and call ``optimizer.step`` if all are finite."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        self._check_used("step")
        state = self._optimizers[id(optimizer)]
        if state.stage is OptState.STEPPED:
            raise RuntimeError("step() has already been called since the last update().")
        if state.stage is OptState.READY:
            self.unscale_(optimizer)
        if state.found_inf is None:
            raise AssertionError("No inf checks were recorded for this optimizer.")
        state.stage = OptState.STEPPED
        return None if state.found_inf else optimizer.step(*args, **kwargs)

    def update(self, new_scale: "float | rl.Tensor | None" = None) -> None:
        """Adapt the scale to what the steps found, or set it; to be called once per iteration, at its end."""
        if not self._enabled:
            return
        self._check_used("update")
        if new_scale is not None:
            self._scale = float(new_scale)
        else:
            self._adapt()
        self._optimizers.clear()

    def _adapt(self) -> None:
        found = [s.found_inf for s in self._optimizers.values() if s.found_inf is not None]
        if not found:
            raise AssertionError("No inf checks were recorded prior to update.")
        if any(found):
            self._scale *= self._backoff_factor
            self._growth_tracker = 0
            return
        self._growth_tracker += 1
        if self._growth_tracker == self._growth_interval:
            grown = self._scale * self._growth_factor
            self._scale = grown if grown <= rl.finfo(rl.float32).max else self._scale
            self._growth_tracker = 0

    def _check_used(self, name: str) -> None:
        if not self._used:
            raise AssertionError(
                f"Attempted {name} but _scale is None. This may indicate your script did not use scaler.scale(loss or "
                "outputs) earlier in the iteration."
            )

    def get_scale(self) -> float:
        """Return the scale; 1 when disabled."""
        return self._scale if self._enabled else 1.0

    def get_growth_factor(self) -> float:
        """Return what a good run multiplies the scale by."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set what a good run multiplies the scale by."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """Return what a bad step multiplies the scale by."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set what a bad step multiplies the scale by."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """Return the number of good steps before the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set the number of good steps before the scale grows."""
        self._growth_interval = new_interval

    def is_enabled(self) -> bool:
        """Return whether anything is scaled."""
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """Return scale, factors and count; empty when disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self._scale,
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what ``state_dict()`` returned."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
            )
        self._scale = float(state_dict["scale"])
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._growth_tracker = int(state_dict["_growth_tracker"])

    def __getstate__(self) -> dict[str, Any]:
        if self._optimizers:
            raise AssertionError(
                "A GradScaler instance may only be pickled at the beginning of an iteration, or at the end after "
                "scaler.update()."
            )
        return self.__dict__.copy()


def _gradients(optimizer: "rl.optim.Optimizer") -> list:
    params = (p for group in optimizer.param_groups for p in group["params"])
    grads = [p.grad for p in params if p.grad is not None]
    if any(g.dtype == rl.float16 for g in grads):
        raise ValueError("Attempting to unscale FP16 gradients.")
    return [g._values() if g.is_sparse else g for g in grads]


def _unscale(grads: list, inverse: float) -> bool | None:
    """Multiply gradients in place; return whether any had an infinity or NaN, ``None`` without gradients."""
    found = [not bool(rl.isfinite(g).all()) for g in grads]
    with rl.no_grad():
        for g in grads:
            g.mul_(inverse)
    return any(found) if found else None
