"""One replica's share of a dataset."""

import math

import rushlight as rl

from .sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[int]):
    """Every `num_replicas`-th key of a common order, starting at `rank`.

    The order depends on `seed + epoch` only, so call `set_epoch` before each epoch to reshuffle.
    Without `drop_last` the order is padded by its own beginning until it divides evenly.

    >>> from rushlight.utils.data import DistributedSampler
    >>> list(DistributedSampler(range(5), num_replicas=2, rank=1, shuffle=False))
    [1, 3, 0]
    """

    def __init__(self, dataset, num_replicas=None, rank=None, shuffle=True, seed=0, drop_last=False):
        num_replicas = _group().get_world_size() if num_replicas is None else num_replicas
        rank = _group().get_rank() if rank is None else rank
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        self.shuffle = shuffle
        self.seed = seed
        rounding = math.floor if drop_last else math.ceil
        self.num_samples = rounding(len(dataset) / num_replicas)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self):
        order = self._common_order()
        while len(order) < self.total_size:
            order += order[: self.total_size - len(order)]
        return iter(order[self.rank : self.total_size : self.num_replicas])

    def _common_order(self):
        n = len(self.dataset)
        if not self.shuffle:
            return list(range(n))
        generator = rl.Generator().manual_seed(self.seed + self.epoch)
        return rl.randperm(n, generator=generator).tolist()

    def __len__(self):
        return self.num_samples

    def set_epoch(self, epoch):
        """Choose the shuffle of the next iteration, the same on every replica."""
        self.epoch = epoch


def _group():
    distributed = getattr(rl, "distributed", None)
    if distributed is None or not distributed.is_available():
        raise RuntimeError("Requires distributed package to be available")
    return distributed
