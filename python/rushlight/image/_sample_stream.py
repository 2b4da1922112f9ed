"""An epoch over shards: their order, the share of one reader, shuffling, and the place to resume at."""

import hashlib
import os
import struct
import sys

import numpy as np

from rushlight.image._shards import read_samples

VERSION = 1


def draw(limit, *key):
    """A number below `limit`, a function of the integers `key` alone."""
    digest = hashlib.blake2b(struct.pack(f"<{len(key)}q", *key), digest_size=8).digest()
    return int.from_bytes(digest, "little") % limit


def permutation(count, seed, epoch):
    """The order of `count` things in an epoch, a function of `(seed, epoch)` alone."""
    keys = np.random.Philox(key=[seed & (2**64 - 1), epoch]).random_raw(count)
    return np.argsort(keys, kind="stable")


def worker_share():
    """`(worker, workers)` of the data loader that runs this code, Rushlight's or PyTorch's."""
    from rushlight.utils.data import get_worker_info

    torch_data = sys.modules.get("torch.utils.data")
    for get in (get_worker_info, getattr(torch_data, "get_worker_info", None)):
        info = get() if get else None
        if info is not None:
            return info.id, info.num_workers
    return 0, 1


def process_share():
    """`(rank, world_size)` of this process: PyTorch's process group, or the environment that `torchrun` sets."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


class SampleStream:
    """The raw samples that fall to one of several readers, in the order of one epoch.

    `by_sample` deals single samples to the readers, otherwise whole shards are dealt. Iterating
    gives `RawSample`s; `state()` is where it stands, and `SampleStream(..., state=...)` goes on
    from there: each open archive is entered at the byte where its next sample begins.
    """

    def __init__(self, shards, *, shuffle, buffer_size, seed, epoch, reader, by_sample, on_fault, state=None):
        self._shards, self._on_fault = shards, on_fault
        self._reader, self._by_sample = reader, by_sample
        self._buffer_size, self._key = buffer_size, (seed, epoch, reader[0])
        order = permutation(len(shards), seed, epoch).tolist() if shuffle else range(len(shards))
        self._order = list(order) if by_sample else list(order)[reader[0] :: reader[1]]
        self._place, self._offset, self._seen, self._draws = 0, 0, 0, 0
        self._buffer = []
        if state is not None:
            self._restore(state)
        self._source = self._read()

    def state(self):
        return {
            "version": VERSION,
            "reader": list(self._reader),
            "by_sample": self._by_sample,
            "place": self._place,
            "offset": self._offset,
            "seen": self._seen,
            "draws": self._draws,
            "buffer": [[sample.shard, sample.start] for sample in self._buffer],
        }

    def _restore(self, state):
        expected = {"version": VERSION, "reader": list(self._reader), "by_sample": self._by_sample}
        for name, value in expected.items():
            if state[name] != value:
                raise ValueError(
                    f"load_state_dict: the state has {name}={state[name]!r}, but this stream has {value!r}"
                )
        self._place, self._offset = state["place"], state["offset"]
        self._seen, self._draws = state["seen"], state["draws"]
        self._buffer = self._fetch(state["buffer"])

    def _fetch(self, places):
        """The samples at `(shard, start)`; every shard is read once, forwards."""
        found = {}
        for shard in {shard for shard, _ in places}:
            starts = sorted(start for other, start in places if other == shard)
            found |= {(shard, start): sample for start, sample in self._fetch_from(shard, starts)}
        return [found[shard, start] for shard, start in places]

    def _fetch_from(self, shard, starts):
        wanted = set(starts)
        for sample, _ in read_samples(self._shards[shard], shard, starts[0]):
            if sample.start in wanted:
                yield sample.start, sample
                wanted.remove(sample.start)
            if not wanted:
                return
        raise ValueError(f"load_state_dict: {self._shards[shard]} has no sample at byte {min(wanted)}: it has changed")

    def __iter__(self):
        return self

    def __next__(self):
        while len(self._buffer) < self._buffer_size:
            sample = next(self._source, None)
            if sample is None:
                break
            self._buffer.append(sample)
        if not self._buffer:
            return next(self._source)
        chosen = draw(len(self._buffer), *self._key, self._draws)
        self._draws += 1
        self._buffer[chosen], self._buffer[-1] = self._buffer[-1], self._buffer[chosen]
        return self._buffer.pop()

    def _read(self):
        while self._place < len(self._order):
            shard = self._order[self._place]
            try:
                if self._offset is not None:
                    yield from self._read_shard(shard)
            except OSError as error:
                self._on_fault(str(self._shards[shard]), error)
            self._place, self._offset = self._place + 1, 0

    def _read_shard(self, shard):
        """The reader's samples; `_offset` is where the next sample of the shard begins, `None` at its end."""
        number, count = self._reader if self._by_sample else (0, 1)
        for sample, following in read_samples(self._shards[shard], shard, self._offset):
            self._offset = following
            mine = self._seen % count == number
            self._seen += 1
            if mine:
                yield sample

    def close(self):
        self._source.close()
