"""Datasets, samplers and collation."""

import collections

import numpy as np
import pytest

import rushlight as rl
from rushlight.utils.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    Dataset,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    StackDataset,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    default_convert,
    random_split,
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


class Stream(IterableDataset):
    """`0 .. count - 1`."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        return iter(range(self.count))


class SizedStream(Stream):
    def __len__(self):
        return self.count


# Datasets


def test_datasets():
    tensors = TensorDataset(rl.arange(4), rl.arange(4) * 2)
    assert [x.item() for x in tensors[3]] == [3, 6] and len(tensors) == 4
    assert [x.tolist() for x in tensors[1:3]] == [[1, 2], [2, 4]]
    with pytest.raises(AssertionError, match="Size mismatch"):
        TensorDataset(rl.arange(4), rl.arange(3))
    stacked = StackDataset("abc", [1, 2, 3])
    assert stacked[1] == ("b", 2) and stacked.__getitems__([0, 2]) == [("a", 1), ("c", 3)]
    assert StackDataset(x="ab", y="cd").__getitems__([1]) == [{"x": "b", "y": "d"}]
    for arguments, message in [((), "At least one"), (("ab", "abc"), "Size mismatch")]:
        with pytest.raises(ValueError, match=message):
            StackDataset(*arguments)
    joined = Numbers(2) + Numbers(3)
    assert isinstance(joined, ConcatDataset) and [joined[i] for i in range(-5, 0)] == [0, 1, 0, 1, 2]
    with pytest.raises(ValueError, match="absolute value"):
        joined[-6]
    assert list(Stream(2) + Stream(1)) == [0, 1, 0]
    assert len(ChainDataset([SizedStream(2), SizedStream(3)])) == 5
    with pytest.raises(AssertionError, match="only supports IterableDataset"):
        list(ChainDataset([Numbers(2)]))
    assert Subset("abcd", [3, 1])[0] == "d"
    assert Subset("abcd", [3, 1]).__getitems__([0, 1]) == ["d", "b"]
    with pytest.raises(NotImplementedError, match="__getitems__"):
        type("Half", (Subset,), {"__getitem__": lambda self, i: i})("abcd", [1])


def test_random_split():
    parts = random_split(range(30), [0.3, 0.3, 0.4], generator=rl.Generator().manual_seed(42))
    assert [len(part) for part in parts] == [9, 9, 12]
    assert sorted(sum((list(part.indices) for part in parts), [])) == list(range(30))
    if torch:
        theirs = torch_data.random_split(range(30), [0.3, 0.3, 0.4], generator=torch.Generator().manual_seed(42))
        assert [part.indices for part in parts] == [part.indices for part in theirs]
    with pytest.raises(ValueError, match="Sum of input lengths"):
        random_split(range(5), [2, 2])
    with pytest.warns(UserWarning, match="is 0"):
        random_split(range(1), [0.5, 0.5])


# Samplers


@needs_torch
@pytest.mark.parametrize(
    "make",
    [
        lambda data, lib: data.RandomSampler(range(50)),
        lambda data, lib: data.RandomSampler(range(20), num_samples=47),
        lambda data, lib: data.RandomSampler(range(20), replacement=True, num_samples=47),
        lambda data, lib: data.RandomSampler(range(9), generator=lib.Generator().manual_seed(3)),
        lambda data, lib: data.SubsetRandomSampler([3, 1, 4, 1, 5]),
        lambda data, lib: data.WeightedRandomSampler([0.1, 2.0, 0.5], 20),
        lambda data, lib: data.WeightedRandomSampler([0.1, 2.0, 0.5], 3, replacement=False),
        lambda data, lib: data.BatchSampler(data.RandomSampler(range(10)), 3, True),
        lambda data, lib: data.DistributedSampler(range(10), 3, 1, seed=5),
        lambda data, lib: data.DistributedSampler(range(10), 4, 3, drop_last=True),
        lambda data, lib: data.DistributedSampler(range(2), 7, 6, shuffle=False),
    ],
)
def test_samplers_draw_as_torch(make):
    rl.manual_seed(7)
    ours = make(rl.utils.data, rl)
    drawn = [list(ours), list(ours)], len(ours), rl.rand(3).tolist()
    torch.manual_seed(7)
    theirs = make(torch_data, torch)
    assert drawn == ([list(theirs), list(theirs)], len(theirs), torch.rand(3).tolist())


def test_samplers_refuse():
    with pytest.raises(ValueError, match="num_samples"):
        RandomSampler([])
    with pytest.raises(TypeError, match="replacement"):
        RandomSampler([1], replacement=1)
    with pytest.raises(ValueError, match="1d sequence"):
        WeightedRandomSampler([[1.0]], 1)
    with pytest.raises(ValueError, match="batch_size"):
        BatchSampler(SequentialSampler(range(3)), True, False)
    with pytest.raises(ValueError, match="Invalid rank"):
        DistributedSampler(range(3), 2, 2)
    assert len(SubsetRandomSampler([1, 2])) == 2


# Collation

Point = collections.namedtuple("Point", ["x", "y"])


def test_collate():
    assert default_collate([1, 2]).dtype == rl.int64
    assert default_collate([1.0, 2.0]).dtype == rl.float64
    assert default_collate([np.float32(1), np.float32(2)]).dtype == rl.float32
    assert default_collate([np.zeros(2), np.ones(2)]).tolist() == [[0, 0], [1, 1]]
    assert default_collate(["a", "b"]) == ["a", "b"]
    assert [part.tolist() for part in default_collate([(1, 2), (3, 4)])] == [[1, 3], [2, 4]]
    assert default_collate([Point(1, "a"), Point(2, "b")]).x.tolist() == [1, 2]
    ordered = default_collate([collections.OrderedDict(a=[1]), collections.OrderedDict(a=[2])])
    assert type(ordered) is collections.OrderedDict and ordered["a"][0].tolist() == [1, 2]
    with pytest.raises(RuntimeError, match="equal size"):
        default_collate([[1], [1, 2]])
    for sample in (object(), np.array(["a"])):
        with pytest.raises(TypeError, match="default_collate: batch must contain"):
            default_collate([sample])


def test_convert():
    converted = default_convert({"a": np.arange(2), "b": (1, np.ones(1)), "c": "x"})
    assert converted["a"].tolist() == [0, 1] and converted["b"][1].tolist() == [1]
    assert converted["b"][0] == 1 and converted["c"] == "x"
