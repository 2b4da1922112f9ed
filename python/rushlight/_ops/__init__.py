"""Operators written in Python over the native rows, by family, and the step that publishes them.

``attach(Tensor, namespace)`` puts every composite where PyTorch has it: as function of the package, as Tensor method,
in place with a trailing underscore, and under its second names.
"""

from . import (
    compare,
    conversion,
    creation,
    diagonals,
    einsum,
    foreach,
    indexing,
    joining,
    math,
    normalization,
    order,
    products,
    quantization,
    reduce,
    return_types,
    shape,
    spectral,
    splitting,
    statistics,
    view_copies,
    windows,
)
from .aliases import attach_aliases
from .registry import attach_composite, composites, set_missing

__all__ = ["attach", "composites", "return_types"]


def attach(tensor_class, namespace):
    """Publish all composites on the Tensor class and in ``namespace``, the dictionary of the package."""
    for composite in composites:
        attach_composite(composite, tensor_class, namespace)
    for name, value in shape.PROPERTIES.items():
        setattr(tensor_class, name, value)
    attach_aliases(tensor_class, namespace)
    namespace["return_types"] = return_types
