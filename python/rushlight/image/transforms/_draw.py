"""Random numbers of transforms: from the default generator, or from one that a thread was given for its sample."""

import contextlib
import threading
from collections.abc import Iterator

import rushlight as rl


class _Thread(threading.local):
    generator: rl.Generator | None = None


_thread = _Thread()


@contextlib.contextmanager
def drawing_from(seed: int) -> Iterator[None]:
    """Let the transforms of this thread draw what they would after ``manual_seed(seed)``, and no generator know of it.

    >>> with drawing_from(3):
    ...     first = rand(1)
    >>> bool(first == rl.rand(1, generator=rl.Generator().manual_seed(3)))
    True
    """
    before, _thread.generator = _thread.generator, rl.Generator().manual_seed(seed)
    try:
        yield
    finally:
        _thread.generator = before


def own_generator() -> rl.Generator | None:
    """Return the generator this thread draws from; None for the default one."""
    return _thread.generator


def rand(*shape: int) -> rl.Tensor:
    return rl.rand(shape, generator=_thread.generator)


def randn(*shape: int) -> rl.Tensor:
    return rl.randn(shape, generator=_thread.generator)


def normal(*shape: int) -> rl.Tensor:
    return rl.empty(shape).normal_(generator=_thread.generator)


def uniform(low: float, high: float) -> float:
    """Draw a number from ``[low, high)``, in single precision."""
    return rl.empty(1).uniform_(low, high, generator=_thread.generator).item()


def randint(low: int, high: int, shape: tuple[int, ...] = ()) -> rl.Tensor:
    return rl.randint(low, high, shape, generator=_thread.generator)


def below(low: int, high: int) -> int:
    """Draw an integer from ``[low, high)``."""
    return int(randint(low, high, (1,)).item())


def randperm(count: int) -> rl.Tensor:
    return rl.randperm(count, generator=_thread.generator)


def weighted(weights: list[float]) -> int:
    """Draw an index with probabilities in proportion to ``weights``."""
    return int(rl.multinomial(rl.tensor(weights), 1, generator=_thread.generator))


def dirichlet(concentration: rl.Tensor) -> rl.Tensor:
    return rl._sample_dirichlet(concentration, generator=_thread.generator)


def ratio_between(logarithms: list[float]) -> float:
    """Draw a ratio whose logarithm is uniform, in single precision."""
    return rl.empty(1).uniform_(*logarithms, generator=_thread.generator).exp().item()
