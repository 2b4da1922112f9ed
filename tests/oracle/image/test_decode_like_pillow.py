"""AVIF, progressive prefixes and colour profiles against Pillow (libavif, libjpeg-turbo, lcms2)."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from rushlight import image


def photograph(height, width, channels=3, seed=0):
    """Smooth shapes, an edge and noise."""
    noise = np.random.default_rng(seed).normal(0, 6, (height, width, channels))
    y, x = np.mgrid[:height, :width] / 20
    shapes = [np.sin(x) * 90, np.cos(y + x) * 90, np.where(x > y, 60, -60), np.sin(y) * 120][:channels]
    return (128 + np.stack(shapes, -1) + noise).clip(0, 255).astype(np.uint8)


def file(array, format, **options):
    out = io.BytesIO()
    Image.fromarray(array.squeeze()).save(out, format, **options)
    return out.getvalue()


def by_pillow(data, mode):
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert(mode))


def largest_difference(a, b):
    return int(np.abs(a.astype(int) - b.astype(int)).max())


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:4"])
@pytest.mark.parametrize("range", ["full", "limited"])
def test_avif_is_rounded_as_by_libavif(subsampling, range):
    for height, width in (40, 60), (33, 47), (1, 1), (64, 65):
        data = file(photograph(height, width), "AVIF", subsampling=subsampling, range=range, speed=9)
        assert largest_difference(image.load_bytes(data), by_pillow(data, "RGB")) <= 2


def test_avif_keeps_alpha_and_gray():
    data = file(photograph(30, 40, 4), "AVIF", speed=9)
    assert largest_difference(image.load_bytes(data, mode="RGBA"), by_pillow(data, "RGBA")) <= 1
    data = file(photograph(30, 40, 1), "AVIF", subsampling="4:0:0", speed=9)
    assert largest_difference(image.load_bytes(data, mode="L")[..., 0], by_pillow(data, "L")) <= 1


@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
def test_avif_is_turned_and_mirrored(orientation):
    exif = Image.Exif()
    exif[0x112] = orientation
    data = file(photograph(24, 36), "AVIF", exif=exif.tobytes(), speed=9)
    assert largest_difference(image.load_bytes(data), by_pillow(data, "RGB")) <= 2


def scan_ends(data):
    """Where each scan of a JPEG ends."""
    at, ends = 2, []
    while data[at + 1] != 0xD9:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        scan = data[at + 1] == 0xDA
        at += 2 + length
        if scan:
            while not (data[at] == 0xFF and data[at + 1] not in (0, *range(0xD0, 0xD8))):
                at += 1
            ends.append(at)
    return ends


@pytest.mark.parametrize("channels, subsampling", [(1, 0), (3, 0), (3, 1), (3, 2)])
def test_progressive_files_without_their_last_scans_are_smoothed_as_by_libjpeg(channels, subsampling):
    for quality, (height, width) in (40, (70, 90)), (90, (41, 23)):
        data = file(
            photograph(height, width, channels), "JPEG", quality=quality, progressive=True, subsampling=subsampling
        )
        for end in scan_ends(data):
            part = data[:end] + b"\xff\xd9"
            assert np.array_equal(image.load_bytes(part), by_pillow(part, "RGB")), (quality, end)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_profiles_are_converted_as_by_lcms(format):
    """A wide profile: sRGB's with red and green exchanged in its matrix, so that every colour moves."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    options = {"lossless": True} if format == "WEBP" else {}
    data = file(photograph(40, 50), format, icc_profile=bytes(profile), **options)
    source = Image.open(io.BytesIO(data))
    embedded = ImageCms.ImageCmsProfile(io.BytesIO(source.info["icc_profile"]))
    expected = np.asarray(ImageCms.profileToProfile(source.convert("RGB"), embedded, ImageCms.createProfile("sRGB")))
    ours = image.load_bytes(data, icc=True)
    assert largest_difference(ours, expected) <= (4 if format == "AVIF" else 2)
    assert largest_difference(ours, image.load_bytes(data)) > 20
