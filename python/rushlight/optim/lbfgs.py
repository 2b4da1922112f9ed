"""L-BFGS."""

from collections.abc import Callable
from typing import Any

import rushlight as rl
from rushlight.optim._gradient import check_learning_rate
from rushlight.optim._line_search import Point, StrongWolfe
from rushlight.optim.optimizer import Optimizer, ParamsT

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """Quasi-Newton steps from the last ``history_size`` changes of the gradient.

    One ``step(closure)`` runs up to ``max_iter`` iterations. The step length is ``lr``, or found by a line search
    with ``line_search_fn="strong_wolfe"``. All parameters form one group; state lies under the first one.
    Raises ``ValueError`` for several groups.

    >>> p = rl.tensor([3.0], requires_grad=True)
    >>> optimizer = rl.optim.LBFGS([p])
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (p - 1).square().sum()
    ...     loss.backward()
    ...     return loss
    >>> _ = optimizer.step(closure)
    >>> round(p.item(), 3)
    1.0

    Source: Nocedal and Wright, Numerical Optimization, algorithm 7.5.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: "float | rl.Tensor" = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
        *,
        maximize: bool = False,
    ) -> None:
        check_learning_rate(lr)
        defaults = dict(
            lr=lr,
            max_iter=max_iter,
            max_eval=max_iter * 5 // 4 if max_eval is None else max_eval,
            tolerance_grad=tolerance_grad,
            tolerance_change=tolerance_change,
            history_size=history_size,
            line_search_fn=line_search_fn,
            maximize=maximize,
        )
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    @property
    def _params(self) -> "list[rl.Tensor]":
        return self.param_groups[0]["params"]

    @rl.no_grad()
    def step(self, closure: Callable[[], Any]) -> Any:
        """Iterate from the current point; return the loss ``closure`` gave there."""
        evaluate = rl.enable_grad()(closure)
        original = evaluate()
        if not self._params:
            return original
        group = self.param_groups[0]
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise RuntimeError("only 'strong_wolfe' is supported")
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        state["func_evals"] += 1
        grad = self._flat_grad()
        if grad.abs().max() > group["tolerance_grad"]:
            self._iterate(evaluate, self._signed(original), grad, state, group)
        return original

    def _iterate(self, closure: Callable, loss: float, grad: "rl.Tensor", state: dict, group: dict) -> None:
        evals = 1
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            _set_direction(state, grad, group["history_size"])
            state["prev_flat_grad"], state["prev_loss"] = grad.clone(), loss
            state["t"] = t = _first_length(state, grad, group["lr"])
            slope = grad.dot(state["d"])
            if slope > -group["tolerance_change"]:
                return
            last = iteration == group["max_iter"]
            start = Point(0, loss, grad, slope)
            point, used = self._move(closure, start, t, state["d"], group["max_eval"] - evals, last)
            evals += used
            state["func_evals"] += used
            loss, grad, state["t"] = point.loss, point.grad, point.t
            if last or evals >= group["max_eval"] or _converged(point, state, group):
                return

    def _move(
        self, closure: Callable, start: Point, t: Any, d: "rl.Tensor", evals: int, last: bool
    ) -> tuple[Point, int]:
        if self.param_groups[0]["line_search_fn"] == "strong_wolfe":
            origin = [p.clone(memory_format=rl.contiguous_format) for p in self._params]
            search = StrongWolfe(lambda t: self._probe(closure, origin, t, d), d, start, 1e-9, evals)
            point, used = search.run(t)
            self._add(point.t, d)
            return point, used
        self._add(t, d)
        if last:  # nothing will look at the loss there
            return Point(t, start.loss, start.grad, start.slope), 0
        return Point(t, self._signed(closure()), self._flat_grad(), start.slope), 1

    def _probe(self, closure: Callable, origin: list, t: Any, d: "rl.Tensor") -> tuple[float, "rl.Tensor"]:
        self._add(t, d)
        result = self._signed(closure()), self._flat_grad()
        for p, value in zip(self._params, origin, strict=True):
            p.copy_(value)
        return result

    def _signed(self, loss: Any) -> float:
        return -float(loss) if self.param_groups[0]["maximize"] else float(loss)

    def _flat_grad(self) -> "rl.Tensor":
        flat = rl.cat([_flat(p, p.grad) for p in self._params])
        return flat.neg_() if self.param_groups[0]["maximize"] else flat

    def _add(self, t: Any, update: "rl.Tensor") -> None:
        offset = 0
        for p in self._params:
            p = rl.view_as_real(p) if p.is_complex() else p
            p.add_(update[offset : offset + p.numel()].view_as(p), alpha=float(t))
            offset += p.numel()


def _flat(p: "rl.Tensor", grad: "rl.Tensor | None") -> "rl.Tensor":
    grad = rl.zeros_like(p) if grad is None else grad.to_dense() if grad.is_sparse else grad
    return rl.view_as_real(grad).reshape(-1) if grad.is_complex() else grad.reshape(-1)


def _first_length(state: dict, grad: "rl.Tensor", lr: Any) -> Any:
    lr = lr.item() if isinstance(lr, rl.Tensor) else lr
    return min(1.0, 1.0 / grad.abs().sum()) * lr if state["n_iter"] == 1 else lr


def _set_direction(state: dict, grad: "rl.Tensor", history_size: int) -> None:
    if state["n_iter"] == 1:
        state.update(d=grad.neg(), old_dirs=[], old_stps=[], ro=[], H_diag=1)
        return
    y, s = grad.sub(state["prev_flat_grad"]), state["d"].mul(state["t"])
    ys = y.dot(s)
    if ys > 1e-10:
        for name, value in (("old_dirs", y), ("old_stps", s), ("ro", 1.0 / ys)):
            state[name] = [*state[name], value][-history_size:]
        state["H_diag"] = ys / y.dot(y)
    state.setdefault("al", [None] * history_size)
    state["d"] = _two_loops(state, grad)


def _two_loops(state: dict, grad: "rl.Tensor") -> "rl.Tensor":
    """Multiply ``-grad`` by the inverse Hessian that the stored pairs ``(y, s, 1 / y.s)`` define."""
    pairs = list(zip(state["old_dirs"], state["old_stps"], state["ro"], strict=True))
    q, al = grad.neg(), state["al"]
    for i, (y, s, ro) in reversed(list(enumerate(pairs))):
        al[i] = s.dot(q) * ro
        q.add_(y, alpha=-float(al[i]))
    r = q * state["H_diag"]
    for (y, s, ro), a in zip(pairs, al):
        r.add_(s, alpha=float(a - y.dot(r) * ro))
    return r


def _converged(point: Point, state: dict, group: dict) -> bool:
    return bool(
        point.grad.abs().max() <= group["tolerance_grad"]
        or state["d"].mul(point.t).abs().max() <= group["tolerance_change"]
        or abs(point.loss - state["prev_loss"]) < group["tolerance_change"]
    )
