"""Symbolic numbers: a compiler's tracer makes them, so here nothing is one, and their functions are Python's."""

import math

__all__ = [
    "SymBool",
    "SymFloat",
    "SymInt",
    "sym_float",
    "sym_int",
    "sym_ite",
    "sym_max",
    "sym_min",
    "sym_not",
    "sym_sqrt",
    "sym_sum",
]


class SymInt:
    """The class of symbolic integers, of which there are none."""


class SymFloat:
    """The class of symbolic floating-point numbers, of which there are none."""


class SymBool:
    """The class of symbolic truth values, of which there are none."""


sym_int, sym_float, sym_sum, sym_sqrt = int, float, sum, math.sqrt


def sym_max(a, b):
    """Return the larger number, as a float if one of them is."""
    return float(max(a, b)) if isinstance(a, float) or isinstance(b, float) else max(a, b)


def sym_min(a, b):
    """Return the smaller number, as a float if one of them is."""
    return float(min(a, b)) if isinstance(a, float) or isinstance(b, float) else min(a, b)


def sym_not(a):
    """Return whether ``a`` is false."""
    return not a


def sym_ite(b, t, f):
    """Return ``t`` if ``b`` is true, else ``f``."""
    return t if b else f
