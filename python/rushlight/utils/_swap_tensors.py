"""Exchanging what two tensor objects stand for."""

import copyreg
import weakref

import rushlight as rl


def swap_tensors(t1: "rl.Tensor", t2: "rl.Tensor") -> None:
    """Give each of two tensors the class, the attributes and the content of the other; the objects stay who they are.

    >>> x, y = rl.zeros(2), rl.ones(3)
    >>> rl.utils.swap_tensors(x, y)
    >>> x, y
    (tensor([1., 1., 1.]), tensor([0., 0.]))
    """
    for name, t in (("t1", t1), ("t2", t2)):
        if weakref.getweakrefs(t):
            raise RuntimeError(f"Cannot swap {name} because it has weakref associated with it")
    slots = set(copyreg._slotnames(type(t1)))
    if slots != set(copyreg._slotnames(type(t2))):
        raise RuntimeError("Cannot swap t1 and t2 if they have different slots")
    if type(t1) is not type(t2):
        _swap_classes(t1, t2)
    _swap_attributes(t1.__dict__, t2.__dict__)
    for slot in slots:
        _swap_slot(slot, t1, t2)
    t1._swap(t2)


def _swap_classes(t1: "rl.Tensor", t2: "rl.Tensor") -> None:
    """A subclass written in Python can take another's place, not that of the native class."""
    for t in (t1, t2):
        if type(t) is rl.Tensor:
            other = type(t2 if t is t1 else t1)
            raise TypeError(
                f"swap_tensors: a plain Tensor cannot become a {other.__name__}: "
                f"make it one first, for example with .as_subclass({other.__name__})"
            )
    t1.__class__, t2.__class__ = type(t2), type(t1)


def _swap_attributes(first: dict, second: dict) -> None:
    kept = dict(first)
    first.clear()
    first.update(second)
    second.clear()
    second.update(kept)


def _swap_slot(name: str, t1: "rl.Tensor", t2: "rl.Tensor") -> None:
    missing = object()
    values = getattr(t1, name, missing), getattr(t2, name, missing)
    for t, value in zip((t2, t1), values, strict=True):
        if value is not missing:
            setattr(t, name, value)
        elif hasattr(t, name):
            delattr(t, name)
