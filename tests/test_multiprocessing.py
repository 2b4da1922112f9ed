"""Tensors between processes: shared memory, queues, and the errors of child processes."""

import multiprocessing
import os

import pytest

import rushlight as rl
import rushlight.multiprocessing as mp


def add_one(index, tensor):
    tensor[index] += 1


def fail(index):
    raise ValueError("in the child")


def end(index):
    os._exit(3)


def test_shared_memory_is_one_memory():
    tensor = mp.share_memory_(rl.zeros(2))
    mp.spawn(add_one, (tensor,), nprocs=2)
    assert tensor.tolist() == [1, 1]
    with pytest.raises(mp.ProcessRaisedException, match="(?s)Process 0 .*in the child"):
        mp.spawn(fail)
    with pytest.raises(mp.ProcessExitedException, match="exit code 3"):
        mp.spawn(end)


def test_queues_carry_tensors():
    queue = mp.Queue()
    queue.put({"x": rl.arange(3), "p": rl.nn.Parameter(rl.ones(2))})
    back = queue.get(timeout=10)
    assert back["x"].tolist() == [0, 1, 2] and isinstance(back["p"], rl.nn.Parameter)
    with pytest.raises(RuntimeError, match="Cowardly refusing"):
        multiprocessing.reduction.ForkingPickler.dumps(rl.ones(2, requires_grad=True) * 2)
