"""How tensors print: a few cases by heart; all of them are compared with PyTorch's in ``oracle``."""

import pytest

import rushlight as rl

CASES = [
    (lambda: rl.tensor([1.0, -2.5]), "tensor([ 1.0000, -2.5000])"),
    (lambda: rl.tensor([1.0, 1e5]), "tensor([1.0000e+00, 1.0000e+05])"),
    (lambda: rl.tensor([1.0, 200.0]), "tensor([  1., 200.])"),
    (lambda: rl.tensor([rl.inf, rl.nan, 0.5]), "tensor([   inf,    nan, 0.5000])"),
    (lambda: rl.tensor(3), "tensor(3)"),
    (lambda: rl.tensor([True, False]), "tensor([ True, False])"),
    (lambda: rl.tensor([1], dtype=rl.uint8), "tensor([1], dtype=torch.uint8)"),
    (lambda: rl.empty(2, 0), "tensor([], size=(2, 0))"),
    (lambda: rl.empty(3, device="meta"), "tensor(..., device='meta', size=(3,))"),
    (lambda: rl.tensor([1 + 2j]), "tensor([1.+2.j])"),
    (lambda: rl.arange(2000), "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])"),
    (lambda: rl.ones(2, requires_grad=True), "tensor([1., 1.], requires_grad=True)"),
    (lambda: rl.ones(2, requires_grad=True) * 2, "tensor([2., 2.], grad_fn=<MulBackward0>)"),
    (lambda: rl.nn.Parameter(rl.zeros(1)), "Parameter containing:\ntensor([0.], requires_grad=True)"),
]


@pytest.mark.parametrize("make, text", CASES, ids=[text for _, text in CASES])
def test_cases(make, text):
    assert repr(make()) == text


def test_options_end_with_the_block():
    with rl.printoptions(precision=1):
        assert repr(rl.tensor(0.25)) == "tensor(0.2)"
    assert repr(rl.tensor(0.25)) == "tensor(0.2500)"


def test_an_unknown_profile_is_refused():
    with pytest.raises(ValueError, match="default, short, full"):
        rl.set_printoptions(profile="long")


def test_numbers_are_formatted_as_numbers():
    assert f"{rl.tensor(0.123):.1f} {rl.tensor(5):03d}" == "0.1 005"
