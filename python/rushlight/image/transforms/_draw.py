"""Random numbers of transforms: from the default generator of the framework that is set, or from that of the sample or the worker at hand."""

import contextlib
import os
import random
import sys
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import rushlight as rl
from rushlight.image.transforms.framework import as_framework, get_framework
from rushlight.utils.data import get_worker_info


class _Thread(threading.local):
    generator: rl.Generator | None = None
    python: random.Random | None = None
    worker: tuple[int, int] | None = None
    of_worker: rl.Generator | None = None


_thread = _Thread()


@contextlib.contextmanager
def drawing_from(seed: int) -> Iterator[None]:
    """Let the transforms of this thread draw what they would after ``manual_seed(seed)`` and ``random.seed(seed)``, and no generator know of it.

    >>> with drawing_from(3):
    ...     first = rand(1)
    >>> bool(first == rl.rand(1, generator=rl.Generator().manual_seed(3)))
    True
    """
    before = _thread.generator, _thread.python
    _thread.generator, _thread.python = rl.Generator().manual_seed(seed), random.Random(seed)
    try:
        yield
    finally:
        _thread.generator, _thread.python = before


def own_generator() -> rl.Generator | None:
    """Return the generator this thread draws from; None for the default one.

    A worker process of PyTorch's ``DataLoader`` has a generator of the worker's seed: the default one is a copy of the
    parent's, so that all workers in all epochs would draw the same.
    """
    return _thread.generator or worker_generator()


def worker_generator() -> rl.Generator | None:
    data = sys.modules.get("torch.utils.data")
    info = data and data.get_worker_info()
    if info is None or data.get_worker_info is get_worker_info:
        return None
    if _thread.worker != (os.getpid(), info.seed):
        _thread.worker = os.getpid(), info.seed
        _thread.of_worker = rl.Generator().manual_seed(info.seed)
    return _thread.of_worker


def python_generator() -> random.Random:
    """Return Python's generator, or the one of the sample at hand."""
    return _thread.python or random


def source() -> tuple[ModuleType, Any]:
    """Return the package that draws, and the generator it draws from; None for its default one.

    After ``set_framework("torch")`` that is PyTorch: what ``torch.manual_seed`` seeds.
    """
    if _thread.generator is None and get_framework() == "torch":
        import torch

        return torch, None
    return rl, own_generator()


def ours(tensor: Any) -> rl.Tensor:
    return as_framework(tensor, "rushlight")


def rand(*shape: int) -> rl.Tensor:
    package, generator = source()
    return ours(package.rand(shape, generator=generator))


def randn(*shape: int) -> rl.Tensor:
    package, generator = source()
    return ours(package.randn(shape, generator=generator))


def normal(*shape: int) -> rl.Tensor:
    package, generator = source()
    return ours(package.empty(shape).normal_(generator=generator))


def uniform(low: float, high: float) -> float:
    """Draw a number from ``[low, high)``, in single precision."""
    package, generator = source()
    return package.empty(1).uniform_(low, high, generator=generator).item()


def randint(low: int, high: int, shape: tuple[int, ...] = ()) -> rl.Tensor:
    package, generator = source()
    return ours(package.randint(low, high, shape, generator=generator))


def below(low: int, high: int) -> int:
    """Draw an integer from ``[low, high)``."""
    return int(randint(low, high, (1,)).item())


def randperm(count: int) -> rl.Tensor:
    package, generator = source()
    return ours(package.randperm(count, generator=generator))


def weighted(weights: list[float]) -> int:
    """Draw an index with probabilities in proportion to ``weights``."""
    package, generator = source()
    return int(package.multinomial(package.tensor(weights), 1, generator=generator))


def dirichlet(concentration: rl.Tensor) -> rl.Tensor:
    package, generator = source()
    return ours(package._sample_dirichlet(as_framework(concentration, package.__name__), generator=generator))


def ratio_between(logarithms: list[float]) -> float:
    """Draw a ratio whose logarithm is uniform, in single precision."""
    package, generator = source()
    return package.empty(1).uniform_(*logarithms, generator=generator).exp().item()
