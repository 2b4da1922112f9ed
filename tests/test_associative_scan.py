"""Running results of an associative function, against a loop."""

import pytest

import rushlight as rl
from rushlight.compat.infrastructure._higher_order_ops import associative_scan


def recurrence(left, right):
    """Join two steps of x -> a x + b."""
    return left[0] * right[0], right[0] * left[1] + right[1]


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_recurrence_is_scanned_along_a_dimension(n, reverse):
    rl.manual_seed(0)
    a, b = rl.rand(2, n, 3), rl.rand(2, n, 3)
    _, found = associative_scan(recurrence, (a, b), 1, reverse=reverse)
    state, steps = rl.zeros(2, 3), []
    for i in reversed(range(n)) if reverse else range(n):
        state = a[:, i] * state + b[:, i]
        steps.append(state)
    assert rl.allclose(found, rl.stack(steps[::-1] if reverse else steps, 1))


def test_gradients_pass_through():
    x = rl.rand(7, dtype=rl.float64, requires_grad=True)
    assert rl.autograd.gradcheck(lambda x: associative_scan(lambda a, b: a * b, x, 0), (x,))
