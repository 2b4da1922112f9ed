"""Grey pictures made here, and the smallest files that hold them."""

import struct
import zlib
from pathlib import Path

import numpy as np


def picture(seed: int, height: int = 96, width: int = 128) -> np.ndarray:
    """Smooth grey shapes that are unlike those of other seeds."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    waves = sum(np.sin(2 * np.pi * (a * x + b * y) + c) for a, b, c in random.uniform(-4, 4, (8, 3)))
    return np.interp(waves, (waves.min(), waves.max()), (0, 255)).astype(np.uint8)


def write_pgm(path: Path, pixels: np.ndarray) -> str:
    height, width = pixels.shape
    path.write_bytes(b"P5 %d %d 255\n" % (width, height) + pixels.tobytes())
    return str(path)


def write_png(path: Path, pixels: np.ndarray, orientation: int = 1) -> str:
    """A grey PNG with an ``eXIf`` chunk."""
    height, width = pixels.shape
    rows = zlib.compress(np.insert(pixels, 0, 0, axis=1).tobytes())
    exif = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x0112, 3, 1, orientation, 0)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"eXIf", exif), (b"IDAT", rows), (b"IEND", b"")]
    parts = (struct.pack(">I", len(b)) + n + b + struct.pack(">I", zlib.crc32(n + b)) for n, b in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return str(path)


def brighter(pixels: np.ndarray) -> np.ndarray:
    return np.clip(pixels * 0.95 + 8, 0, 255).astype(np.uint8)


# Hashes
