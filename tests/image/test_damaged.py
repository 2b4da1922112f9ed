"""Files that are not quite as their formats ask: what Pillow reads is read, with its pixels."""

import io
import os
import struct
import zlib

import numpy as np
import pytest

from rushlight import image

PIL = pytest.importorskip("PIL.Image")

PIXELS = np.random.default_rng(0).integers(0, 256, (10, 21, 3), dtype=np.uint8)
PALETTE = bytes(range(255, -1, -1)) * 3
INDICES = np.arange(200, dtype=np.uint8).reshape(10, 20)


def encoded(form, mode="RGB", **options):
    file = io.BytesIO()
    PIL.fromarray(PIXELS).convert(mode).save(file, form, **options)
    return file.getvalue()


def pillows(data, mode="RGB"):
    return np.asarray(PIL.open(io.BytesIO(data)).convert(mode))


def chunk(kind, content, flip=0):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content) ^ flip)


def header(width=20, height=10, depth=8, color=3, methods=bytes(3)):
    return chunk(b"IHDR", struct.pack(">IIBB", width, height, depth, color) + methods)


def png(*chunks):
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def stream(rows):
    return zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))


RGB = header(21, color=2)
IMAGE = stream(PIXELS)
PIXEL_CHUNK = chunk(b"IDAT", IMAGE)
INDEXED = chunk(b"IDAT", stream(INDICES))
END = chunk(b"IEND", b"")

PNGS = {
    "the checksum of the pixels is wrong": png(RGB, chunk(b"IDAT", IMAGE, flip=1), END),
    "no end": png(RGB, PIXEL_CHUNK),
    "half an end": png(RGB, PIXEL_CHUNK, END[:7]),
    "half a checksum": png(RGB, PIXEL_CHUNK[:-2]),
    "pixels of endless length": png(RGB, b"\xff\xff\xff\xff" + PIXEL_CHUNK[4:], END),
    "a chunk that has to be known": png(RGB, chunk(b"ABCD", b"x"), PIXEL_CHUNK, END),
    "a text before the header": png(chunk(b"tEXt", b"a\0b"), RGB, PIXEL_CHUNK, END),
    "a longer header": png(chunk(b"IHDR", RGB[8:21] + b"\0"), PIXEL_CHUNK, END),
    "a method of compression": png(header(21, color=2, methods=b"\1\0\0"), PIXEL_CHUNK, END),
    "no palette": png(header(), INDEXED, END),
    "a palette without colours": png(header(), chunk(b"PLTE", b""), INDEXED, END),
    "a palette that ends within a colour": png(header(), chunk(b"PLTE", bytes(range(1, 8))), INDEXED, END),
    "a palette behind the pixels": png(header(), INDEXED, chunk(b"PLTE", PALETTE), END),
    "two palettes": png(header(), chunk(b"PLTE", bytes(768)), chunk(b"PLTE", PALETTE), INDEXED, END),
    "transparency before the palette": png(header(), chunk(b"tRNS", bytes(9)), chunk(b"PLTE", PALETTE), INDEXED, END),
    "more transparency than colours": png(
        header(), chunk(b"PLTE", PALETTE[:30]), chunk(b"tRNS", bytes(range(90, 130))), INDEXED, END
    ),
}


@pytest.mark.filterwarnings("ignore:Palette images with Transparency")
@pytest.mark.parametrize("data", PNGS.values(), ids=PNGS)
def test_png_as_pillow_reads_it(data):
    for mode in ("RGB", "RGBA"):
        np.testing.assert_array_equal(image.load_bytes(data, mode=mode), pillows(data, mode))


BROKEN_PNGS = {
    "the checksum of the header": (png(RGB[:-1] + b"\0", PIXEL_CHUNK, END), "the checksum of the chunk IHDR is wrong"),
    "the checksum of zlib": (png(RGB, chunk(b"IDAT", IMAGE[:-4] + b"abcd"), END), "malformed"),
    "too few pixels": (png(RGB, chunk(b"IDAT", stream(PIXELS[:5])), END), "malformed"),
    "cut within the pixels": (png(RGB, PIXEL_CHUNK[:200]), "truncated image: the data end within the pixels"),
    "cut before the pixels": (
        png(RGB, chunk(b"tEXt", b"a\0b")[:-1]),
        "truncated image: the data end before the pixels",
    ),
    "no pixels": (png(RGB, END), "there are no pixels"),
    "no header": (png(PIXEL_CHUNK, END), "there is no header before the pixels"),
}


@pytest.mark.parametrize(("data", "reason"), BROKEN_PNGS.values(), ids=BROKEN_PNGS)
def test_png_that_nobody_can_read(data, reason):
    with pytest.raises(image.ImageError, match=reason):
        image.load_bytes(data)


def test_the_padding_of_a_bitmaps_last_row_may_be_missing():
    data = encoded("BMP")
    assert 21 * 3 % 4 == 3
    np.testing.assert_array_equal(image.load_bytes(data[:-1]), PIXELS)
    with pytest.raises(image.ImageError, match="truncated"):
        image.load_bytes(data[:-2])


def test_the_pixels_of_a_bitmap_follow_its_header_where_nothing_is_said():
    for mode in ("RGB", "P"):
        data = encoded("BMP", mode)
        data = data[:10] + bytes(4) + data[14:]
        np.testing.assert_array_equal(image.load_bytes(data), pillows(data))


def test_a_bitmap_without_masks_has_alpha():
    plain = encoded("BMP", "RGBA")
    data = (
        plain[:10] + struct.pack("<I", 66) + plain[14:30] + struct.pack("<I", 3) + plain[34:54] + bytes(12) + plain[54:]
    )
    np.testing.assert_array_equal(image.load_bytes(data, mode="RGBA"), pillows(data, "RGBA"))


def test_qoi_ends_with_its_last_pixel():
    data = encoded("QOI")
    for odd in (data[:-8], data + b"more", data[:13] + b"\x09" + data[14:]):
        np.testing.assert_array_equal(image.load_bytes(odd), PIXELS)
    with pytest.raises(image.ImageError, match="QOI: truncated"):
        image.load_bytes(data[:-9])


def test_an_avif_may_be_followed_by_anything():
    data = encoded("AVIF")
    expected = image.load_bytes(data)
    at = data.index(b"mdat") - 4
    sizes = [data[:at] + struct.pack(">I", size) + data[at + 4 :] for size in (4, 0x7FFFFFFF, len(data) - at - 1)]
    for odd in (data + b"trailing rubbish", *sizes):
        np.testing.assert_array_equal(image.load_bytes(odd), expected)


def extended(*chunks):
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_a_webp_may_announce_alpha_and_have_none():
    plain = encoded("WEBP")
    head = bytes([0x10, 0, 0, 0, 20, 0, 0, 9, 0, 0])
    data = extended((b"VP8X", head), (b"VP8 ", plain[20:]))
    np.testing.assert_array_equal(image.load_bytes(data, mode="unchanged"), pillows(data, "RGBA"))
    larger = bytes([0x10, 0, 0, 0, 20, 0, 1, 9, 0, 0])
    with pytest.raises(image.ImageError, match="WebP: malformed"):
        image.load_bytes(extended((b"VP8X", larger), (b"VP8 ", plain[20:])))


def test_the_image_of_a_webp_may_come_late_in_its_file(tmp_path):
    plain = encoded("WEBP")
    path = tmp_path / "late.webp"
    head = bytes([0, 0, 0, 0, 20, 0, 0, 9, 0, 0])
    path.write_bytes(extended((b"VP8X", head), *[(b"ABCD", b"")] * 20000, (b"VP8 ", plain[20:])))
    assert image.image_info(path) == (21, 10)
    np.testing.assert_array_equal(image.load(path), image.load_bytes(plain))


def test_the_first_frame_of_a_webp_fits_its_canvas():
    def animation(width, height):
        sides = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        head = bytes([2, 0, 0, 0]) + bytes([20, 0, 0, 9, 0, 0])
        return extended((b"VP8X", head), (b"ANIM", bytes(6)), (b"ANMF", bytes(6) + sides + b"\x64\0\0\0" + image_chunk))

    image_chunk = encoded("WEBP")[12:]
    for size in ((21, 10), (20, 10)):
        np.testing.assert_array_equal(image.load_bytes(animation(*size)), pillows(animation(*size)))
    for size in ((21, 11), (22, 10), (1 << 24, 1 << 24)):
        with pytest.raises(image.ImageError, match="WebP: malformed"):
            image.load_bytes(animation(*size))


def test_lengths_of_plain_strips_do_not_count():
    data = bytearray(encoded("TIFF"))
    entry = data.index(struct.pack("<HH", 279, 4))
    data[entry + 8 : entry + 12] = struct.pack("<I", 7)
    np.testing.assert_array_equal(image.load_bytes(bytes(data)), PIXELS)


def test_a_file_url_means_a_regular_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, reason in (
        (tmp_path / "pipe", "not a regular file"),
        ("/dev/zero", "not a regular file"),
        (tmp_path, "a directory"),
    ):
        with pytest.raises(image.ImageError, match=reason):
            image.load_url(f"file://{path}")
    with pytest.raises(TypeError, match=r"a URL is a str, got PosixPath: use rushlight.image.load"):
        image.load_url(tmp_path)
