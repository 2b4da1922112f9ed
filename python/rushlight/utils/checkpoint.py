"""Trading time for memory: the tensors that a part of the model would save are computed again in the backward pass.

Source: Chen et al. 2016, Training deep nets with sublinear memory cost, https://arxiv.org/abs/1604.06174.
"""

import functools
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import rushlight as rl
from rushlight import _C
from rushlight.autograd.function import Function
from rushlight.autograd.graph import saved_tensors_hooks
from rushlight.autograd.passes import is_checkpoint_valid
from rushlight.utils._pytree import tree_flatten

__all__ = ["CheckpointError", "CheckpointFunction", "checkpoint", "checkpoint_sequential", "set_checkpoint_early_stop"]


class CheckpointError(RuntimeError):
    """The second run of a checkpointed function did not save what the first one did."""


class _Settings(threading.local):
    early_stop: bool | None = None


_settings = _Settings()


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """In this block, say whether recomputation stops as soon as it has all tensors the backward pass needs."""
    previous, _settings.early_stop = _settings.early_stop, enable
    try:
        yield
    finally:
        _settings.early_stop = previous


def get_device_states(*args: Any) -> tuple[list[int], list[Any]]:
    """Return the accelerators that hold ``args`` and the states of their random numbers: none."""
    return [], []


def set_device_states(devices: Sequence[int], states: Sequence[Any], *, device_type: str | None = None) -> None:
    """Set the states of the random numbers of accelerators, of which there are none."""
    if len(devices):
        raise RuntimeError(f"set_device_states: there are no accelerators, and {list(devices)} were given")


def noop_context_fn() -> tuple[Any, Any]:
    """Return two contexts that do nothing."""
    return nullcontext(), nullcontext()


def checkpoint(
    function: Callable | None = None,
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    context_fn: Callable[[], tuple[Any, Any]] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """Return ``function(*args, **kwargs)`` without keeping the tensors that its backward pass needs.

    The backward pass runs ``function`` again, with the same random numbers unless ``preserve_rng_state`` is off and the
    same autocast. With ``use_reentrant=False`` (recommended) saved tensors are replaced one by one, so everything of
    autograd works, and ``context_fn`` gives contexts for the first and the second run; with ``True`` the whole part is
    one node that only ``backward()`` can pass, and one argument must require a gradient.
    Raises ``CheckpointError`` where the second run saves other shapes or dtypes, unless ``determinism_check="none"``.

    >>> x = rl.ones(2, requires_grad=True)
    >>> checkpoint(rl.sin, x, use_reentrant=False).sum().backward()
    >>> x.grad
    tensor([0.5403, 0.5403])
    """
    options = dict(context_fn=context_fn, determinism_check=determinism_check, debug=debug, early_stop=early_stop)
    if function is None:
        return functools.partial(
            _decorated, use_reentrant=use_reentrant, preserve_rng_state=preserve_rng_state, **options
        )
    if use_reentrant is None:
        _warn_of_default("checkpoint")
        use_reentrant = True
    if not use_reentrant:
        return _non_reentrant(function, args, kwargs, preserve_rng_state, **options)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if context_fn is not noop_context_fn or debug is not False:
        raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    return CheckpointFunction.apply(function, preserve_rng_state, *args)


def _decorated(function: Callable, **options: Any) -> Callable:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return checkpoint(functools.partial(function, **kwargs), *args, **options)

    return wrapper


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """Run ``functions``, a ``Sequential`` or a list, in ``segments`` parts, all but the last of them checkpointed."""
    if use_reentrant is None:
        _warn_of_default("checkpoint_sequential")
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    functions = list(functions.children()) if isinstance(functions, rl.nn.Sequential) else list(functions)
    size = len(functions) // segments
    start = 0
    for _ in range(segments - 1):
        part = functools.partial(_run_all, functions[start : start + size])
        input = checkpoint(part, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
        start += size
    return _run_all(functions[start:], input)


def _run_all(functions: Sequence[Callable], x: Any) -> Any:
    for f in functions:
        x = f(x)
    return x


def _warn_of_default(name: str) -> None:
    warnings.warn(
        f"utils.checkpoint.{name}: the use_reentrant parameter should be passed explicitly. use_reentrant=False is "
        "recommended, but if you need to preserve the current default behavior, you can pass use_reentrant=True.",
        stacklevel=3,
    )


class _Surroundings:
    """Random state and autocast of the first run, for the second."""

    def __init__(self, preserve_rng_state: bool) -> None:
        self.rng_state = rl.get_rng_state() if preserve_rng_state else None
        self.autocast = _C._get_autocast()

    @contextmanager
    def restored(self) -> Iterator[None]:
        with rl.random.fork_rng(devices=[], enabled=self.rng_state is not None):
            if self.rng_state is not None:
                rl.set_rng_state(self.rng_state)
            previous = _C._set_autocast(self.autocast)
            try:
                with rl.enable_grad():
                    yield
            finally:
                _C._set_autocast(previous)


class _KeepInputs(Function):
    """Saves tensors as a node does, under whatever hooks are active, so that an outer checkpoint can drop them too."""

    @staticmethod
    def forward(ctx: Any, dummy: "rl.Tensor", *tensors: "rl.Tensor") -> "rl.Tensor":
        ctx.save_for_backward(*tensors)
        return dummy.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise AssertionError("the node that keeps the inputs of a checkpoint is no part of a graph")


class _Holder:
    """Stands in for the saved tensor number ``index``."""

    def __init__(self, index: int) -> None:
        self.index = index


class _Complete(Exception):
    """Recomputation has all tensors."""


class _Frame:
    """One checkpointed call: how to run it again, what it saved, and what was recomputed of that."""

    def __init__(self, function: Callable, args: tuple, kwargs: dict, surroundings: _Surroundings) -> None:
        self.function, self.surroundings = function, surroundings
        leaves, self.spec = tree_flatten((args, kwargs))
        self.is_tensor = [isinstance(x, rl.Tensor) for x in leaves]
        self.others = [None if t else x for x, t in zip(leaves, self.is_tensor, strict=True)]
        with rl.enable_grad():
            tensors = [x for x in leaves if isinstance(x, rl.Tensor)]
            self.kept = _KeepInputs.apply(rl.empty(0, requires_grad=True), *tensors)
        self.recompute_context: Any = nullcontext()
        self.saved: list[tuple] = []
        self.recomputed: dict[int, rl.Tensor] = {}
        self.check, self.early_stop = True, True

    def arguments(self) -> tuple[tuple, dict]:
        tensors = iter(self.kept.grad_fn.saved_tensors)
        return self.spec.unflatten(next(tensors) if t else x for x, t in zip(self.others, self.is_tensor, strict=True))

    def pack(self, x: "rl.Tensor") -> _Holder:
        self.saved.append(_description(x))
        return _Holder(len(self.saved) - 1)

    def unpack(self, holder: _Holder) -> "rl.Tensor":
        if holder.index not in self.recomputed:
            self._recompute()
        return self.recomputed.pop(holder.index)

    def _recompute(self) -> None:
        args, kwargs = self.arguments()
        found: list[rl.Tensor] = []

        def pack(x: "rl.Tensor") -> "rl.Tensor":
            found.append(x.detach())
            if self.early_stop and len(found) == len(self.saved):
                raise _Complete
            return found[-1]

        try:
            with self.surroundings.restored(), saved_tensors_hooks(pack, lambda x: x), self.recompute_context:
                self.function(*args, **kwargs)
        except _Complete:
            pass
        self._check_same(found)
        self.recomputed = dict(enumerate(found))

    def _check_same(self, found: list) -> None:
        if len(found) != len(self.saved):
            raise CheckpointError(
                "utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {len(self.saved)}\nNumber of tensors saved "
                f"during recomputation: {len(found)}."
            )
        pairs = enumerate(zip(self.saved, map(_description, found), strict=True))
        wrong = [
            f"tensor at position {i}:\nsaved metadata: {a}\nrecomputed metadata: {b}" for i, (a, b) in pairs if a != b
        ]
        if wrong and self.check:
            raise CheckpointError(
                "utils.checkpoint: Recomputed values for the following tensors have different metadata than during the "
                "forward pass.\n" + "\n".join(wrong)
            )


def _description(x: "rl.Tensor") -> tuple:
    return tuple(x.shape), x.dtype, x.device


def _non_reentrant(
    function: Callable,
    args: tuple,
    kwargs: dict,
    preserve_rng_state: bool,
    context_fn: Callable,
    determinism_check: str,
    debug: bool,
    early_stop: bool,
) -> Any:
    if determinism_check not in ("default", "none"):
        raise ValueError(f"determinism_check should be one of ['default', 'none'], but got {determinism_check}")
    forward_context, recompute_context = context_fn()
    if not rl.is_grad_enabled():
        with forward_context:
            return function(*args, **kwargs)
    frame = _Frame(function, args, kwargs, _Surroundings(preserve_rng_state))
    frame.recompute_context, frame.check = recompute_context, determinism_check == "default"
    frame.early_stop = early_stop if _settings.early_stop is None else _settings.early_stop
    with saved_tensors_hooks(frame.pack, frame.unpack), forward_context:
        return function(*args, **kwargs)


class CheckpointFunction(Function):
    """The reentrant form: one node, whose backward runs the function with recording on and calls ``backward`` inside."""

    @staticmethod
    def forward(ctx: Any, run_function: Callable, preserve_rng_state: bool, *args: Any) -> Any:
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.surroundings = _Surroundings(preserve_rng_state)
        ctx.is_tensor = [isinstance(a, rl.Tensor) for a in args]
        ctx.others = [None if t else a for a, t in zip(args, ctx.is_tensor, strict=True)]
        ctx.save_for_backward(*(a for a, t in zip(args, ctx.is_tensor, strict=True) if t))
        return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple:
        if not is_checkpoint_valid():
            raise RuntimeError(
                "When use_reentrant=True, utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter "
                "to .backward(). To resolve this error, you can either set use_reentrant=False, or call .backward() "
                "without passing the `inputs` argument."
            )
        tensors = iter(ctx.saved_tensors)
        inputs = detach_variable(
            tuple(next(tensors) if t else a for a, t in zip(ctx.others, ctx.is_tensor, strict=True))
        )
        with ctx.surroundings.restored():
            outputs = ctx.run_function(*inputs)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [(y, g) for y, g in zip(outputs, grads, strict=True) if isinstance(y, rl.Tensor) and y.requires_grad]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        rl.autograd.backward(*zip(*pairs, strict=True))
        return None, None, *(x.grad if isinstance(x, rl.Tensor) else None for x in inputs)


def detach_variable(inputs: tuple) -> tuple:
    """Return the tensors among ``inputs`` cut off from their graphs, requiring gradients as before."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(x.detach().requires_grad_(x.requires_grad) if isinstance(x, rl.Tensor) else x for x in inputs)


def check_backward_validity(inputs: Sequence[Any]) -> None:
    """Warn where no tensor among ``inputs`` requires a gradient."""
    if not any(x.requires_grad for x in inputs if isinstance(x, rl.Tensor)):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=4)
