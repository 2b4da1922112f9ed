"""``torch.onnx.symbolic_helper``: decorators of functions that an exporter would call."""

from __future__ import annotations

from collections.abc import Callable


def parse_args(*descriptors: str) -> Callable:
    """Return a decorator that returns its function: an exporter would convert the arguments."""
    return lambda fn: fn


quantized_args = parse_args
