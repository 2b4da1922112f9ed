"""The photographs that are loaded, as the bytes of files."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps


def camera(data: Path, least: float = 0, most: float = 1e9) -> list[bytes]:
    """Return the camera's files of ``least`` to ``most`` megapixels."""
    found = []
    for path in sorted((data / "photos" / "camera").glob("*.jpg")):
        with Image.open(path) as image:
            if least <= image.width * image.height / 1e6 <= most:
                found.append(path.read_bytes())
    return found


def lossless(data: Path) -> list[bytes]:
    """Return Kodak's 24 photographs, PNG files of 768x512 pixels."""
    return [path.read_bytes() for path in sorted((data / "kodak").glob("*.png"))]


def small(data: Path, quality: int = 95) -> list[bytes]:
    """Return all photographs as JPEG files of ImageNet's usual size, 500x375 or 375x500."""
    found = []
    for file in (*camera(data), *lossless(data)):
        with Image.open(BytesIO(file)) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        size = (500, 375) if upright.width >= upright.height else (375, 500)
        buffer = BytesIO()
        ImageOps.fit(upright, size, Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=quality)
        found.append(buffer.getvalue())
    return found
