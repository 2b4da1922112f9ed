"""Adam for sparse gradients."""

import rushlight as rl
from rushlight.optim._gradient import GradientOptimizer, Options, State, check_betas, zeros_like
from rushlight.optim.optimizer import ParamsT

__all__ = ["SparseAdam"]


class SparseAdam(GradientOptimizer):
    """Adam that touches only the rows its gradient names.

    Moments and parameters of other rows stay as they are, without decay. Parameters are real. The gradient of a lookup
    with ``sparse=True`` is held densely here: the rows it names are those that are not all zero.
    Raises ``ValueError`` for options that are not positive.
    Source: Kingma and Ba 2014, https://arxiv.org/abs/1412.6980, applied lazily.

    >>> table = rl.nn.Embedding(4, 2, sparse=True)
    >>> optimizer = SparseAdam(table.parameters(), lr=0.1)
    >>> before = table.weight.detach().clone()
    >>> table(rl.tensor([1, 3])).sum().backward()
    >>> optimizer.step()
    >>> (table.weight != before).any(1)
    tensor([False,  True, False,  True])
    """

    def __init__(
        self,
        params: ParamsT,
        lr: "float | rl.Tensor" = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        for label, value in (("learning rate", lr), ("epsilon value", eps)):
            if not (isinstance(value, rl.Tensor) and value.numel() != 1 or 0.0 < value):
                raise ValueError(f"Invalid {label}: {value}")
        check_betas(betas)
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, maximize=maximize))
        where = [(g, i, p) for g, group in enumerate(self.param_groups) for i, p in enumerate(group["params"])]
        sparse = [[g, i] for g, i, p in where if p.is_sparse]
        if sparse:
            raise ValueError(f"Sparse params at indices {sparse}: SparseAdam requires dense parameter tensors")
        complex_ = [[g, i] for g, i, p in where if p.is_complex()]
        if complex_:
            raise ValueError(f"Complex params at indices {complex_}: SparseAdam does not support complex parameters")

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        return {"step": 0, "exp_avg": zeros_like(param), "exp_avg_sq": zeros_like(param)}

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        (beta1, beta2), step = options["betas"], int(state["step"])
        rows = grad.reshape(*grad.shape[:1], -1).any(-1)
        grad = grad[rows]
        first = state["exp_avg"][rows].lerp_(grad, 1 - beta1)
        second = state["exp_avg_sq"][rows].lerp_(grad * grad, 1 - beta2)
        state["exp_avg"][rows], state["exp_avg_sq"][rows] = first, second
        scale = options["lr"] * (1 - beta2**step) ** 0.5 / (1 - beta1**step)
        param[rows] -= scale * first / second.sqrt_().add_(options["eps"])
