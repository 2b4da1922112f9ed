"""Sizes given as one number or one per dimension, and the prefix of a state dictionary's names."""

from collections.abc import Iterable

__all__ = ["consume_prefix_in_state_dict_if_present"]


def _ntuple(n, name="parse"):
    """A function that repeats a number `n` times and turns an iterable into a tuple."""

    def parse(x):
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    parse.__name__ = name
    return parse


_single = _ntuple(1, "_single")
_pair = _ntuple(2, "_pair")
_triple = _ntuple(3, "_triple")
_quadruple = _ntuple(4, "_quadruple")


def _reverse_repeat_tuple(t, n):
    """The elements of `t` from last to first, each `n` times: the order in which `F.pad` takes its widths."""
    return tuple(x for x in reversed(t) for _ in range(n))


def _list_with_default(out_size, defaults):
    """`out_size` with each None replaced by the default of its dimension."""
    if isinstance(out_size, int):
        return out_size
    if len(defaults) <= len(out_size):
        raise ValueError(f"Input dimension should be at least {len(out_size) + 1}")
    return [d if v is None else v for v, d in zip(out_size, defaults[-len(out_size) :], strict=True)]


def consume_prefix_in_state_dict_if_present(state_dict, prefix):
    """Strip `prefix` from the names of `state_dict`, in place, as after training under a wrapper.

    >>> state = {"module.weight": 1}
    >>> nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
    >>> state
    {'weight': 1}
    """
    _strip(state_dict, prefix, lambda key: key.startswith(prefix))
    if hasattr(state_dict, "_metadata"):
        own = prefix.replace(".", "")
        _strip(state_dict._metadata, prefix, lambda key: key and (key == own or key.startswith(prefix)))


def _strip(table, prefix, concerns):
    for key in list(table):
        if concerns(key):
            table[key[len(prefix) :]] = table.pop(key)
