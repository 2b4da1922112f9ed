"""The backward passes that this thread is in."""

import itertools
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_numbers = itertools.count()


class _Passes(threading.local):
    """Innermost pass: its number, where it starts, and the nodes it must reach, ``None`` for all leaves."""

    number = -1
    roots: tuple = ()
    targets: tuple | None = None
    restricted = False  # this pass or one around it reaches some nodes only


_passes = _Passes()


@contextmanager
def running(roots: Iterable[Any], targets: Iterable[Any] | None) -> Iterator[None]:
    """Note a pass from tensors ``roots`` to tensors ``targets`` while it runs."""
    before = dict(_passes.__dict__)
    _passes.number, _passes.roots = next(_numbers), tuple(roots)
    _passes.targets = None if targets is None else tuple(targets)
    _passes.restricted = _passes.restricted or targets is not None
    try:
        yield
    finally:
        _passes.__dict__.clear()
        _passes.__dict__.update(before)


def number() -> int:
    """Return the number of the running pass, -1 outside of one."""
    return _passes.number


def is_checkpoint_valid() -> bool:
    """Return whether the running passes go to all leaves, so that a nested one may too."""
    return not _passes.restricted


def reached_nodes() -> set:
    """Return the nodes that the running pass runs."""
    from rushlight.autograd.graph import node_of

    before: dict[Any, list] = {node_of(r): [] for r in _passes.roots}
    pending = list(before)
    while pending:
        node = pending.pop()
        for child, _ in node.next_functions:
            if child is not None:
                if child not in before:
                    before[child] = []
                    pending.append(child)
                before[child].append(node)
    if _passes.targets is None:
        return set(before)
    return _leading_to({node_of(t) for t in _passes.targets}, before)


def _leading_to(targets: set, before: dict[Any, list]) -> set:
    found = set()
    pending = [t for t in targets if t in before]
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending += before[node]
    return found
