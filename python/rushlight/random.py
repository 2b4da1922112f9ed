"""Seeds and states of the default generator."""

from collections.abc import Iterator
from contextlib import contextmanager

from rushlight import _C

__all__ = [
    "set_rng_state",
    "get_rng_state",
    "manual_seed",
    "seed",
    "initial_seed",
    "fork_rng",
    "thread_safe_generator",
]

default_generator = _C.default_generator


def manual_seed(seed) -> _C.Generator:
    """Seed the default generator and return it; the seed lies in [-2^63, 2^64).

    >>> import rushlight as rl
    >>> _ = rl.manual_seed(0)
    >>> rl.rand(2)
    tensor([0.4963, 0.7682])
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator from the system and return the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """Return the seed the default generator started from."""
    return default_generator.initial_seed()


def get_rng_state() -> _C.Tensor:
    """Return the state of the default generator as a uint8 tensor."""
    return default_generator.get_state()


def set_rng_state(new_state: _C.Tensor) -> None:
    """Restore a state of the default generator."""
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(devices=None, enabled=True, _caller="fork_rng", _devices_kw="devices", device_type=None) -> Iterator[None]:
    """Restore the default generator's state on leaving; only the CPU has one, so ``devices`` must be empty.

    >>> import rushlight as rl
    >>> with rl.random.fork_rng():
    ...     _ = rl.rand(2)
    """
    if not enabled or device_type == "meta":
        yield
        return
    if devices is not None and list(devices):
        raise RuntimeError(f"{_caller}: {_devices_kw} must be empty: the CPU is the only device with a generator")
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)


def thread_safe_generator() -> "_C.Generator | None":
    """Return None, which stands for the default generator: it may be drawn from on any thread."""
    return None
