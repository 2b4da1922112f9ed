"""Datasets: what the loader draws samples from, and ways to join, cut and stack them."""

import bisect
import itertools
import math
import warnings
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

import rushlight as rl

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

Sample = TypeVar("Sample", covariant=True)


class Dataset(Generic[Sample]):
    """A map from keys (by default the integers `0 .. len - 1`) to samples.

    Subclasses write `__getitem__` and, for the samplers, `__len__`. A subclass may add
    `__getitems__(indices) -> list` to read a whole batch at once.
    """

    def __getitem__(self, index) -> Sample:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other):
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Sample], Iterable[Sample]):
    """A stream of samples: subclasses write `__iter__`.

    Every worker of a `DataLoader` iterates its own copy. Use `get_worker_info()` inside
    `__iter__` to give each copy its share, otherwise every sample arrives once per worker.
    """

    def __add__(self, other):
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple]):
    """Tensors of equal first dimension; sample `i` is `(t[i] for t in tensors)`.

    >>> import rushlight as rl
    >>> data = rl.utils.data.TensorDataset(rl.arange(3), rl.arange(3) * 2)
    >>> data[1]
    (tensor(1), tensor(2))
    """

    tensors: tuple

    def __init__(self, *tensors):
        if any(tensors[0].size(0) != tensor.size(0) for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index):
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self):
        return self.tensors[0].size(0)


class StackDataset(Dataset):
    """Datasets of equal length side by side: samples are tuples, or dicts when named.

    >>> from rushlight.utils.data import StackDataset
    >>> StackDataset(letter="ab", number=[1, 2])[1]
    {'letter': 'b', 'number': 2}
    """

    datasets: tuple | dict

    def __init__(self, *args, **kwargs):
        if args and kwargs:
            raise ValueError(
                "StackDataset takes positional datasets (samples are tuples) or named "
                "datasets (samples are dicts), but both were given."
            )
        if not args and not kwargs:
            raise ValueError("At least one dataset should be passed")
        self.datasets = args or kwargs
        self._length = len(self._members()[0])
        if any(len(member) != self._length for member in self._members()):
            raise ValueError("Size mismatch between datasets")

    def _members(self):
        return list(self.datasets.values()) if isinstance(self.datasets, dict) else self.datasets

    def _assemble(self, fields):
        return dict(zip(self.datasets, fields, strict=True)) if isinstance(self.datasets, dict) else tuple(fields)

    def __getitem__(self, index):
        return self._assemble([member[index] for member in self._members()])

    def __getitems__(self, indices):
        columns = [_read_batch(member, indices) for member in self._members()]
        for column in columns:
            if len(column) != len(indices):
                raise ValueError(f"Nested dataset's output size mismatch. Expected {len(indices)}, got {len(column)}")
        return [self._assemble(fields) for fields in zip(*columns, strict=True)]

    def __len__(self):
        return self._length


class ConcatDataset(Dataset[Sample]):
    """Map-style datasets one after the other.

    >>> from rushlight.utils.data import ConcatDataset
    >>> ConcatDataset(["ab", "cde"])[3]
    'd'
    """

    datasets: list
    cumulative_sizes: list[int]

    @staticmethod
    def cumsum(sequence):
        return list(itertools.accumulate(len(item) for item in sequence))

    def __init__(self, datasets):
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(member, IterableDataset) for member in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = self.cumsum(self.datasets)

    def __len__(self):
        return self.cumulative_sizes[-1]

    def __getitem__(self, index):
        if index < 0:
            if -index > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            index += len(self)
        which = bisect.bisect_right(self.cumulative_sizes, index)
        start = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][index - start]


class ChainDataset(IterableDataset):
    """Iterable datasets one after the other, opened only when reached."""

    def __init__(self, datasets):
        self.datasets = datasets

    def _checked(self):
        for member in self.datasets:
            if not isinstance(member, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield member

    def __iter__(self):
        return itertools.chain.from_iterable(self._checked())

    def __len__(self):
        return sum(len(member) for member in self._checked())


class Subset(Dataset[Sample]):
    """The samples of `dataset` at `indices`, in that order.

    A subclass that overrides `__getitem__` must override `__getitems__` too, because the
    loader reads whole batches through it.
    """

    dataset: Dataset
    indices: Sequence[int]

    def __init__(self, dataset, indices):
        self.dataset = dataset
        self.indices = indices
        cls = type(self)
        if cls.__getitem__ is not Subset.__getitem__ and cls.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{cls.__name__} overrides __getitem__ but not __getitems__, which DataLoader "
                "calls for each batch. Override it too, for example:\n\n"
                "def __getitems__(self, indices):\n"
                "    return [self.__getitem__(idx) for idx in indices]"
            )

    def __getitem__(self, index):
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices):
        return _read_batch(self.dataset, [self.indices[i] for i in indices])

    def __len__(self):
        return len(self.indices)


def random_split(dataset, lengths, generator=None):
    """Cut a dataset at random into `Subset`s of the given lengths or fractions.

    Fractions that sum to 1 are turned into floors of `fraction * len(dataset)`; what is left
    over goes one by one to the first splits. Raises `ValueError` when the lengths do not add
    up to the dataset's.

    >>> import rushlight as rl
    >>> from rushlight.utils.data import random_split
    >>> [len(part) for part in random_split(range(10), [0.75, 0.25])]
    [8, 2]
    """
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _lengths_from_fractions(lengths, len(dataset))
    if sum(lengths) != len(dataset):
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    order = rl.randperm(sum(lengths), generator=generator).tolist()
    ends = itertools.accumulate(lengths)
    return [Subset(dataset, order[end - length : end]) for end, length in zip(ends, lengths, strict=True)]


def _lengths_from_fractions(fractions, total):
    for i, fraction in enumerate(fractions):
        if not 0 <= fraction <= 1:
            raise ValueError(f"Fraction at index {i} is not between 0 and 1")
    lengths = [math.floor(total * fraction) for fraction in fractions]
    for i in range(total - sum(lengths)):
        lengths[i % len(lengths)] += 1
    for i, length in enumerate(lengths):
        if length == 0:
            warnings.warn(
                f"Length of split at index {i} is 0. This might result in an empty dataset.",
                stacklevel=3,
            )
    return lengths


def _read_batch(dataset, indices):
    if callable(getattr(dataset, "__getitems__", None)):
        return dataset.__getitems__(indices)
    return [dataset[index] for index in indices]
