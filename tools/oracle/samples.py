"""One sample on both packages, and what came of it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

import torch

import rushlight as rl
from tools.oracle import exclusions
from tools.oracle.compare import NARROW, WIDE, difference, tolerance
from tools.oracle.translate import Missing, Unsupported, supported, translate

# The contents of the results are whatever was in memory.
SHAPES_ONLY = {
    "empty",
    "empty_like",
    "new_empty",
    "empty_strided",
    "new_empty_strided",
    "empty_permuted",
    "resize_",
    "resize_as_",
}


# What our package says of a name it does not have.
ABSENT = re.compile(r"Rushlight has no|no operator aten")

# In place of a difference: the sample is not for us.
UNSUPPORTED = "unsupported"


@dataclass
class Outcome:
    """What became of an operator."""

    name: str
    missing: str = ""
    passed: int = 0
    failed: int = 0
    excluded: int = 0
    failures: list[tuple[str, str, str, str]] = field(default_factory=list)

    def note(self, kind: str, dtype: str, sample: str, problem: str | None) -> None:
        """Count one comparison."""
        if problem is None:
            self.passed += 1
        elif problem == UNSUPPORTED or exclusions.reason(self.name, kind, dtype):
            self.excluded += 1
        else:
            self.failed += 1
            self.failures.append((kind, dtype, sample, problem))


def evenly(items: Iterable, count: int) -> list:
    """Return at most ``count`` of the items, spread evenly."""
    items = list(islice(items, 600))
    step = max(1, -(-len(items) // count))
    return items[::step]


def fresh(value):
    """Return a copy of a sample's part: leaves of their own."""
    if isinstance(value, torch.Tensor):
        copy = value.detach().clone()
        return copy.requires_grad_() if value.requires_grad else copy
    if isinstance(value, (list, tuple)):
        parts = [fresh(v) for v in value]
        return type(value)(parts) if type(value) in (list, tuple) else tuple(parts)
    return {k: fresh(v) for k, v in value.items()} if isinstance(value, dict) else value


def widened(value, types=WIDE):
    """Return a sample's part in double precision."""
    if isinstance(value, torch.Tensor):
        wide = value.detach().to(types.get(value.dtype, value.dtype))
        return wide.requires_grad_() if value.requires_grad else wide
    if isinstance(value, torch.dtype):
        return types.get(value, value)
    if isinstance(value, (list, tuple)):
        parts = [widened(v, types) for v in value]
        return parts if isinstance(value, list) else tuple(parts)
    return {k: widened(v, types) for k, v in value.items()} if isinstance(value, dict) else value


def leaves(value, kind: type) -> list:
    """Return the tensors of a structure that want gradients, in order."""
    if isinstance(value, kind):
        return [value] if value.requires_grad else []
    if isinstance(value, dict):
        value = list(value.values())
    return [x for v in value for x in leaves(v, kind)] if isinstance(value, (list, tuple)) else []


def attempt(call: Callable):
    """Return the result and no error, or no result and the error."""
    torch.manual_seed(0)
    rl.manual_seed(0)
    try:
        return call(), None
    except (Missing, Unsupported):
        raise
    except Exception as error:
        if isinstance(error, AttributeError) and ABSENT.search(str(error)):
            raise Missing(str(error).split(":")[0]) from None
        return None, error


def raised(here: Exception | None, theirs: Exception | None) -> str | None:
    """Return how two outcomes differ where at least one is an error."""
    if theirs is None:
        return f"raises {type(here).__name__}: {first_line(here)}"
    if here is None:
        return f"does not raise {type(theirs).__name__}: {first_line(theirs)}"
    if not isinstance(here, type(theirs)) and type(here).__name__ != type(theirs).__name__:
        return f"raises {type(here).__name__}, not {type(theirs).__name__}: {first_line(here)} / {first_line(theirs)}"
    return None


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0][:160]


@dataclass
class Both:
    """One sample on both packages: the same arguments, the same function."""

    op: object
    function: Callable
    sample: object

    def __post_init__(self):
        parts = fresh((self.sample.input, self.sample.args, self.sample.kwargs))
        self.theirs = parts
        self.here = translate(parts)

    def run(self, function_here: Callable, function_theirs: Callable):
        """Call both; return results and errors as ``(here, error), (theirs, error)``."""
        x, args, kwargs = self.theirs
        theirs = attempt(lambda: function_theirs(x, *args, **kwargs))
        x, args, kwargs = self.here
        return attempt(lambda: function_here(x, *args, **kwargs)), theirs

    def truth(self, function_theirs: Callable) -> object:
        """Return PyTorch's result in double precision."""
        x, args, kwargs = widened(self.theirs, {**WIDE, **NARROW})
        torch.manual_seed(0)
        return function_theirs(x, *args, **kwargs)

    def check(self, function_here: Callable, function_theirs: Callable, dtype: torch.dtype) -> str | None:
        """Call both and return how they differ."""
        (here, wrong), (theirs, error) = self.run(function_here, function_theirs)
        check_supported(theirs)
        if wrong or error:
            return raised(wrong, error)
        if self.op.name in SHAPES_ONLY:
            return None if tuple(here.shape) == tuple(theirs.shape) else f"shape {here.shape} instead of {theirs.shape}"
        truth = (lambda: self.truth(function_theirs)) if dtype in {**WIDE, **NARROW} else None
        return difference(here, theirs, tolerance(self.op, dtype), truth)


def check_supported(value) -> None:
    """Raise Unsupported if a result of PyTorch's holds a tensor of a kind that is left out."""
    if isinstance(value, torch.Tensor):
        supported(value.dtype)
        if value.layout != torch.strided:
            raise Unsupported(str(value.layout))
    elif isinstance(value, (list, tuple)):
        for part in value:
            check_supported(part)
