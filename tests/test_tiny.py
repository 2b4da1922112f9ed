"""All outside behaviour in seconds: run before each commit."""

import copy
import pickle

import numpy as np
import pytest

import rushlight as rl
import rushlight.nn.functional as F
from rushlight import nn, optim


def test_arithmetic_and_printing():
    x = rl.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert (x + 1).tolist() == [[2, 3], [4, 5]]
    assert repr(x @ x) == "tensor([[ 7., 10.],\n        [15., 22.]])"


def test_types_promote():
    assert (rl.tensor(1) + 1.5).dtype == rl.float32
    assert (rl.tensor([1], dtype=rl.uint8) + rl.tensor([1], dtype=rl.int8)).dtype == rl.int16


def test_views_share_memory():
    x = rl.arange(6).reshape(2, 3)
    x.t()[0, 1] = 10
    assert x.tolist() == [[0, 1, 2], [10, 4, 5]]


def test_indexing():
    x = rl.arange(12).reshape(3, 4)
    assert x[1:, ::2].tolist() == [[4, 6], [8, 10]]
    assert x[x > 9].tolist() == [10, 11]
    assert x[[0, 2], rl.tensor([1, 3])].tolist() == [1, 11]


def test_backward_accumulates():
    w = rl.tensor(3.0, requires_grad=True)
    (w * w).backward()
    (w * 2).backward()
    assert w.grad.item() == 8


def test_second_derivative():
    x = rl.tensor(2.0, requires_grad=True)
    (first,) = rl.autograd.grad(x**3, x, create_graph=True)
    (second,) = rl.autograd.grad(first, x)
    assert (first.item(), second.item()) == (12, 12)


def test_numpy_shares_memory():
    array = np.zeros(3, dtype=np.float32)
    rl.from_numpy(array).add_(1)
    assert array.tolist() == [1, 1, 1]
    tensor = rl.zeros(3)
    tensor.numpy()[1] = 5
    assert tensor.tolist() == [0, 5, 0]


def test_same_seed_same_numbers():
    rl.manual_seed(0)
    first = rl.rand(3)
    rl.manual_seed(0)
    assert rl.equal(first, rl.rand(3))
    assert [round(v, 4) for v in first.tolist()] == [0.4963, 0.7682, 0.0885]


def test_a_network_learns():
    rl.manual_seed(0)
    x = rl.linspace(-1, 1, 64).unsqueeze(1)
    model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    for _ in range(100):
        loss = F.mse_loss(model(x), x * x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01


def test_convolution_and_cross_entropy():
    rl.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3))
    loss = F.cross_entropy(model(rl.rand(2, 1, 8, 8)), rl.tensor([0, 2]))
    loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_state_dict_and_files(tmp_path):
    model, other = nn.Linear(3, 2), nn.Linear(3, 2)
    rl.save(model.state_dict(), tmp_path / "model.pt")
    other.load_state_dict(rl.load(tmp_path / "model.pt"))
    assert rl.equal(model.weight, other.weight)


def test_pickle_and_copy():
    x = rl.tensor([1.0, 2.0], requires_grad=True)
    for y in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x)):
        assert y.tolist() == [1, 2] and y.requires_grad and y is not x


def test_data_loader():
    data = rl.utils.data.TensorDataset(rl.arange(10), rl.arange(10) * 2)
    batches = list(rl.utils.data.DataLoader(data, batch_size=4))
    assert [b[0].tolist() for b in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_transforms():
    assert rl.func.grad(lambda x: (x**2).sum())(rl.tensor([3.0])).tolist() == [6]
    assert rl.vmap(rl.dot)(rl.ones(2, 3), rl.ones(2, 3)).tolist() == [3, 3]


def test_meta_tensors_have_shapes_only():
    x = rl.empty(2, 3, device="meta") @ rl.empty(3, 4, device="meta")
    assert x.shape == (2, 4) and x.device.type == "meta"


def test_errors_name_the_rule():
    with pytest.raises(RuntimeError, match="shape"):
        rl.ones(2, 3) @ rl.ones(2, 3)
    with pytest.raises(IndexError):
        rl.ones(2)[5]
