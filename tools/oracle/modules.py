"""Every module of PyTorch's database: same seed, same arguments; initial parameters, results and gradients compared."""

import functools
import warnings

import torch

import rushlight as rl
from tools.oracle.compare import DEFAULTS, difference
from tools.oracle.operators import differentiable, weights
from tools.oracle.samples import Outcome, attempt, evenly, first_line, fresh, leaves, raised
from tools.oracle.translate import Missing, ours, translate

DTYPES = (torch.float32, torch.float64)


@functools.cache
def database() -> dict:
    """Return PyTorch's modules by name."""
    from torch.testing._internal.common_modules import module_db

    return {info.name: info for info in module_db}


def names() -> list[str]:
    return list(database())


def path_of(cls: type) -> str:
    """Return the public path of a module's class below ``torch``."""
    place = "ao.nn" if "ao." in cls.__module__ else "nn"
    return f"{place}.{cls.__name__}"


def compare(name: str) -> Outcome:
    """Compare one module in float32 and float64, training and evaluating."""
    info, outcome = database()[name], Outcome(name)
    try:
        cls = ours(path_of(info.module_cls))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compare_inputs(info, cls, outcome)
    except Missing as missing:
        outcome.missing = str(missing)
    return outcome


def compare_inputs(info, cls: type, outcome: Outcome) -> None:
    supported = info.supported_dtypes("cpu") if hasattr(info, "supported_dtypes") else DTYPES
    for dtype in (d for d in DTYPES if d in supported):
        for training in (True, False):
            torch.manual_seed(0)
            made = info.module_inputs_func(info, device="cpu", dtype=dtype, requires_grad=True, training=training)
            for case in evenly(made, 24):
                kind = "train" if training else "eval"
                outcome.note(kind, str(dtype)[6:], case_text(case), guarded(info, cls, case, dtype, training))


def case_text(case) -> str:
    return f"{case.desc} {case.constructor_input.args} {case.constructor_input.kwargs}"[:160]


def guarded(info, cls: type, case, dtype: torch.dtype, training: bool) -> str | None:
    """Return how the module differs; a failure of the comparison counts as one."""
    try:
        return one(info, cls, case, dtype, training)
    except Missing as missing:
        return f"missing: {missing}"
    except Exception as error:
        return f"{type(error).__name__} while comparing: {first_line(error)}"


def build(cls: type, arguments: tuple, dtype, training: bool):
    """Return a module in double or single precision, in training or evaluation mode."""
    args, kwargs = arguments
    module = cls(*args, **kwargs).to(dtype)
    return module.train(training)


def one(info, cls: type, case, dtype: torch.dtype, training: bool) -> str | None:
    """Build both, compare the initial state, a call, and the gradients of parameters and inputs."""
    arguments = (case.constructor_input.args, case.constructor_input.kwargs)
    theirs, error = attempt(lambda: build(info.module_cls, arguments, dtype, training))
    here_arguments = translate(arguments)
    here, wrong = attempt(lambda: build(cls, here_arguments, translate(dtype), training))
    if wrong or error:
        return raised(wrong, error)
    problem = state_difference(here, theirs, DEFAULTS[dtype])
    return f"initial {problem}" if problem else called(case, here, theirs, DEFAULTS[dtype])


def state_difference(here, theirs, limits: tuple[float, float]) -> str | None:
    """Compare the names and the values of parameters and buffers."""
    mine, other = here.state_dict(), theirs.state_dict()
    if list(mine) != list(other):
        return f"names {list(mine)} instead of {list(other)}"
    for name, value in other.items():
        uninitialized = isinstance(value, torch.nn.parameter.UninitializedTensorMixin)
        problem = None if uninitialized else difference(mine[name], value, limits)
        if problem:
            return f"{name}: {problem}"
    return None


def called(case, here, theirs, limits: tuple[float, float]) -> str | None:
    """Compare one call with its gradients, then the state after it."""
    inputs = fresh((case.forward_input.args, case.forward_input.kwargs)) if case.forward_input else ((), {})
    mine = translate(inputs)
    result, error = attempt(lambda: theirs(*inputs[0], **inputs[1]))
    answer, wrong = attempt(lambda: here(*mine[0], **mine[1]))
    if wrong or error:
        return raised(wrong, error)
    problem = difference(answer, result, limits) or state_difference(here, theirs, limits)
    if problem:
        return problem
    outputs = differentiable(result, torch.Tensor)
    if not outputs:
        return None
    wanted = leaves(inputs, torch.Tensor) + list(theirs.parameters())
    own = leaves(mine, rl.Tensor) + list(here.parameters())
    seeds = weights(outputs)
    expected = torch.autograd.grad(outputs, wanted, seeds, allow_unused=True)
    found = rl.autograd.grad(differentiable(answer, rl.Tensor), own, translate(seeds), allow_unused=True)
    problem = difference(list(found), list(expected), (limits[0] * 10, limits[1] * 10))
    return f"gradient {problem}" if problem else None
