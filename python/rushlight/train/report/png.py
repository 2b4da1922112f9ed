"""Writing a picture as PNG: signature, header, filtered rows in one zlib stream, end.

Source: "Portable Network Graphics (PNG) Specification (Third Edition)", W3C, sections 5, 7, 9 and 10.
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

_COLOUR_TYPE = {1: 0, 3: 2}
_UNFILTERED = 0


def encode_png(pixels: np.ndarray) -> bytes:
    """Return the PNG file of ``pixels``, uint8 of shape (1 or 3, height, width)."""
    channels, height, width = pixels.shape
    rows = pixels.transpose(1, 2, 0).reshape(height, width * channels)
    filtered = np.insert(rows, 0, _UNFILTERED, axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPE[channels], 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def data_uri(pixels: np.ndarray) -> str:
    """Return `encode_png` as a ``data:`` address that a page can show without another file."""
    return "data:image/png;base64," + base64.b64encode(encode_png(pixels)).decode("ascii")
