"""Adam for sparse gradients."""

import rushlight as rl
from rushlight.optim._gradient import GradientOptimizer, Options, State, check_betas, zeros_like
from rushlight.optim.optimizer import ParamsT

__all__ = ["SparseAdam"]


class SparseAdam(GradientOptimizer):
    """Adam that touches only the entries its sparse gradient names.

    Moments and parameters of other entries stay as they are, without decay. Parameters are dense and real.
    Raises ``ValueError`` for options that are not positive, ``RuntimeError`` for dense gradients.
    Source: Kingma and Ba 2014, https://arxiv.org/abs/1412.6980, applied lazily.
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

    def _check_gradient(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> None:
        if not grad.is_sparse:
            raise RuntimeError("SparseAdam does not support dense gradients, please consider Adam instead")

    def new_state(self, param: "rl.Tensor", grad: "rl.Tensor", options: Options) -> State:
        return {"step": 0, "exp_avg": zeros_like(param), "exp_avg_sq": zeros_like(param)}

    def update(self, param: "rl.Tensor", grad: "rl.Tensor", state: State, options: Options) -> None:
        (beta1, beta2), step = options["betas"], int(state["step"])
        grad = grad.coalesce()
        indices, values = grad._indices(), grad._values()
        if values.numel() == 0:
            return

        def move(average: "rl.Tensor", target: "rl.Tensor", weight: float) -> "rl.Tensor":
            old = average.sparse_mask(grad)._values()
            change = target.sub(old).mul_(weight)
            average.add_(rl.sparse_coo_tensor(indices, change, grad.size()))
            return old.add_(change)

        first = move(state["exp_avg"], values, 1 - beta1)
        second = move(state["exp_avg_sq"], values.pow(2), 1 - beta2)
        scale = options["lr"] * (1 - beta2**step) ** 0.5 / (1 - beta1**step)
        update = first.div_(second.sqrt_().add_(options["eps"])).mul_(-scale)
        param.add_(rl.sparse_coo_tensor(indices, update, grad.size()))
