"""The direction numbers of Sobol sequences: one primitive polynomial over GF(2) and its first numbers per dimension.

They are those that Joe and Kuo found by the criterion D(6) ("Constructing Sobol sequences with better two-dimensional
projections", 2008), which come with SciPy.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

BITS = 30
DIMENSIONS = 21201


def directions(dimension: int) -> np.ndarray:
    """Return the numbers that are combined by exclusive or, int64 (dimension, 30): bit j of the Gray code takes column j.

    Raises ModuleNotFoundError without SciPy.
    """
    polynomials, first = (table[:dimension] for table in _tables())
    degrees = np.frexp(polynomials)[1] - 1
    numbers = np.ones((dimension, BITS), np.int64)
    for degree in range(1, degrees.max() + 1):
        rows = degrees == degree
        numbers[rows] = _recurrence(polynomials[rows], first[rows, :degree])
    return numbers << np.arange(BITS - 1, -1, -1)


def _tables() -> tuple[np.ndarray, np.ndarray]:
    """Return the polynomials, from the highest coefficient to the lowest bit, and their first numbers."""
    scipy = find_spec("scipy")
    if scipy is None:
        raise ModuleNotFoundError("SobolEngine reads its direction numbers from SciPy. Run: pip install scipy")
    with np.load(Path(scipy.submodule_search_locations[0], "stats", "_sobol_direction_numbers.npz")) as tables:
        return tables["poly"], tables["vinit"]


def _recurrence(polynomials: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return all numbers of the dimensions with polynomials of one degree."""
    degree = first.shape[1]
    numbers = np.ones((len(first), BITS), np.int64)
    numbers[:, :degree] = first
    for j in range(degree, BITS):
        numbers[:, j] = numbers[:, j - degree]
        for k in range(1, degree + 1):
            numbers[:, j] ^= (polynomials >> (degree - k) & 1) * numbers[:, j - k] << k
    return numbers
