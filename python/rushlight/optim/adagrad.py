"""Adagrad, for dense and for sparse gradients."""

import rushlight as rl
from rushlight.optim._gradient import (
    GradientOptimizer,
    Options,
    State,
    add_quotient,
    check_non_negative,
    column,
    decay_gradient,
    numbers,
    resolve,
    scalar,
)
from rushlight.optim.optimizer import ParamsT

__all__ = ["Adagrad"]


class Adagrad(GradientOptimizer):
    """Divides each step by the root of the sum of all squared gradients.

    ``s <- s + g ** 2``;  ``p <- p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)``.

    Sparse gradients update only the entries they name; they exclude ``weight_decay``.
    Raises ``ValueError`` for negative options.
    Source: Duchi, Hazan and Singer 2011, http://jmlr.org/papers/v12/duchi11a.html.
    """

    kernel = "_fused_adagrad"

    def __init__(
        self,
        params: ParamsT,
        lr: "float | rl.Tensor" = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_non_negative("lr_decay value", lr_decay)
        check_non_negative("weight_decay value", weight_decay)
        check_non_negative("initial_accumulator_value value", initial_accumulator_value)
        check_non_negative("epsilon value", eps)
        defaults = dict(
            lr=lr,
            lr_decay=lr_decay,
            eps=eps,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            foreach=foreach,
            maximize=maximize,
            differentiable=differentiable,
            fused=fused,
        )
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p].update(self.new_state(p, p, resolve(group)))

    def share_memory(self) -> None:
        """Move the sums of squares to shared memory."""
        for state in self.state.values():
            state["sum"].share_memory_()

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        initial = options["initial_accumulator_value"]
        fill = complex(initial, initial) if param.is_complex() else initial
        with rl.no_grad():
            return {"step": scalar(0), "sum": rl.full_like(param, fill, memory_format=rl.preserve_format)}

    def _check_gradient(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> None:
        if not grad.is_sparse or options["fused"]:
            super()._check_gradient(param, grad, options)
        elif options["weight_decay"] != 0:
            raise RuntimeError("weight_decay option is not compatible with sparse gradients")

    def kernel_arguments(self, states: list[State], options: Options) -> tuple:
        return (
            column(states, "sum"),
            numbers(states, "step"),
            options["lr"],
            options["lr_decay"],
            options["eps"],
            options["weight_decay"],
            options["maximize"],
        )

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        scale = -(options["lr"] / (1 + (state["step"].item() - 1) * options["lr_decay"]))
        if grad.is_sparse:
            _update_sparse(param, grad.coalesce(), state["sum"], options["eps"], scale)
            return
        grad = decay_gradient(param, grad, options["weight_decay"])
        state["sum"].addcmul_(grad, grad, value=1)
        add_quotient(param, grad, state["sum"].sqrt() + options["eps"], scale)


def _update_sparse(param: "rl.Tensor", grad: "rl.Tensor", total: "rl.Tensor", eps: float, scale: float) -> None:
    def sparse(values: "rl.Tensor") -> "rl.Tensor":
        return rl.sparse_coo_tensor(grad._indices(), values, grad.size())

    total.add_(sparse(grad._values().pow(2)))
    root = total.sparse_mask(grad)._values().sqrt_().add_(eps)
    param.add_(sparse(grad._values() / root), alpha=scale)
