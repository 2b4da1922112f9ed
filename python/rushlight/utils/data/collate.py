"""Joins the samples of a batch into tensors with a new first dimension."""

import copy
import re
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence

import numpy as np

import rushlight as rl

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

# NumPy type codes that a tensor cannot hold: bytes, str and object arrays.
np_str_obj_array_pattern = re.compile(r"[SaUO]")

default_collate_err_msg_format = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
)


def default_convert(data):
    """Turn every NumPy array inside nested containers into a tensor; leave the rest as it is.

    >>> import numpy as np
    >>> from rushlight.utils.data import default_convert
    >>> default_convert({"x": np.array([0, 1]), "name": "a"})
    {'x': tensor([0, 1]), 'name': 'a'}
    """
    if isinstance(data, rl.Tensor):
        return data
    if type(data).__module__ == "numpy" and type(data).__name__ not in ("str_", "string_"):
        if isinstance(data, np.ndarray) and np_str_obj_array_pattern.search(data.dtype.str):
            return data
        return rl.as_tensor(data)
    if isinstance(data, Mapping):
        return rebuild_mapping(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple):
        fields = [default_convert(item) for item in data]
        return type(data)(*fields) if hasattr(data, "_fields") else fields
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return rebuild_sequence(data, [default_convert(item) for item in data])
    return data


def collate(batch, *, collate_fn_map=None):
    """Collate a list of like samples with the functions of `collate_fn_map`.

    A function is chosen by the first sample's exact type, else by the first `isinstance` match
    in the map's order, and called as `fn(batch, collate_fn_map=map)`. Mappings, named tuples
    and sequences are collated field by field. Raises `TypeError` for anything else and
    `RuntimeError` when sequences differ in length.
    """
    first = batch[0]
    function = _find_function(first, collate_fn_map)
    if function is not None:
        return function(batch, collate_fn_map=collate_fn_map)
    if isinstance(first, Mapping):
        joined = {key: collate([sample[key] for sample in batch], collate_fn_map=collate_fn_map) for key in first}
        return rebuild_mapping(first, joined)
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(collate(column, collate_fn_map=collate_fn_map) for column in zip(*batch, strict=False)))
    if isinstance(first, Sequence):
        return _collate_sequences(batch, collate_fn_map)
    raise TypeError(default_collate_err_msg_format.format(type(first)))


def default_collate(batch):
    """Stack tensors, arrays and numbers of a batch along a new first dimension.

    Containers keep their type (plain tuples become lists), strings and bytes stay lists.

    >>> from rushlight.utils.data import default_collate
    >>> default_collate([{"x": 0, "y": "a"}, {"x": 1, "y": "b"}])
    {'x': tensor([0, 1]), 'y': ['a', 'b']}
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate_tensor_fn(batch, *, collate_fn_map=None):
    return rl.stack(batch, 0)


def collate_numpy_array_fn(batch, *, collate_fn_map=None):
    if np_str_obj_array_pattern.search(batch[0].dtype.str):
        raise TypeError(default_collate_err_msg_format.format(batch[0].dtype))
    return collate([rl.as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch, *, collate_fn_map=None):
    return rl.as_tensor(batch)


def collate_float_fn(batch, *, collate_fn_map=None):
    return rl.tensor(batch, dtype=rl.float64)


def collate_int_fn(batch, *, collate_fn_map=None):
    return rl.tensor(batch)


def collate_str_fn(batch, *, collate_fn_map=None):
    return batch


default_collate_fn_map = {
    rl.Tensor: collate_tensor_fn,
    np.ndarray: collate_numpy_array_fn,
    (np.bool_, np.number, np.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}


def rebuild_mapping(original, items):
    """A mapping of `original`'s type (and further attributes) with new values."""
    try:
        if isinstance(original, MutableMapping):
            clone = copy.copy(original)
            clone.update(items)
            return clone
        return type(original)(items)
    except TypeError:
        return items


def rebuild_sequence(original, items):
    """A sequence of `original`'s type (and further attributes) with new items."""
    try:
        if isinstance(original, MutableSequence):
            clone = copy.copy(original)
            for i, item in enumerate(items):
                clone[i] = item
            return clone
        return type(original)(items)
    except TypeError:
        return items


def _find_function(sample, functions):
    if not functions:
        return None
    if type(sample) in functions:
        return functions[type(sample)]
    return next((fn for kind, fn in functions.items() if isinstance(sample, kind)), None)


def _collate_sequences(batch, collate_fn_map):
    first = batch[0]
    if any(len(sample) != len(first) for sample in batch):
        raise RuntimeError("each element in list of batch should be of equal size")
    columns = [collate(column, collate_fn_map=collate_fn_map) for column in zip(*batch, strict=False)]
    return columns if isinstance(first, tuple) else rebuild_sequence(first, columns)
