"""The step shared by all optimizers that update one parameter from one gradient at a time."""

from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight import _C
from rushlight.optim.optimizer import Optimizer, ParamsT

Options = dict[str, Any]
State = dict[str, Any]


class GradientOptimizer(Optimizer):
    """An optimizer given by ``new_state`` and ``update``.

    ``update`` holds the formula, for one parameter. ``kernel`` names a native function that applies it to
    all parameters of a group in one call; it takes ``kernel_arguments`` and returns whether it could run:
    it declines, touching nothing, unless all operands are dense contiguous CPU tensors of one dtype,
    float32 or float64. What it declines takes the formula, and so does everything under
    ``differentiable=True``, ``foreach=False`` or ``fused=False``.
    """

    kernel: str | None = None
    complex_as_real = True

    def __init__(self, params: ParamsT, defaults: Options) -> None:
        check_learning_rate(defaults["lr"])
        super().__init__(params, defaults)
        if defaults.get("fused"):
            if defaults["differentiable"]:
                raise RuntimeError("`fused` does not support `differentiable`")
            if defaults["foreach"]:
                raise RuntimeError("`fused` and `foreach` cannot be `True` together.")

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for per_parameter in self.state.values():
            for name in ("step", "mu_product", "eta", "mu"):  # plain numbers in old checkpoints
                if isinstance(per_parameter.get(name), int | float):
                    per_parameter[name] = scalar(per_parameter[name])

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        """Return what is remembered of ``param`` before its first step."""
        raise NotImplementedError

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        """Change ``param`` and ``state`` in place; ``state["step"]`` counts this step already."""
        raise NotImplementedError

    def kernel_arguments(self, states: list[State], options: Options) -> tuple:
        """Return what the kernel takes after parameters and gradients."""
        raise NotImplementedError

    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Update every parameter that has a gradient; ``closure`` recomputes the loss and returns it."""
        loss = None
        with rl.set_grad_enabled(bool(self.defaults.get("differentiable"))):
            if closure is not None:
                with rl.enable_grad():
                    loss = closure()
            for group in self.param_groups:
                self._step_group(group)
        return loss

    def _step_group(self, group: Options) -> None:
        params = [p for p in group["params"] if p.grad is not None]
        if not params:
            return
        grads = [p.grad for p in params]
        options = resolve(group)
        states = [self._state_of(p, g, options) for p, g in zip(params, grads, strict=True)]
        for state in states:
            if "step" in state:
                state["step"] += 1
        if not self._run_kernel(params, grads, states, options):
            for p, g, state in zip(params, grads, states, strict=True):
                self._update_one(p, g, state, options)

    def _state_of(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        self._check_gradient(param, grad, options)
        state = self.state[param]
        if not state:
            state.update(self.new_state(param, grad, options))
        return state

    def _check_gradient(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> None:
        if grad.is_sparse:
            raise RuntimeError(f"{type(self).__name__} does not support sparse gradients")
        if options.get("fused") and not param.is_floating_point():
            raise RuntimeError(
                "`fused=True` requires all the params to be floating point Tensors of supported devices: "
                f"['cpu'] but {param.dtype} and {param.device.type}"
            )

    def _run_kernel(self, params: list, grads: list, states: list[State], options: Options) -> bool:
        if options.get("differentiable") or options.get("foreach") is False or options.get("fused") is False:
            return False
        kernel = getattr(_C, self.kernel, None) if self.kernel else None
        return kernel is not None and kernel(params, grads, *self.kernel_arguments(states, options))

    def _update_one(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        if options.get("maximize"):
            grad = -grad
        if param.is_complex() and self.complex_as_real:
            param, grad = rl.view_as_real(param), rl.view_as_real(grad)
            state = {k: rl.view_as_real(v) if v.is_complex() else v for k, v in state.items()}
        self.update(param, grad, state, options)


def resolve(group: Options) -> Options:
    """Return the options of ``group`` with one-element tensors as numbers, unless a gradient runs through them."""
    return {name: _number(value) for name, value in group.items() if name not in ("params", "param_names")}


def _number(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_number(v) for v in value)
    if not isinstance(value, rl.Tensor):
        return value
    return value.squeeze() if value.requires_grad and rl.is_grad_enabled() else value.item()


def scalar(value: float) -> "rl.Tensor":
    """Return a 0-d tensor that counts: float32, or float64 where that is the default dtype."""
    dtype = rl.float64 if rl.get_default_dtype() == rl.float64 else rl.float32
    return rl.tensor(float(value), dtype=dtype)


def zeros_like(param: "rl.Tensor") -> "rl.Tensor":
    """Return zeros with shape, dtype and strides of ``param``."""
    return rl.zeros_like(param, memory_format=rl.preserve_format)


def column(states: list[State], name: str) -> list:
    """Return entry ``name`` of every state."""
    return [state[name] for state in states]


def numbers(states: list[State], name: str) -> list[float]:
    """Return the 0-d tensors ``name`` of every state as Python numbers."""
    return [state[name].item() for state in states]


def decay_gradient(param: "rl.Tensor", grad: "rl.Tensor", weight_decay: Any) -> "rl.Tensor":
    """Return ``grad + weight_decay * param``, the gradient with an L2 penalty."""
    if isinstance(weight_decay, rl.Tensor):
        return grad.addcmul(param.clone(), weight_decay)
    return grad.add(param, alpha=weight_decay) if weight_decay != 0 else grad


def decay_parameter(param: "rl.Tensor", lr: Any, weight_decay: Any) -> None:
    """Shrink ``param`` by the factor ``1 - lr * weight_decay`` (https://arxiv.org/abs/1711.05101)."""
    if isinstance(weight_decay, rl.Tensor) or weight_decay != 0:
        param.mul_(1 - lr * weight_decay)


def add_scaled(param: "rl.Tensor", update: "rl.Tensor", scale: Any) -> None:
    """Add ``scale * update`` to ``param``."""
    if isinstance(scale, rl.Tensor):
        param.addcmul_(update.clone(), scale)
    else:
        param.add_(update, alpha=scale)


def add_quotient(param: "rl.Tensor", numerator: "rl.Tensor", denominator: "rl.Tensor", scale: Any) -> None:
    """Add ``scale * numerator / denominator`` to ``param``.

    Where gradients are recorded, a copy of ``numerator`` is kept: the moments change in place at the next step.
    """
    if rl.is_grad_enabled():
        numerator = numerator.clone()
    if isinstance(scale, rl.Tensor):
        param.addcdiv_(numerator, denominator / scale)
    else:
        param.addcdiv_(numerator, denominator, value=scale)


def accumulate_square(average: "rl.Tensor", grad: "rl.Tensor", decay: Any) -> None:
    """Move ``average`` to ``decay * average + (1 - decay) * grad ** 2``."""
    if isinstance(decay, rl.Tensor):
        average.lerp_(grad.square(), 1 - decay)
    else:
        average.mul_(decay).addcmul_(grad, grad, value=1 - decay)


def check_learning_rate(lr: Any) -> None:
    """Raise ``ValueError`` unless ``lr`` is a non-negative number or one-element tensor."""
    if isinstance(lr, rl.Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    check_non_negative("learning rate", lr)


def check_non_negative(label: str, value: Any) -> None:
    """Raise ``ValueError`` naming ``label`` unless ``value >= 0``."""
    if not 0.0 <= value:
        raise ValueError(f"Invalid {label}: {value}")


def check_betas(betas: tuple) -> None:
    """Raise ``ValueError`` unless both decay rates lie in [0, 1)."""
    for i, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
