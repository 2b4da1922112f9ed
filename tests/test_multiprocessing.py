"""Tensors between processes: shared memory, queues, and the errors of child processes."""

import multiprocessing
import os

import pytest

import rushlight as rl
import rushlight.multiprocessing as mp


def add_one(index, tensor):
    tensor[index] += 1


def descend(index, model):
    optimizer = rl.optim.SGD(model.parameters(), lr=0.25)
    model(rl.ones(1, 2)).sum().backward()
    optimizer.step()


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


def test_processes_train_one_model():
    model = rl.nn.Linear(2, 1)
    assert not model.weight.is_shared() and not rl.ones(2).is_shared()
    rl.nn.init.zeros_(model.share_memory().weight)
    assert model.weight.is_shared() and model.bias.is_shared()
    mp.spawn(descend, (model,), nprocs=2)
    assert model.weight.tolist() == [[-0.5, -0.5]] and model.weight.grad is None


def test_queues_carry_tensors():
    queue = mp.Queue()
    queue.put({"x": rl.arange(3), "p": rl.nn.Parameter(rl.ones(2))})
    back = queue.get(timeout=10)
    assert back["x"].tolist() == [0, 1, 2] and isinstance(back["p"], rl.nn.Parameter)
    with pytest.raises(RuntimeError, match="Cowardly refusing"):
        multiprocessing.reduction.ForkingPickler.dumps(rl.ones(2, requires_grad=True) * 2)
