"""The direction numbers of Sobol sequences: one primitive polynomial over GF(2) and its first numbers per dimension.

``directions.bin`` holds those that Joe and Kuo found by the criterion D(6) ("Constructing Sobol sequences with better
two-dimensional projections", 2008), as bits in order of dimension: for a polynomial ``x^s + a_1 x^(s-1) + ... + 1`` the
``s - 1`` inner coefficients, then the odd numbers ``m_1 ... m_s`` without their last bit, ``m_i`` in ``i - 1`` bits.
"""

from pathlib import Path

import numpy as np

BITS = 30

# The number of primitive polynomials of degree 1, 2, ...: all of them, in order, belong to dimensions 2, 3, ...
POLYNOMIALS = (1, 1, 2, 2, 6, 6, 18, 16, 48, 60, 176, 144, 630, 756, 1800, 2048, 7710, 7776)
DIMENSIONS = 1 + sum(POLYNOMIALS)


def directions(dimension: int) -> np.ndarray:
    """Return the numbers that are combined by exclusive or, int64 (dimension, 30): bit j of the Gray code takes column j."""
    rows = [np.ones((1, BITS), np.int64)]
    stored = np.unpackbits(np.frombuffer(Path(__file__).with_name("directions.bin").read_bytes(), np.uint8))
    at, missing = 0, dimension - 1
    for degree, count in enumerate(POLYNOMIALS, 1):
        width = (degree - 1) * (degree + 2) // 2
        taken = min(count, missing)
        rows.append(recurrence(stored[at : at + taken * width].reshape(taken, width), degree))
        at, missing = at + count * width, missing - taken
    return np.concatenate(rows) << np.arange(BITS - 1, -1, -1)


def recurrence(stored: np.ndarray, degree: int) -> np.ndarray:
    """Return all numbers of the dimensions with polynomials of one degree."""
    numbers = np.ones((len(stored), BITS), np.int64)
    at = degree - 1
    for i in range(1, degree):
        numbers[:, i] = 2 * (stored[:, at : at + i] @ (1 << np.arange(i - 1, -1, -1))) + 1
        at += i
    coefficients = np.concatenate([stored[:, : degree - 1], np.ones((len(stored), 1), np.uint8)], 1).astype(np.int64)
    for j in range(degree, BITS):
        numbers[:, j] = numbers[:, j - degree]
        for k in range(1, degree + 1):
            numbers[:, j] ^= coefficients[:, k - 1] * numbers[:, j - k] << k
    return numbers
