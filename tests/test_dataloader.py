"""The loader: PyTorch's order and seeds, workers, errors, resuming."""

import multiprocessing
import os
import pickle
import random
import signal
import time
import warnings

import numpy as np
import pytest

import rushlight as rl
from rushlight.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    get_worker_info,
)

try:
    import torch
    import torch.utils.data as torch_data
except ImportError:
    torch = None

needs_torch = pytest.mark.skipif(torch is None, reason="compares with PyTorch")
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")
WORKERS = [(0, "process"), (1, "process"), (3, "process"), (2, "thread")]


class Numbers(Dataset):
    """Sample `i` is `i`."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return index


class Draws(Numbers):
    """Sample `i` is `i` and a draw of each generator."""

    def __init__(self, count, lib):
        super().__init__(count)
        self.lib = lib

    def __getitem__(self, index):
        return index, random.random(), np.random.rand(), self.lib.rand(()).item()


class Stream(IterableDataset):
    """`0 .. count - 1`, shared out among the workers."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        info = get_worker_info()
        first, step = (info.id, info.num_workers) if info else (0, 1)
        return iter(range(first, self.count, step))


class Overlapping(Stream):
    """A stream that every worker reads whole."""

    def __len__(self):
        return self.count

    def __iter__(self):
        return iter(range(self.count))


class Failing(Numbers):
    """Sample 5 raises the exception it was made with, or ends the process."""

    def __init__(self, failure):
        super().__init__(8)
        self.failure = failure

    def __getitem__(self, index):
        if index == 5 and self.failure == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if index == 5 and self.failure == "sleep":
            time.sleep(60)
        if index == 5:
            raise self.failure("sample five")
        return index


class Images(Numbers):
    def __getitem__(self, index):
        return rl.full((3, 64, 64), float(index)), np.full(20_000, index)


def batches(loader):
    return [batch.tolist() for batch in loader]


@needs_torch
@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 3, "shuffle": True},
        {"batch_size": None, "shuffle": True},
        {"batch_size": 4, "shuffle": True, "drop_last": True, "num_workers": 2},
        {"batch_size": 4, "shuffle": True, "num_workers": 3, "persistent_workers": True},
    ],
)
def test_order_and_worker_seeds_are_torchs(options):
    def epochs(data, lib):
        lib.manual_seed(3)
        random.seed(1)
        np.random.seed(1)
        loader = data.DataLoader(Draws(11, lib), collate_fn=list, **options)
        return [list(loader), list(loader), lib.rand(1).item()]

    assert epochs(rl.utils.data, rl) == epochs(torch_data, torch)


@pytest.mark.parametrize("context", ["fork", "spawn", "forkserver"])
def test_start_methods(context):
    loader = DataLoader(Numbers(7), 2, num_workers=2, multiprocessing_context=context)
    assert batches(loader) == [[0, 1], [2, 3], [4, 5], [6]]
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("count, worker", WORKERS)
@pytest.mark.parametrize("in_order", [True, False])
def test_streams(count, worker, in_order):
    loader = DataLoader(Stream(11), 2, num_workers=count, worker=worker, in_order=in_order)
    assert sorted(sum(batches(loader), [])) == list(range(11))
    if in_order and count == 3:
        assert batches(loader) == [[0, 3], [1, 4], [2, 5], [6, 9], [7, 10], [8]]


def test_persistent_workers_keep_their_processes():
    loader = DataLoader(Stream(10), 2, num_workers=2, persistent_workers=True)
    first = batches(loader)
    children = {process.pid for process in multiprocessing.active_children()}
    assert batches(loader) == first and len(children) == 2
    assert {process.pid for process in multiprocessing.active_children()} == children
    del loader
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("worker", ["process", "thread"])
@pytest.mark.parametrize("failure", [ValueError, KeyError])
def test_errors_come_with_their_traceback(worker, failure):
    iterator = iter(DataLoader(Failing(failure), 2, num_workers=2, worker=worker))
    assert [next(iterator).tolist() for _ in range(2)] == [[0, 1], [2, 3]]
    message = f"(?s)Caught {failure.__name__} in DataLoader worker {worker} 0.\nOriginal Traceback.*five"
    with pytest.raises(failure, match=message):
        next(iterator)
    assert next(iterator).tolist() == [6, 7]
    del iterator
    assert not multiprocessing.active_children()


def test_dead_and_slow_workers():
    with pytest.raises(RuntimeError, match=r"pid\(s\) \d+\) exited unexpectedly .*SIGKILL"):
        list(DataLoader(Failing("kill"), 2, num_workers=2))
    start = time.monotonic()
    with pytest.raises(RuntimeError, match="timed out after 0.5 seconds"):
        list(DataLoader(Failing("sleep"), 2, num_workers=2, timeout=0.5))
    assert time.monotonic() - start < 5
    assert not multiprocessing.active_children()


def make_lambda(samples):
    return lambda: samples


def fail_to_start(worker_id):
    raise OSError(f"no disk {worker_id}")


def test_failures_outside_of_the_dataset():
    with pytest.raises(OSError, match="no disk 0"):
        list(DataLoader(Numbers(4), num_workers=1, worker_init_fn=fail_to_start))
    with pytest.raises(Exception, match="Caught .* in DataLoader worker process 0"):
        list(DataLoader(Numbers(4), num_workers=1, collate_fn=make_lambda))
    with warnings.catch_warnings(record=True) as caught, pytest.raises((AttributeError, pickle.PicklingError)):
        warnings.simplefilter("always")
        options = {"num_workers": 1, "multiprocessing_context": "spawn"}
        list(DataLoader(Numbers(4), collate_fn=lambda samples: samples, **options))
    assert any("cannot be pickled" in str(warning.message) for warning in caught)
    assert not multiprocessing.active_children()


def test_leaving_an_epoch_early_leaves_nothing_behind():
    before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc") else 0
    for _ in DataLoader(Images(40), 4, num_workers=2):
        break
    assert not multiprocessing.active_children()
    if before:
        assert len(os.listdir("/proc/self/fd")) <= before + 8


def test_large_batches_cross_processes():
    kept = list(DataLoader(Images(300), 2, num_workers=2))
    for number, (images, arrays) in enumerate(kept):
        assert images[:, 0, 0, 0].tolist() == [2 * number, 2 * number + 1]
        assert arrays[1, -1] == 2 * number + 1
    kept[0][0].zero_()
    assert kept[1][0][0, 0, 0, 0] == 2


def test_a_long_list_of_keys_does_not_block():
    loader = DataLoader(Numbers(200_000), 50_000, num_workers=2, collate_fn=list)
    assert [len(batch) for batch in loader] == [50_000] * 4


def test_worker_info():
    assert get_worker_info() is None
    for worker in ("process", "thread"):
        rl.manual_seed(0)
        loader = DataLoader(Numbers(4), num_workers=2, worker=worker, collate_fn=describe)
        infos = list(loader)
        assert [info[:2] for info in infos] == [(0, 2), (1, 2), (0, 2), (1, 2)]
        assert infos[1][2] == infos[0][2] + 1
        assert infos[0][3] == (worker == "thread")
    assert get_worker_info() is None


def describe(samples):
    info = get_worker_info()
    return info.id, info.num_workers, info.seed, info.rng is not None


def test_length_and_its_warning():
    assert len(DataLoader(Numbers(7), 2)) == 4
    assert len(DataLoader(Numbers(7), 2, drop_last=True)) == 3
    loader = DataLoader(Overlapping(4), 1, num_workers=2)
    assert len(loader) == 4
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert len(batches(loader)) == 8
    assert "but 5 samples have been" in str(caught[0].message) and len(caught) == 4


@pytest.mark.parametrize(
    "options, message",
    [
        ({"num_workers": -1}, "non-negative"),
        ({"timeout": -1}, "non-negative"),
        ({"prefetch_factor": 2}, "prefetch_factor"),
        ({"persistent_workers": True}, "num_workers > 0"),
        ({"shuffle": True, "sampler": [1]}, "mutually exclusive"),
        ({"batch_sampler": [[1]], "batch_size": 2}, "mutually exclusive"),
        ({"batch_size": None, "drop_last": True}, "mutually exclusive"),
        ({"multiprocessing_context": "fork"}, "num_workers > 0"),
        ({"num_workers": 1, "multiprocessing_context": "no"}, "valid start method"),
        ({"num_workers": 1, "worker": "fibre"}, "worker"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        DataLoader(Numbers(3), **options)


def test_streams_take_no_sampler():
    for options in ({"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]}):
        with pytest.raises(ValueError, match="DataLoader with IterableDataset"):
            DataLoader(Stream(3), **options)
    loader = DataLoader(Numbers(3))
    with pytest.raises(ValueError, match="should not be set"):
        loader.batch_size = 2


# Resuming


@pytest.mark.parametrize("count, worker", WORKERS)
@pytest.mark.parametrize("taken", [1, 5, 11])
@pytest.mark.parametrize("dataset", [Numbers(23), Stream(23)])
def test_resume(count, worker, taken, dataset):
    options = {"num_workers": count, "worker": worker}
    options["shuffle"] = isinstance(dataset, Numbers)
    rl.manual_seed(5)
    loader = DataLoader(dataset, 2, **options)
    whole = batches(loader)
    rl.manual_seed(5)
    loader = DataLoader(dataset, 2, **options)
    iterator = iter(loader)
    begun = [next(iterator).tolist() for _ in range(taken)]
    state, generator = loader.state_dict(), rl.get_rng_state()
    del iterator
    next_epoch = batches(loader)
    rl.manual_seed(99)
    resumed = DataLoader(dataset, 2, **options)
    resumed.load_state_dict(state)
    rl.set_rng_state(generator)
    assert begun + batches(resumed) == whole
    assert batches(resumed) == next_epoch
    assert resumed.state_dict()["yielded"] == 0


def test_resume_with_a_generator_of_its_own():
    def make(seed):
        generator = rl.Generator().manual_seed(seed)
        return DataLoader(Numbers(9), 2, shuffle=True, generator=generator)

    loader = make(1)
    epochs = batches(loader) + batches(loader)
    loader = make(1)
    iterator = iter(loader)
    begun = [next(iterator).tolist() for _ in range(3)]
    resumed = make(2)
    resumed.load_state_dict(loader.state_dict())
    assert begun + batches(resumed) + batches(resumed) == epochs
    with pytest.raises(ValueError, match="version"):
        resumed.load_state_dict({})
