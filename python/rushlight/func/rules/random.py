"""Random operations under the ``randomness`` of ``vmap``: an error, one draw per sample, or one draw for all."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import rushlight as rl
from rushlight import _C
from rushlight.func.batched import Call, front, wrap


class _Running(threading.local):
    """Level, batch size and randomness of the calls of ``vmap`` that this thread is in, outermost first."""

    def __init__(self) -> None:
        self.levels: list[tuple[int, int, str]] = []


_running = _Running()


def levels() -> list[tuple[int, int, str]]:
    """Return level, batch size and randomness of the running calls of ``vmap``, outermost first."""
    return _running.levels


def _error(name: str) -> RuntimeError:
    return RuntimeError(
        f"vmap: called random operation {name} while in randomness error mode. Please either use the 'same' or "
        "'different' randomness flags on vmap or perform the randomness operation out of vmap"
    )


def randomness(level: int) -> str:
    """Return what the ``vmap`` of number ``level`` says of random operations."""
    return next(kind for number, _, kind in levels() if number == level)


def random(call: Call) -> Any:
    """A random operation on a batched tensor."""
    kind = randomness(call.level)
    if kind == "error":
        raise _error(call.name)
    if not call.is_batched(call.args[0]) or not call.only_first():
        return NotImplemented
    value = front(call.args[0])
    if kind == "different":
        out = call.func(value, *call.args[1:], **call.kwargs)
        return call.args[0] if call.in_place else call.wrap(out)
    return _same(call, value)


def _same(call: Call, value: "rl.Tensor") -> Any:
    if call.name in _FROM_VALUES:
        raise RuntimeError(
            f"vmap: {call.name} with randomness='same' needs an input that is the same for all samples, but it is "
            "batched. Use randomness='different'."
        )
    if call.name in _DROPOUTS:
        probability, training = (*call.args[1:], *call.kwargs.values(), 0.5, True)[:2]
        mask = rl.nn.functional.dropout(rl.ones_like(value[0]), probability, training)
        return call.wrap(value * mask)
    one = call.func(rl.empty_like(value[0]), *call.args[1:], **call.kwargs)
    if not call.in_place:
        return one
    value.copy_(one)
    return call.args[0]


def dropout(call: Call) -> Any:
    """Dropout, which draws nothing outside of training."""
    training = call.args[2] if len(call.args) > 2 else call.kwargs.get("training", call.kwargs.get("train", True))
    return random(call) if training else call.args[0]


def _draw(func: Any, args: tuple, kwargs: dict) -> Any:
    """Stand in for a random factory such as ``randn``, or for filling a tensor, called inside of ``vmap``."""
    if any(kind == "error" for _, _, kind in levels()):
        raise _error(func.__name__)
    different = [(level, size) for level, size, kind in levels() if kind == "different"]
    if not different:
        return func(*args, **kwargs)
    if func.__name__.endswith("_"):
        raise RuntimeError(
            f"vmap: {func.__name__} on a tensor of shape {tuple(args[0].shape)}, which is the same for all samples, is not "
            "possible while randomness='different'. Make the tensor from a batched one, as with x.new_empty(...)."
        )
    draws = [size for _, size in different]
    count = 1
    for size in draws:
        count *= size
    out = rl.stack([func(*args, **kwargs) for _ in range(count)])
    out = out.reshape(*draws, *out.shape[1:])
    for level, _ in different:  # the outermost dimension belongs to the lowest level, which must be wrapped first
        out = wrap(out, 0, level)
    return out


@contextmanager
def entered(level: int, size: int, kind: str) -> Iterator[None]:
    """Run a ``vmap``: random factories of this thread are drawn as it says."""
    levels().append((level, size, kind))
    previous = _C._set_random_hook(_draw)
    try:
        yield
    finally:
        _C._set_random_hook(previous)
        levels().pop()


_DROPOUTS = ("dropout", "native_dropout", "alpha_dropout", "feature_dropout", "dropout1d", "dropout2d", "dropout3d")
_FROM_VALUES = (
    "bernoulli",
    "multinomial",
    "poisson",
    "normal",
    "binomial",
    "rrelu",
    "alpha_dropout",
    "feature_dropout",
)
RANDOM = dict.fromkeys(
    "bernoulli multinomial poisson normal binomial rrelu rand_like randn_like randint_like normal_ uniform_ random_ "
    "exponential_ bernoulli_ cauchy_ log_normal_ geometric_".split(),
    random,
)
RANDOM |= dict.fromkeys(_DROPOUTS, dropout)
