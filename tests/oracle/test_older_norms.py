"""Norms under their older names, against PyTorch."""

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

CALLS = {
    "nuclear": lambda t, x: t.nuclear_norm(x),
    "nuclear kept": lambda t, x: t.nuclear_norm(x, True),
    "nuclear of many": lambda t, x: t.nuclear_norm(x.expand(2, 2, 3), (1, 2)),
    "nuclear of many, kept": lambda t, x: t.nuclear_norm(x.expand(2, 2, 3), (0, 2), True),
    "frobenius": lambda t, x: t.frobenius_norm(x, [0, 1]),
    "frobenius kept": lambda t, x: t.frobenius_norm(x, 1, True),
    "except rows": lambda t, x: t.norm_except_dim(x, 2, 0),
    "except columns": lambda t, x: t.norm_except_dim(x, 2, 1),
    "of all": lambda t, x: t.norm_except_dim(x, 1, -1),
    "except the middle": lambda t, x: t.norm_except_dim(x.expand(2, 2, 3), 2, 1),
}


@pytest.mark.filterwarnings("ignore:.*deprecated")
@pytest.mark.parametrize("name", CALLS)
def test_older_norm_is_pytorchs(name):
    results = [CALLS[name](t, t.arange(6.0).reshape(2, 3) + t.eye(3)[:2]) for t in (rl, torch)]
    torch.testing.assert_close(torch.tensor(results[0].tolist()), results[1])
