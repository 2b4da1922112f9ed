"""Padded positions of a Transformer encoder: what programs average over afterwards."""

import warnings

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

SETTINGS = {
    "evaluation": {},
    "normalization at the end": {"final": True},
    "padding at the left": {"left": True},
    "with gradients": {"grad": True},
    "in training": {"training": True},
    "normalization first": {"norm_first": True},
    "nested tensors refused": {"nested": False},
    "sequences first": {"batch_first": False},
}


def encoded(
    lib, *, final=False, left=False, grad=False, training=False, norm_first=False, nested=True, batch_first=True
):
    """The encoder's output and the warnings of making it."""
    lib.manual_seed(0)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        layer = lib.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=batch_first, norm_first=norm_first)
        norm = lib.nn.LayerNorm(8) if final else None
        encoder = lib.nn.TransformerEncoder(layer, 2, norm, enable_nested_tensor=nested).train(training)
    x = lib.arange(96.0).reshape(3, 4, 8).cos()
    lengths = lib.tensor([[2], [3], [1]])
    padding = lib.arange(4) < 4 - lengths if left else lib.arange(4) >= lengths
    with warnings.catch_warnings(), lib.set_grad_enabled(grad):
        warnings.simplefilter("ignore")
        y = encoder(x if batch_first else x.transpose(0, 1), src_key_padding_mask=padding)
    return y.detach().flatten().tolist(), [str(w.message) for w in seen]


@pytest.mark.parametrize("name", SETTINGS)
def test_padded_positions(name):
    ours, theirs = (encoded(lib, **SETTINGS[name]) for lib in (rl, torch))
    assert ours[0] == pytest.approx(theirs[0], abs=1e-5)
    assert ours[1] == theirs[1]
