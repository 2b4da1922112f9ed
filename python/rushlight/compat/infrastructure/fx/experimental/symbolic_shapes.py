"""``torch.fx.experimental.symbolic_shapes``: sizes are numbers here, so that conditions on them are known."""

from __future__ import annotations


def guard_or_false(condition: bool) -> bool:
    """Return ``condition``, which is known."""
    return bool(condition)


guard_or_true = guard_size_oblivious = statically_known_true = guard_or_false


def free_symbols(value: object) -> set:
    """Return the empty set: no size is a symbol."""
    return set()


free_unbacked_symbols = free_symbols


class GuardOnDataDependentSymNode(RuntimeError):
    """Raised in PyTorch for a condition on a symbol; never here."""
