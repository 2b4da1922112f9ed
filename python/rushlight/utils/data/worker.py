"""What a worker does: seed itself, then turn index lists into batches until told to stop."""

import random
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

import rushlight as rl

from .exception import ExceptionWrapper
from .fetch import DatasetKind

__all__ = ["WorkerInfo", "get_worker_info"]


@dataclass(frozen=True, slots=True)
class WorkerRandom:
    """Random generators of one worker thread, seeded as a worker process seeds its global ones."""

    random_generator: random.Random
    torch_generator: Any
    numpy_generator: np.random.RandomState


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """The worker that runs this code: its number, how many there are, its seed and dataset.

    `rng` holds private generators in a worker thread, where the global ones are shared.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: WorkerRandom | None = None
    worker_method: str = "multiprocessing"


@dataclass(frozen=True)
class WorkerTask:
    """All that a worker needs to know, sent to it once."""

    worker_id: int
    num_workers: int
    base_seed: int
    dataset: Any
    dataset_kind: int
    auto_collation: bool
    collate_fn: Any
    drop_last: bool
    init_fn: Any

    @property
    def seed(self):
        return self.base_seed + self.worker_id

    def create_fetcher(self):
        return DatasetKind.create_fetcher(
            self.dataset_kind, self.dataset, self.auto_collation, self.collate_fn, self.drop_last
        )


@dataclass(frozen=True)
class StreamEnd:
    """Answer of a worker whose iterable dataset is exhausted."""

    worker_id: int


@dataclass(frozen=True)
class StartEpoch:
    """Request to a persistent worker to begin its dataset anew."""


_process_info = None
_thread = threading.local()


def get_worker_info():
    """The `WorkerInfo` of the loader worker running this code, or `None` in the main program."""
    return getattr(_thread, "info", None) or _process_info


def enter_process(task):
    """Seed the global generators of a worker process and publish its `WorkerInfo`."""
    global _process_info
    rl.set_num_threads(1)
    random.seed(task.seed)
    rl.manual_seed(task.seed)
    np.random.seed(numpy_seed(task.base_seed, task.worker_id))
    _process_info = WorkerInfo(task.worker_id, task.num_workers, task.seed, task.dataset)


def enter_thread(task):
    """Publish the `WorkerInfo` of a worker thread, with generators of its own."""
    generators = WorkerRandom(
        random.Random(task.seed),
        rl.Generator().manual_seed(task.seed),
        np.random.RandomState(numpy_seed(task.base_seed, task.worker_id)),
    )
    _thread.info = WorkerInfo(task.worker_id, task.num_workers, task.seed, task.dataset, generators, "thread")


def serve(task, where, receive, send):
    """Answer requests until `receive` returns `None`.

    A request is `(index, keys)`, answered by `(index, batch)`; a failure is answered by an
    `ExceptionWrapper`, the end of a stream by `StreamEnd`. `StartEpoch` is answered by itself.
    """
    _, broken = _attempt(lambda: task.init_fn and task.init_fn(task.worker_id), where)

    def start():
        return (None, broken) if broken else _attempt(task.create_fetcher, where)

    fetcher, failure = start()
    ended = False
    while (request := receive()) is not None:
        if isinstance(request, StartEpoch):
            fetcher, failure = start()
            ended = False
            send((request, None))
        elif not ended:
            index, keys = request
            answer = failure or _fetch(task, where, fetcher, keys)
            ended = isinstance(answer, StreamEnd)
            send((index, answer))
            del answer


def _attempt(action, where):
    try:
        return action(), None
    except Exception:
        return None, ExceptionWrapper(where=where)


def _fetch(task, where, fetcher, keys):
    try:
        return fetcher.fetch(keys)
    except StopIteration:
        if task.dataset_kind == DatasetKind.Iterable:
            return StreamEnd(task.worker_id)
        return ExceptionWrapper(where=where)
    except Exception:
        return ExceptionWrapper(where=where)


def numpy_seed(base_seed, worker_id):
    """Four 32-bit words for `numpy.random.seed`, mixed from the seed and the worker's number.

    The mixing is NumPy's `SeedSequence` over `[worker_id, low, high, 0]`
    (M. E. O'Neill, "Developing a seed_seq Alternative", 2015), so that NumPy's Mersenne
    twister does not run in step with Python's, which is seeded by the plain sum.
    """
    mask = 0xFFFFFFFF
    constant = 0x43B0D7E5

    def scramble(value):
        nonlocal constant
        value ^= constant
        constant = constant * 0x931E8875 & mask
        value = value * constant & mask
        return value ^ value >> 16

    def mix(x, y):
        value = (0xCA01F9DD * x - 0x4973F715 * y) & mask
        return value ^ value >> 16

    pool = [scramble(word) for word in (worker_id, base_seed & mask, base_seed >> 32, 0)]
    for source in range(4):
        for target in range(4):
            if source != target:
                pool[target] = mix(pool[target], scramble(pool[source]))
    return _finish(pool, mask)


def _finish(pool, mask):
    constant, words = 0x8B51F9DD, []
    for value in pool:
        value ^= constant
        constant = constant * 0x58F38DED & mask
        value = value * constant & mask
        words.append(value ^ value >> 16)
    return words
