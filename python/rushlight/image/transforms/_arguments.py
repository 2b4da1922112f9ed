"""Arguments of transforms in their full form, checked."""

import numbers
from collections.abc import Sequence
from typing import Any

import rushlight as rl
from rushlight.image.transforms.framework import get_framework
from rushlight.image.transforms.functional._pixels import is_torch
from rushlight.image.tv_tensors import Image

Fill = int | float | Sequence[int] | Sequence[float] | None


def size_pair(
    size: int | Sequence[int], message: str = "Please provide only two dimensions (h, w) for size."
) -> Sequence[int]:
    """Return height and width."""
    if isinstance(size, numbers.Number):
        return int(size), int(size)
    if isinstance(size, Sequence) and len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError(message)
    return size


def require_sequence(x: Any, name: str, lengths: tuple[int, ...]):
    """Raise unless ``x`` is a sequence of one of these lengths."""
    message = f"{name} should be a sequence of length {' or '.join(map(str, lengths))}."
    if not isinstance(x, Sequence):
        raise TypeError(message)
    if len(x) not in lengths:
        raise ValueError(message)


def angle_range(x: float | Sequence[float], name: str, lengths: tuple[int, ...] = (2,)) -> list[float]:
    """Return the ends of a range of angles; a number stands for both signs."""
    if isinstance(x, numbers.Number):
        if x < 0:
            raise ValueError(f"If {name} is a single number, it must be positive.")
        x = [-x, x]
    else:
        require_sequence(x, name, lengths)
    return [float(value) for value in x]


def number_pair(value: float | Sequence[float], name: str) -> list[float]:
    """Return two numbers that one number or a sequence stand for."""
    if not isinstance(value, (int, float, Sequence)):
        raise TypeError(f"{name} should be a number or a sequence of numbers. Got {type(value)}")
    if isinstance(value, (int, float)):
        return [float(value), float(value)]
    if len(value) not in (1, 2):
        raise ValueError(f"If {name} is a sequence its length should be 1 or 2. Got {len(value)}")
    for element in value:
        if not isinstance(element, (int, float)):
            raise ValueError(f"{name} should be a sequence of numbers. Got {type(element)}")
    return [float(value[0]), float(value[-1])]


def fill_table(fill: Fill | dict) -> dict:
    """Return fill values by type of input; "others" stands for those not named."""
    fill = fill if isinstance(fill, dict) else {"others": fill}
    return {kind: fill_value(value) for kind, value in fill.items()}


def fill_value(fill: Fill):
    if fill is None or isinstance(fill, (int, float)):
        return fill
    if not isinstance(fill, (numbers.Number, tuple, list)):
        raise TypeError("Got inappropriate fill arg, only Numbers, tuples, lists and dicts are allowed.")
    return [float(value) for value in fill]


def fill_for(table: dict, inpt: Any):
    """Return the fill value for an input."""
    return table.get(kind_in(table, inpt))


def kind_in(table: dict, inpt: Any):
    """Return the key of an input in a table by type of input.

    ``ToImage`` makes images plain tensors of PyTorch after ``set_framework("torch")``: they are images where the table does not name them.
    """
    if type(inpt) in table:
        return type(inpt)
    return Image if Image in table and is_torch(inpt) and get_framework() == "torch" else "others"


def require_padding(padding: Any):
    """Raise unless ``padding`` is an int or a sequence of one, two or four of them."""
    valid = isinstance(padding, int) or (
        isinstance(padding, (tuple, list)) and len(padding) in (1, 2, 4) and all(isinstance(p, int) for p in padding)
    )
    if not valid:
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element of tuple or list, got {padding}.")


def require_padding_mode(padding_mode: Any):
    if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")


def log_range(ratio: Sequence[float]) -> list[float]:
    """Return logarithms in single precision."""
    return rl.tensor(ratio, dtype=rl.float32).log().tolist()
