"""Resilient backpropagation."""

import rushlight as rl
from rushlight.optim._gradient import GradientOptimizer, Options, State, column, scalar, zeros_like
from rushlight.optim.optimizer import ParamsT

__all__ = ["Rprop"]


class Rprop(GradientOptimizer):
    """Steps by the sign of the gradient, each entry with a step size of its own.

    An entry whose gradient kept its sign gets ``etas[1]`` times its step size; one that changed its sign gets
    ``etas[0]`` times and rests for this step. Step sizes start at ``lr`` and stay within ``step_sizes``.

    Raises ``ValueError`` unless ``0 < etas[0] < 1 < etas[1]``.
    Source: Riedmiller and Braun 1993, A direct adaptive method for faster backpropagation learning.
    """

    kernel = "_fused_rprop"

    def __init__(
        self,
        params: ParamsT,
        lr: "float | rl.Tensor" = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = dict(
            lr=lr,
            etas=etas,
            step_sizes=step_sizes,
            foreach=foreach,
            maximize=maximize,
            differentiable=differentiable,
            capturable=capturable,
        )
        super().__init__(params, defaults)

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        lr = float(options["lr"])
        fill = complex(lr, lr) if param.is_complex() else lr
        return {"step": scalar(0), "prev": zeros_like(param), "step_size": rl.full_like(grad, fill)}

    def kernel_arguments(self, states: list[State], options: Options) -> tuple:
        return (
            column(states, "prev"),
            column(states, "step_size"),
            *options["etas"],
            *options["step_sizes"],
            options["maximize"],
        )

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        shrink, grow = options["etas"]
        previous = state["prev"].clone() if options["differentiable"] else state["prev"]
        agreement = grad.mul(previous)
        factor = rl.ones_like(grad).masked_fill_(agreement > 0, grow).masked_fill_(agreement < 0, shrink)
        sizes = state["step_size"].mul_(factor).clamp_(*options["step_sizes"])
        sizes = sizes.clone() if options["differentiable"] else sizes
        grad = grad.masked_fill(agreement < 0, 0)
        param.addcmul_(grad.sign(), sizes, value=-1)
        state["prev"].copy_(grad)
