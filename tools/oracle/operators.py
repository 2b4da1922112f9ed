"""Every sample of an operator, called in every way PyTorch offers it, on both packages."""

import re
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch

import rushlight as rl
from tools.oracle.compare import WIDE, difference, tolerance
from tools.oracle.samples import (
    UNSUPPORTED,
    Both,
    Outcome,
    attempt,
    check_supported,
    evenly,
    first_line,
    fresh,
    leaves,
    raised,
    widened,
)  # fmt: skip
from tools.oracle.translate import Missing, Unsupported, function_of, ours, paths, translate

DTYPES = (
    torch.float32, torch.float64, torch.complex64, torch.complex128, torch.bfloat16, torch.float16,
    torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool, torch.uint16, torch.uint32, torch.uint64,
)  # fmt: skip

GRADIENTS = (torch.float32, torch.float64, torch.complex64, torch.complex128, torch.bfloat16, torch.float16)


# PyTorch has no derivative here, or not in this dtype: nothing to compare with.
UNDEFINED = re.compile(r"dtype|derivative for .* is not implemented")


@dataclass
class Limits:
    """How many samples, and for how long."""

    samples: int = 40
    seconds: float = 8.0


def forward(op, function, sample, dtype):
    """The function itself."""
    return Both(op, function, sample).check(function, op.op, dtype)


def variant(theirs: Callable) -> Callable:
    """Return our form of a method or of a function that stands for one."""
    path = paths().get(id(theirs))
    return ours(path) if path else translate(theirs)


def method(op, function, sample, dtype):
    """The method of Tensor."""
    here = variant(op.method_variant)
    return Both(op, function, sample).check(here, op.method_variant, dtype)


def in_place(op, function, sample, dtype):
    """The method that writes into its operand, which it must return."""
    here = variant(op.inplace_variant)
    both = Both(op, function, sample)
    problem = both.check(here, op.inplace_variant, dtype)
    if problem:
        return problem
    return difference(
        both.here[0],
        both.theirs[0].detach(),
        tolerance(op, dtype),
        None if dtype not in WIDE else lambda: in_place_truth(op, sample),
    )


def in_place_truth(op, sample):
    x, args, kwargs = widened(fresh((sample.input, sample.args, sample.kwargs)))
    torch.manual_seed(0)
    return op.inplace_variant(x, *args, **kwargs)


def out(op, function, sample, dtype):
    """The function with ``out=``, into a tensor of the right size and into an empty one."""
    plain = sample.transform(lambda v: v.detach() if isinstance(v, torch.Tensor) else v)
    expected, error = attempt(lambda: op.op(plain.input, *plain.args, **plain.kwargs))
    if error or not is_tensors(expected):
        return None
    for blank in (torch.empty_like, lambda t: t.new_empty(0)):
        both = Both(op, function, plain)
        into = blank(expected) if isinstance(expected, torch.Tensor) else tuple(blank(t) for t in expected)
        both.theirs[2]["out"] = into
        both.here[2]["out"] = translate(into)
        problem = both.check(function, op.op, dtype)
        if problem:
            return problem
    return None


def meta(op, function, sample, dtype):
    """The function on tensors without data: shapes and types, wherever PyTorch knows them."""
    bare = sample.transform(lambda v: v.detach().to("meta") if isinstance(v, torch.Tensor) else v)
    (here, wrong), (theirs, error) = Both(op, function, bare).run(function, op.op)
    if error:
        return None
    return raised(wrong, None) if wrong else difference(here, theirs, (0.0, 0.0))


def autocast(op, function, sample, dtype):
    """The dtypes of the results in an autocast region."""

    def inside(engine, call):
        def called(*args, **kwargs):
            with engine.autocast("cpu", dtype=engine.bfloat16):
                return call(*args, **kwargs)

        return called

    (here, wrong), (theirs, error) = Both(op, function, sample).run(inside(rl, function), inside(torch, op.op))
    check_supported(theirs)
    if wrong or error:
        return None if wrong and error else raised(wrong, error)
    found, expected = dtypes(here), dtypes(theirs)
    return None if found == expected else f"gives {', '.join(found)}, not {', '.join(expected)}"


def dtypes(value) -> list[str]:
    """Return the names of the dtypes of all tensors of a result, in order."""
    if isinstance(value, (torch.Tensor, rl.Tensor)):
        return [str(value.dtype).removeprefix("torch.").removeprefix("rushlight.")]
    return [name for part in value for name in dtypes(part)] if isinstance(value, (list, tuple)) else []


def is_tensors(value) -> bool:
    parts = value if isinstance(value, (list, tuple)) else [value]
    return all(isinstance(p, torch.Tensor) for p in parts)


def differentiable(outputs, kind: type) -> list:
    """Return the results that can be differentiated, in order."""
    if isinstance(outputs, kind):
        return [outputs] if outputs.requires_grad else []
    return [x for v in outputs for x in differentiable(v, kind)] if isinstance(outputs, (list, tuple)) else []


def weights(outputs: list[torch.Tensor]) -> list[torch.Tensor]:
    """Return random gradients for results."""
    source = torch.Generator().manual_seed(1)
    made = [torch.randn(o.shape, dtype=torch.float64, generator=source).to(o.dtype) for o in outputs]
    return [w if not w.is_complex() else w * (1 + 0.5j) for w in made]


def gradients(call: Callable, engine, kind: type, inputs, seeds, twice: bool):
    """Return the gradients of the inputs for given gradients of the results, once or twice."""
    outputs = differentiable(call(), kind)
    x = leaves(inputs, kind)
    if len(seeds) != len(outputs):
        raise AssertionError(f"{len(outputs)} results require gradients instead of {len(seeds)}")
    grads = engine.autograd.grad(outputs, x, seeds, allow_unused=True, create_graph=twice)
    if not twice:
        return list(grads)
    first = [g for g in grads if g is not None and g.requires_grad]
    again = [g.detach().cos() for g in first]
    return list(engine.autograd.grad(first, x, again, allow_unused=True)) if first else [None] * len(x)


def gradient(op, function, sample, dtype, twice=False):
    """The gradients of all inputs for random gradients of the results."""
    both = Both(op, function, sample)
    process_theirs, process_here = sample.output_process_fn_grad, translate(sample.output_process_fn_grad)

    def theirs_at(parts):
        x, args, kwargs = parts
        return lambda: process_theirs(op.op(x, *args, **kwargs))

    def here_call():
        x, args, kwargs = both.here
        return process_here(function(x, *args, **kwargs))

    first, error = attempt(theirs_at(both.theirs))
    if error:
        return None
    seeds = weights(differentiable(first, torch.Tensor))
    if not seeds or not leaves(both.theirs, torch.Tensor):
        return None
    theirs, error = attempt(lambda: gradients(theirs_at(both.theirs), torch, torch.Tensor, both.theirs, seeds, twice))
    if error and UNDEFINED.search(str(error)):
        return None
    here, wrong = attempt(lambda: gradients(here_call, rl, rl.Tensor, both.here, translate(seeds), twice))
    if wrong or error:
        return raised(wrong, error)

    def truth():
        wide = widened(both.theirs)
        return gradients(theirs_at(wide), torch, torch.Tensor, wide, widened(seeds), twice)

    limits = map(max, tolerance(op, dtype), (1e-5, 1e-6) if twice else (1e-6, 1e-7))
    here, theirs = zeros_for_none(here, theirs)
    return difference(here, theirs, tuple(limits), truth if dtype in WIDE else None)


def zeros_for_none(here: list, theirs: list) -> tuple[list, list]:
    """An absent gradient says the same as zeros; return both lists with zeros where only the other has a gradient."""
    ours, others = list(here), list(theirs)
    for i, (a, b) in enumerate(zip(here, theirs, strict=False)):
        if b is None and a is not None:
            others[i] = torch.zeros(tuple(a.shape), dtype=getattr(torch, str(a.dtype).removeprefix("torch.")))
        if a is None and b is not None:
            ours[i] = translate(torch.zeros_like(b))
    return ours, others


def second_gradient(op, function, sample, dtype):
    """The gradients of the gradients."""
    return gradient(op, function, sample, dtype, twice=True)


def kinds(op, dtype: torch.dtype) -> list[tuple[str, Callable, int]]:
    """Return the ways to call an operator in a dtype: name, comparison, one in how many samples."""
    rare = dtype not in (torch.float32, torch.float64)
    found = [("forward", forward, 1)]
    if op.method_variant is not None and dtype == torch.float32:
        found.append(("method", method, 8))
    if dtype == torch.float32:
        found.append(("meta", meta, 6))
    if dtype in (torch.float32, torch.bfloat16):
        found.append(("autocast", autocast, 8))
    if op.inplace_variant is not None and callable(op.inplace_variant):
        found.append(("in-place", in_place, 6 if rare else 2))
    if op.supports_out:
        found.append(("out", out, 8 if rare else 4))
    if dtype in GRADIENTS and op.supports_autograd and dtype in op.supported_backward_dtypes("cpu"):
        found.append(("gradient", gradient, 3 if rare else 1))
        if dtype in (torch.float64, torch.complex128) and op.supports_gradgrad:
            found.append(("second gradient", second_gradient, 2))
    return found


def samples_of(op, dtype: torch.dtype, limits: Limits) -> list:
    """Return samples of an operator, those wanting gradients where it has them."""
    differentiable = op.supports_autograd and dtype in op.supported_backward_dtypes("cpu")
    torch.manual_seed(0)
    share = limits.samples if dtype in (torch.float32, torch.float64) else max(1, limits.samples // 3)
    return evenly(op.sample_inputs("cpu", dtype, requires_grad=differentiable), share)


def error_samples(op, function, outcome: Outcome) -> None:
    """Arguments that PyTorch refuses must be refused with the same type of error."""
    if op.error_inputs_func is None:
        return
    for item in evenly(op.error_inputs("cpu"), 40):
        outcome.note(
            "error",
            "-",
            item.sample_input.summary()[12:200],
            guarded_check(refusal, op, function, item.sample_input, None),
        )


def refusal(op, function, sample, dtype) -> str | None:
    """What PyTorch refuses."""
    (_, wrong), (_, error) = Both(op, function, sample).run(function, op.op)
    return raised(wrong, error) if error is not None else None


def compare_operator(name: str, op, limits: Limits) -> Outcome:
    """Compare one entry of the operator database."""
    outcome = Outcome(name)
    try:
        function = function_of(op)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compare_samples(op, function, limits, outcome)
            guarded(lambda: error_samples(op, function, outcome), outcome, "error")
    except Missing as missing:
        outcome.missing = str(missing)
    return outcome


def compare_samples(op, function, limits: Limits, outcome: Outcome) -> None:
    """Run the samples of all dtypes, the most common dtypes first, within the time."""
    start = time.monotonic()
    supported = op.supported_dtypes("cpu")
    for dtype in (d for d in DTYPES if d in supported):
        name = str(dtype).removeprefix("torch.")
        for kind, check, every in kinds(op, dtype):
            for i, sample in enumerate(samples_of(op, dtype, limits)):
                late = time.monotonic() - start > limits.seconds and i >= 2
                if i % every == 0 and not late:
                    problem = guarded_check(check, op, function, sample, dtype)
                    outcome.note(kind, name, sample.summary()[12:200], problem)


def guarded_check(check: Callable, op, function, sample, dtype) -> str | None:
    """Return the difference; a failure of the comparison itself counts as one."""
    try:
        return check(op, function, sample, dtype)
    except Missing as missing:
        if check is forward:
            raise
        return f"missing: {missing}"
    except Unsupported:
        return UNSUPPORTED
    except Exception as error:
        return f"{type(error).__name__} while comparing: {first_line(error)}"


def guarded(call: Callable, outcome: Outcome, kind: str) -> None:
    try:
        call()
    except Exception as error:
        outcome.note(kind, "-", "", f"{type(error).__name__} while comparing: {first_line(error)}")
