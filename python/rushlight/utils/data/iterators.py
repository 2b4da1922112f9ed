"""One pass over a loader's dataset: in this process, or through workers."""

import itertools
import queue
import time
import warnings
import weakref

import rushlight as rl

from .exception import ExceptionWrapper
from .fetch import DatasetKind
from .resume import skip
from .worker import StartEpoch, StreamEnd, WorkerTask

# How long one wait for an answer lasts before the state of the workers is looked at again.
POLL_SECONDS = 5.0


class LoaderIterator:
    """What both iterators share: the draws at the start of an epoch and the count of batches."""

    def __init__(self, loader):
        if loader.pin_memory:
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, "
                "then device pinned memory won't be used.",
                stacklevel=4,
            )
        self._loader_dataset = loader.dataset
        self._dataset_kind = loader._dataset_kind
        self._num_workers = loader.num_workers
        self._progress = loader._progress
        self._index_sampler = loader._index_sampler
        self._begin(loader)

    def _begin(self, loader):
        self._reported_length = loader._IterableDataset_len_called
        self._num_yielded = 0
        self._progress.start(loader, lambda count: self._draw(loader, count))

    def _draw(self, loader, count):
        keys = iter(self._index_sampler)
        self._draw_seed(loader)
        self._discard = count if self._dataset_kind == DatasetKind.Iterable else 0
        self._skipped = count - self._discard
        # Drop the keys now, while the generators stand where the epoch began.
        self._keys = keys if self._discard else _advanced(keys, count)

    def _draw_seed(self, loader):
        empty = rl.empty((), dtype=rl.int64)
        self._base_seed = empty.random_(generator=loader.generator).item()

    def __len__(self):
        return len(self._index_sampler)

    def __iter__(self):
        return self

    def __next__(self):
        while self._discard:
            self._discard -= 1
            self._next_data()
        try:
            data = self._next_data()
        except StopIteration:
            self._progress.finish()
            raise
        self._num_yielded += 1
        self._progress.yielded += 1
        self._warn_if_too_long()
        return data

    def _warn_if_too_long(self):
        reported = self._reported_length
        if self._dataset_kind == DatasetKind.Map or reported is None:
            return
        if self._num_yielded > reported:
            advice = (
                "For multiprocessing data-loading, this could be caused by not properly "
                "configuring the IterableDataset replica at each worker: use get_worker_info() "
                "in __iter__ to give each worker its share."
            )
            warnings.warn(
                f"Length of IterableDataset {self._loader_dataset} was reported to be {reported}"
                f"(when accessing len(dataloader)), but {self._num_yielded} samples have been "
                f"fetched. {advice if self._num_workers else ''}",
                stacklevel=3,
            )

    def __getstate__(self):
        raise NotImplementedError(f"{type(self).__name__} cannot be pickled")


class SingleProcessIterator(LoaderIterator):
    """Fetches each batch when it is asked for."""

    def __init__(self, loader):
        if loader.timeout != 0:
            raise AssertionError("timeout needs num_workers > 0")
        super().__init__(loader)
        self._fetcher = DatasetKind.create_fetcher(
            self._dataset_kind,
            loader.dataset,
            loader._auto_collation,
            loader.collate_fn,
            loader.drop_last,
        )

    def _next_data(self):
        return self._fetcher.fetch(next(self._keys))


class WorkersIterator(LoaderIterator):
    """Keeps `prefetch_factor` requests per worker under way and hands out the answers in order.

    Request `i` goes to the next worker in turn that still has data. `_assigned[i]` is its
    worker; `_answers[i]` its batch when it came before its turn.
    """

    def __init__(self, loader):
        self._timeout = loader.timeout
        self._in_order = loader.in_order
        self._persistent = loader.persistent_workers
        self._most_tasks = loader.prefetch_factor * loader.num_workers
        self._workers = None
        super().__init__(loader)
        self._workers = _start_workers(loader, self._base_seed)
        self._close = weakref.finalize(self, self._workers.close)
        self._reset()

    @property
    def closed(self):
        return self._workers.closed

    def _reset(self):
        self._next_to_send = self._next_to_return = 0
        self._assigned, self._answers = {}, {}
        self._active = [True] * self._num_workers
        self._load = [0] * self._num_workers
        # A resumed epoch goes on with the worker whose turn it was.
        first = self._skipped % self._num_workers
        self._turns = itertools.islice(itertools.cycle(range(self._num_workers)), first, None)
        for _ in range(self._most_tasks):
            self._request()

    def restart(self, loader):
        """Begin a new epoch with the same workers."""
        self._begin(loader)
        for worker_id in range(self._num_workers):
            self._workers.send(worker_id, StartEpoch())
        waiting = self._num_workers
        while waiting:
            waiting -= isinstance(self._receive()[0], StartEpoch)
        self._reset()

    def _draw_seed(self, loader):
        # Persistent workers keep the seed that they were started with.
        if self._workers is None:
            super()._draw_seed(loader)

    def _request(self):
        worker_id = self._next_worker()
        if worker_id is None:
            return
        keys = next(self._keys, _NO_KEYS)
        if keys is _NO_KEYS:
            return
        self._workers.send(worker_id, (self._next_to_send, keys))
        self._assigned[self._next_to_send] = worker_id
        self._load[worker_id] += 1
        self._next_to_send += 1

    def _next_worker(self):
        active = sum(self._active)
        for _ in range(self._num_workers):
            worker_id = next(self._turns)
            idle = self._in_order or self._load[worker_id] < self._most_tasks // max(active, 1)
            if self._active[worker_id] and idle:
                return worker_id
        return None

    def _next_data(self):
        while self._assigned:
            index = self._next_to_return
            if index in self._answers:
                return self._hand_out(index, self._answers.pop(index))
            if not self._expected(index):
                self._assigned.pop(index, None)
                self._next_to_return += 1
                continue
            index, answer = self._receive()
            if isinstance(answer, StreamEnd):
                self._end_of_stream(answer.worker_id)
            elif index == self._next_to_return or not self._in_order:
                return self._hand_out(index, answer)
            else:
                self._answers[index] = answer
        if not self._persistent:
            self._close()
        raise StopIteration

    def _expected(self, index):
        return index in self._assigned and self._active[self._assigned[index]]

    def _hand_out(self, index, answer):
        self._load[self._assigned.pop(index)] -= 1
        self._next_to_return += index == self._next_to_return
        self._request()
        if isinstance(answer, ExceptionWrapper):
            answer.reraise()
        return answer

    def _end_of_stream(self, worker_id):
        self._active[worker_id] = False
        if not self._persistent:
            self._workers.finish(worker_id)
        self._request()

    def _receive(self):
        deadline = time.monotonic() + self._timeout if self._timeout else None
        while not self.closed:
            left = deadline - time.monotonic() if deadline else POLL_SECONDS
            try:
                return self._workers.receive(max(0.0, min(left, POLL_SECONDS)))
            except queue.Empty:
                if deadline and time.monotonic() >= deadline:
                    self._workers.close(grace=0)
                    raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds") from None
        raise RuntimeError("DataLoader workers of this iterator have been shut down")


_NO_KEYS = object()


def _advanced(keys, count):
    if not count:
        return keys
    keys = skip(keys, count)
    first = next(keys, _NO_KEYS)
    return iter(()) if first is _NO_KEYS else itertools.chain([first], keys)


def _start_workers(loader, base_seed):
    tasks = [
        WorkerTask(
            worker_id,
            loader.num_workers,
            base_seed,
            loader.dataset,
            loader._dataset_kind,
            loader._auto_collation,
            loader.collate_fn,
            loader.drop_last,
            loader.worker_init_fn,
        )
        for worker_id in range(loader.num_workers)
    ]
    if loader.worker == "thread":
        from .threads import ThreadWorkers

        return ThreadWorkers(tasks)
    from .processes import ProcessWorkers

    return ProcessWorkers(tasks, loader.multiprocessing_context)
