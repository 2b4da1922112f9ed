"""Encoders and `save`: formats, inputs, files that appear whole or not at all."""

import os
from io import BytesIO

import numpy as np
import pytest

import rushlight as rl
from rushlight import image

ENCODERS = {"JPEG": image.encode_jpeg, "PNG": image.encode_png, "WebP": image.encode_webp}


def picture(height=20, width=30, channels=3, dtype=np.uint8):
    y, x, c = np.mgrid[:height, :width, :channels]
    return (y * 5 + x * 3 + c * 40).astype(dtype)


@pytest.mark.parametrize("name", ENCODERS)
def test_the_header_says_what_was_written(name):
    info = image.image_info(BytesIO(ENCODERS[name](picture())))
    assert (info.format, *info, info.mode, info.bits) == (name, 30, 20, "RGB", 8)


@pytest.mark.parametrize("channels, mode", [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_a_png_has_the_channels_and_bits_of_the_array(channels, mode):
    for dtype, bits in (np.uint8, 8), (np.uint16, 16):
        array = picture(channels=channels, dtype=dtype)
        info = image.image_info(BytesIO(image.encode_png(array)))
        assert (info.mode, info.bits) == (mode, bits)
        assert np.array_equal(image.load_bytes(image.encode_png(array), mode="unchanged", dtype=dtype), array)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_jpeg_is_close_to_the_array(channels):
    array = picture(channels=channels)
    read = image.load_bytes(image.encode_jpeg(array, 95, "4:4:4"), mode="unchanged")
    assert np.abs(read.astype(int) - array).mean() < 2


@pytest.mark.parametrize("encode", ENCODERS.values())
def test_the_kind_of_input_makes_no_difference(encode):
    array = picture()
    expected = encode(array)
    tensor = rl.tensor(array.transpose(2, 0, 1).copy())
    assert encode(tensor) == expected
    assert encode(array[:, ::-1][:, ::-1]) == expected, "an array that is not contiguous"
    gray = array[..., 0]
    assert encode(gray) == encode(gray[..., None]) == encode(rl.tensor(gray.copy()))


def test_options_change_the_file():
    array = picture(64, 64)
    files = [
        image.encode_jpeg(array, **options)
        for options in ({}, {"quality": 90}, {"subsampling": "4:4:4"}, {"progressive": True}, {"optimize": True})
    ]
    assert len(set(files)) == len(files)
    assert len(image.encode_png(array, compress_level=0)) > len(image.encode_png(array, compress_level=9))
    assert image.encode_webp(array, lossless=True)[12:16] == b"VP8L"
    assert image.encode_webp(array)[12:16] == b"VP8 "
    assert len(image.encode_webp(array, quality=10)) < len(image.encode_webp(array, quality=95))


@pytest.mark.parametrize("name, format", [("a.jpg", "JPEG"), ("a.JPEG", "JPEG"), ("a.png", "PNG"), ("a.webp", "WebP")])
def test_the_name_decides_the_format(tmp_path, name, format):
    image.save(picture(), tmp_path / name)
    assert image.image_info(tmp_path / name).format == format
    assert os.listdir(tmp_path) == [name]


def test_save_passes_options_on(tmp_path):
    path = tmp_path / "picture"
    image.save(picture(), path, quality=90, format="jpg", subsampling="4:4:4")
    assert path.read_bytes() == image.encode_jpeg(picture(), 90, "4:4:4")
    image.save(picture(), str(path), format="WEBP", lossless=True)
    assert path.read_bytes() == image.encode_webp(picture(), lossless=True)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    image.save(picture(), path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError, match="the disk is full"):
        image.save(picture(5, 5), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.png"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link.png").symlink_to(tmp_path / "real.png")
    image.save(picture(), tmp_path / "link.png")
    assert (tmp_path / "link.png").is_symlink() and (tmp_path / "real.png").is_file()


@pytest.mark.parametrize(
    "call, error, message",
    [
        (
            lambda: image.encode_jpeg(picture(channels=4)),
            ValueError,
            "a JPEG has no alpha: convert the RGBA pixels to RGB",
        ),
        (lambda: image.encode_jpeg(picture(), quality=0), ValueError, "quality must be from 1 to 100, got 0"),
        (
            lambda: image.encode_jpeg(picture(), quality=7.5),
            TypeError,
            "quality must be an int from 1 to 100, got float",
        ),
        (lambda: image.encode_jpeg(picture(), subsampling="4:1:1"), ValueError, "subsampling must be"),
        (
            lambda: image.encode_jpeg(picture().astype(float)),
            TypeError,
            "expected pixels of uint8, got float64: scale, round and cast",
        ),
        (lambda: image.encode_png(picture(channels=5)), ValueError, r"got shape \[20, 30, 5\]"),
        (lambda: image.encode_png(picture(), compress_level=10), ValueError, "compress_level must be from 0 to 9"),
        (lambda: image.encode_webp(picture(0, 3)), ValueError, r"got shape \[0, 3, 3\]"),
        (lambda: image.encode_webp(np.zeros((1, 17000), np.uint8)), ValueError, "sides of a WebP are 1 to 16383 long"),
        (
            lambda: image.encode_jpeg(rl.zeros(20, 30, 3, dtype=rl.uint8)),
            ValueError,
            r"image tensor \[H, W\] or \[1 to 4, H, W\], got shape \[20, 30, 3\]",
        ),
        (lambda: image.save(picture(), "a.bmp"), ValueError, "the name 'a.bmp' is of no format that can be written"),
        (lambda: image.save(picture(), "a.png", quality=5), ValueError, "a PNG has no quality"),
        (lambda: image.save(picture(), "a.jpg", lossless=True), ValueError, "encode_jpeg has no such option: lossless"),
    ],
)
def test_errors_say_what_to_do(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_pil_images_of_every_mode():
    pil = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 6, 4), dtype=np.uint8)
    rgba = pil.fromarray(pixels)
    for mode, kept in (("RGBa", "RGBA"), ("PA", "RGBA"), ("P", "RGB"), ("1", "L"), ("CMYK", "RGB"), ("LA", "LA")):
        picture = rgba.convert(mode)
        found = image.load_bytes(image.encode_png(picture), mode="unchanged")
        assert np.array_equal(found.squeeze(), np.asarray(picture.convert(kept)))
    thin = rgba.convert("LA").convert("La")
    found = image.load_bytes(image.encode_png(thin), mode="unchanged")
    assert np.array_equal(found, np.asarray(thin.convert("LA")))
    for mode in ("I", "F"):
        with pytest.raises(TypeError, match="expected pixels of uint8 or uint16, got"):
            image.encode_png(rgba.convert("L").convert(mode))


def test_paths_of_bytes_and_folders_that_are_missing(tmp_path):
    pixels = np.zeros((2, 3, 3), np.uint8)
    image.save(pixels, bytes(tmp_path / "é.png"))
    assert image.load(tmp_path / "é.png").shape == (2, 3, 3)
    with pytest.raises(FileNotFoundError, match="no folder to save in.*none'"):
        image.save(pixels, tmp_path / "none" / "a.png")
