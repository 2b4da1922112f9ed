"""Every optimizer of PyTorch's database with all its options: parameters compared after each of ten steps."""

import functools
import warnings

import torch

from tools.oracle.compare import difference
from tools.oracle.samples import Outcome, attempt, first_line, raised
from tools.oracle.translate import Missing, ours, translate

STEPS = 10
LIMITS = {torch.float32: (2e-5, 1e-5), torch.float64: (1e-7, 1e-7)}

# Newton-Schulz iterations in bfloat16: one rounding moves a step by its last bit.
COARSE = {"optim.Muon": (1e-2, 2e-3)}

# Switches of PyTorch's implementations; there is one here.
SWITCHES = ("foreach", "fused", "capturable", "differentiable")


@functools.cache
def database() -> dict:
    """Return PyTorch's optimizers by name."""
    from torch.testing._internal.common_optimizers import optim_db

    return {f"optim.{info.optim_cls.__name__}": info for info in optim_db}


def names() -> list[str]:
    return list(database())


def compare(name: str) -> Outcome:
    """Compare one optimizer in float32 and float64."""
    info, outcome = database()[name], Outcome(name)
    try:
        cls = ours(name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for dtype in LIMITS:
                for case in info.optim_inputs_func(device="cpu"):
                    outcome.note("steps", str(dtype)[6:], f"{case.desc} {case.kwargs}", guarded(info, cls, case, dtype))
    except Missing as missing:
        outcome.missing = str(missing)
    return outcome


def guarded(info, cls: type, case, dtype: torch.dtype) -> str | None:
    """Return how the steps differ; a failure of the comparison counts as one."""
    if info.only_supports_sparse_grads:
        return None
    try:
        return steps(info, cls, case, dtype)
    except Missing as missing:
        return f"missing: {missing}"
    except Exception as error:
        return f"{type(error).__name__} while comparing: {first_line(error)}"


def parameters(dtype: torch.dtype) -> list[torch.Tensor]:
    """Return two matrices, as Muon wants them."""
    source = torch.Generator().manual_seed(2)
    return [
        torch.randn(shape, dtype=torch.float64, generator=source).to(dtype).requires_grad_()
        for shape in ((4, 3), (2, 5))
    ]


def loss_of(params) -> object:
    """A convex loss with distinct curvatures: no step depends on the last bit of another."""
    return sum(((i + 1) * p * p / 4 + p**4 / 40).sum() for i, p in enumerate(params))


def steps(info, cls: type, case, dtype: torch.dtype) -> str | None:
    """Take ten steps with both and compare the parameters after each."""
    kwargs = {k: v for k, v in case.kwargs.items() if k not in SWITCHES}
    mine_kwargs = translate(kwargs)
    theirs = parameters(dtype)
    mine = translate(theirs)
    other, error = attempt(lambda: info.optim_cls(theirs, **kwargs))
    own, wrong = attempt(lambda: cls(mine, **mine_kwargs))
    if wrong or error:
        return raised(wrong, error)
    limits = COARSE.get(f"optim.{cls.__name__}", LIMITS[dtype])
    for i in range(STEPS):
        other.step(closure(other, theirs))
        own.step(closure(own, mine))
        problem = difference(mine, [p.detach() for p in theirs], limits)
        if problem:
            return f"step {i + 1}: {problem}"
    return state_difference(own, other)


def closure(optimizer, params):
    """Return the function that an optimizer may call again."""

    def evaluate():
        optimizer.zero_grad()
        loss = loss_of(params)
        loss.backward()
        return loss

    return evaluate


def state_difference(own, other) -> str | None:
    """Compare the keys of the state dicts, so that files travel between the packages."""
    mine, theirs = own.state_dict(), other.state_dict()
    keys = [sorted(d["state"].get(0, {})) for d in (mine, theirs)]
    groups = [sorted(d["param_groups"][0]) for d in (mine, theirs)]
    if keys[0] != keys[1]:
        return f"state {keys[0]} instead of {keys[1]}"
    return None if groups[0] == groups[1] else f"group {groups[0]} instead of {groups[1]}"
