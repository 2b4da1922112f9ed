"""Saved tensors that may be changed in place: copies are saved instead."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import rushlight as rl
from rushlight.autograd.graph import saved_tensors_hooks


class _Handle:
    """What a node keeps instead of a tensor."""


class _AllowMutationOnSavedContext:
    """The copies of one block, which live as long as the nodes that saved them, and not longer than the block."""

    def __init__(self) -> None:
        self.cloned: weakref.WeakKeyDictionary[_Handle, rl.Tensor] = weakref.WeakKeyDictionary()

    def clear(self) -> None:
        """Forget all copies."""
        self.cloned.clear()

    def pack(self, tensor: "rl.Tensor") -> _Handle:
        """Keep a copy."""
        handle = _Handle()
        self.cloned[handle] = tensor.clone()
        return handle

    def unpack(self, handle: _Handle) -> "rl.Tensor":
        """Return the copy."""
        if handle not in self.cloned:
            raise AssertionError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context"
                "in which the graph was originally recorded."
            )
        return self.cloned[handle]


_entered: list[_AllowMutationOnSavedContext] = []


@contextmanager
def allow_mutation() -> Iterator[_AllowMutationOnSavedContext]:
    """The block of ``allow_mutation_on_saved_tensors``; there is one at a time."""
    if _entered:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    context = _AllowMutationOnSavedContext()
    _entered.append(context)
    try:
        with saved_tensors_hooks(context.pack, context.unpack):
            yield context
    finally:
        context.clear()
        _entered.pop()
