"""The loss with a linear layer of its own."""

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402


@pytest.mark.parametrize(
    "options", [{}, {"out_features": (2,), "bias": True}, {"label_smoothing": 0.1, "reduction": "sum"}]
)
def test_linear_cross_entropy(options):
    torch.manual_seed(1), rl.manual_seed(1)
    theirs, ours = torch.nn.LinearCrossEntropyLoss(4, 3, **options), rl.nn.LinearCrossEntropyLoss(4, 3, **options)
    assert repr(theirs) == repr(ours) and list(theirs.state_dict()) == list(ours.state_dict())
    x, y = torch.randn(5, 4), torch.randint(3, (5, *options.get("out_features", ())))
    expected, found = theirs(x, y), ours(rl.from_numpy(x.numpy()), rl.from_numpy(y.numpy()))
    expected.backward(), found.backward()
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    assert ours.linear.weight.grad.tolist() == pytest.approx(theirs.linear.weight.grad.numpy(), abs=1e-6)
