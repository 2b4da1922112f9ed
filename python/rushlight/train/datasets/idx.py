"""The IDX format of the MNIST family: a typed array, big-endian, usually gzipped.

Layout: two zero bytes, a type code, the number of dimensions, each dimension as a 32-bit integer, the elements.
Source: LeCun, Cortes and Burges, "The MNIST database", section "File formats".
"""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | Path) -> np.ndarray:
    """Return the array stored in ``path`` (gzipped or not), in the machine's byte order.

    Raises ValueError when the file is not IDX, is cut short, or has bytes left over.
    """
    content = Path(path).read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = _unpack(content, path)
    return parse_idx(content, str(path))


def _unpack(content: bytes, path: str | Path) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError) as error:
        raise ValueError(f"{path}: the gzip stream is damaged ({error})") from error


def parse_idx(content: bytes, name: str = "idx") -> np.ndarray:
    """Return the array in the bytes of an IDX file; ``name`` appears in errors.

    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 5, 7])).tolist()
    [5, 7]
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES:
        raise ValueError(f"{name}: not an IDX file (it starts with {content[:4].hex(' ')!r}, expected 00 00 TYPE RANK)")
    dtype, rank = np.dtype(_TYPES[content[2]]), content[3]
    start = 4 + 4 * rank
    shape = tuple(int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4))
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise ValueError(f"{name}: shape {shape} needs {expected} bytes, the file has {len(content)}")
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))
