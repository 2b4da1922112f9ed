"""Control flow as functions, as programs for compilers write it; here it simply runs."""

__all__ = ["cond", "while_loop"]


def cond(pred, true_fn, false_fn, operands=()):
    """Return ``true_fn(*operands)`` if ``pred`` is true, else ``false_fn(*operands)``.

    >>> cond(True, lambda x: x + 1, lambda x: x - 1, (2,))
    3
    """
    return true_fn(*operands) if pred else false_fn(*operands)


def while_loop(cond_fn, body_fn, carried_inputs):
    """Replace ``carried_inputs`` by ``body_fn(*carried_inputs)`` while ``cond_fn(*carried_inputs)`` is true.

    >>> while_loop(lambda i: i < 5, lambda i: (i + 2,), (0,))
    (6,)
    """
    carried = tuple(carried_inputs)
    while cond_fn(*carried):
        carried = tuple(body_fn(*carried))
    return carried
