"""Less common kinds of files against Pillow: TIFF of all sorts, GIF on odd canvases, orientations wherever they are told."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from rushlight import image

HEIGHT, WIDTH = 23, 37


def photograph(channels, seed=0):
    """Smooth shapes and noise."""
    noise = np.random.default_rng(seed).normal(0, 6, (HEIGHT, WIDTH, channels))
    y, x = np.mgrid[:HEIGHT, :WIDTH] / 9
    shapes = [np.sin(x) * 90, np.cos(y + x) * 90, np.where(x > y, 60, -60), np.sin(y) * 120][:channels]
    return (128 + np.stack(shapes, -1) + noise).clip(0, 255).astype(np.uint8)


def picture(mode):
    rgb, gray = Image.fromarray(photograph(3)), Image.fromarray(photograph(1)[..., 0])
    match mode:
        case "RGBA":
            return Image.fromarray(photograph(4))
        case "L":
            return gray
        case "LA":
            return Image.merge("LA", (gray, gray.rotate(180)))
        case "P":
            return rgb.quantize(100)
        case "I":
            return Image.fromarray(photograph(1)[..., 0].astype(np.int32) * 4 - 200)
        case "F":
            return Image.fromarray(photograph(1)[..., 0].astype(np.float32) * 1.3 - 20)
        case "1":
            return gray.convert("1")
    return rgb.convert(mode)


def file(picture, format, **options):
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def by_pillow(data, mode):
    array = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert(mode))
    return array if array.ndim == 3 else array[..., None]


def assert_like_pillow(data, tolerance=0):
    for mode in "RGB", "RGBA", "L":
        ours, theirs = image.load_bytes(data, mode=mode), by_pillow(data, mode)
        assert ours.shape == theirs.shape
        assert np.abs(ours.astype(int) - theirs).max() <= tolerance, mode
    assert image.image_info(io.BytesIO(data)) == theirs.shape[1::-1]


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "YCbCr", "I", "F"])
def test_tiff_of_every_mode_and_compression(mode, compression):
    for options in {}, {"big_tiff": True}, {"strip_size": 100} if compression else {}:
        data = file(picture(mode), "TIFF", compression=compression, **options)
        assert_like_pillow(data, tolerance=1 if mode == "YCbCr" else 0)


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_tiff_compressed_as_a_fax(compression):
    assert_like_pillow(file(picture("1"), "TIFF", compression=compression))


@pytest.mark.parametrize("mode", ["RGB", "YCbCr", "L"])
@pytest.mark.parametrize("quality", [30, 95])
def test_tiff_of_jpeg_strips(mode, quality):
    assert_like_pillow(file(picture(mode), "TIFF", compression="jpeg", quality=quality, strip_size=2000))


@pytest.mark.parametrize("orientation", range(11))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientations_of_exif(format, orientation):
    exif = Image.Exif()
    exif[0x112] = orientation
    options = {"lossless": True} if format == "WEBP" else {}
    assert_like_pillow(file(picture("RGB"), format, exif=exif.tobytes() if format != "TIFF" else exif, **options))


def entry(kind, count, value):
    return b"MM\0*\0\0\0\x08\0\x01\x01\x12" + struct.pack(">HI", kind, count) + value + bytes(4)


@pytest.mark.filterwarnings("ignore:Metadata Warning")
@pytest.mark.parametrize(
    "kind, count, value",
    [(kind, 1, b"\0\0\0\6") for kind in (4, 9, 13)]
    + [(kind, 1, b"\0\6\0\0") for kind in (3, 8)]
    + [(kind, 1, b"\6\0\0\0") for kind in (1, 2, 6, 7)]
    + [(3, 0, b"\0\6\0\0"), (3, 2, b"\0\6\0\3")],
)
def test_orientations_of_every_type(kind, count, value):
    assert_like_pillow(with_chunk(b"eXIf", entry(kind, count, value)))


def with_chunk(kind, content, after_pixels=False):
    """A PNG with a chunk more."""
    data = file(picture("RGB"), "PNG")
    chunk = struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    at = len(data) - 12 if after_pixels else 33
    return data[:at] + chunk + data[at:]


XMP = b'<rdf:Description tiff:Orientation="6"/>'
RAW = b"\nexif\n      26\n" + entry(3, 1, b"\0\6\0\0").hex().encode() + b"\n"


@pytest.mark.parametrize("after_pixels", [False, True])
@pytest.mark.parametrize(
    "kind, content",
    [
        (b"eXIf", entry(3, 1, b"\0\6\0\0")),
        (b"eXIf", b"Exif\0\0" + entry(3, 1, b"\0\6\0\0")),
        (b"tEXt", b"Raw profile type exif\0" + RAW),
        (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(RAW)),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP)),
    ],
)
def test_orientations_in_the_chunks_of_a_png(kind, content, after_pixels):
    data = with_chunk(kind, content, after_pixels)
    assert_like_pillow(data)
    assert image.load_bytes(data).shape == (WIDTH, HEIGHT, 3)


@pytest.mark.parametrize("xmp", [XMP, b"<tiff:Orientation>8</tiff:Orientation>", b'tiff:Orientation="9"', b"none"])
@pytest.mark.parametrize("format", ["JPEG", "WEBP", "PNG", "TIFF"])
def test_orientations_of_xmp(format, xmp):
    if format == "PNG":
        assert_like_pillow(with_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))
    elif format != "TIFF":
        options = {"lossless": True} if format == "WEBP" else {}
        assert_like_pillow(file(picture("RGB"), format, xmp=xmp, **options))
    else:
        assert_like_pillow(file(picture("RGB"), format, tiffinfo={700: xmp}))


def test_a_png_without_its_last_chunk():
    assert_like_pillow(file(picture("RGB"), "PNG")[:-12])


PALETTE = bytes(range(7, 19))


def gif(screen, place, before=b"", global_palette=PALETTE, local_palette=b"", transparent=None):
    """A GIF whose codes never grow: two pixels, then the tables are cleared."""
    _, _, width, height = place
    codes = [code for i in range(width * height) for code in ([4] if i % 2 == 0 else []) + [i * 7 % 11 % 4]] + [5]
    bits = "".join(f"{code:03b}"[::-1] for code in codes)
    packed = bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8))
    blocks = b"".join(bytes([len(packed[i : i + 255])]) + packed[i : i + 255] for i in range(0, len(packed), 255))
    control = b"" if transparent is None else b"!\xf9\4\1\0\0" + bytes([transparent, 0])
    head = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x81 if global_palette else 1, 0, 0) + global_palette + before
    frame = b"," + struct.pack("<HHHHB", *place, 0x81 if local_palette else 0) + local_palette
    return head + control + frame + b"\2" + blocks + b"\0;"


@pytest.mark.parametrize("transparent", [None, 0, 2, 200])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"local_palette": PALETTE[::-1]},
        {"global_palette": b"", "local_palette": PALETTE},
        {"global_palette": b""},
        {"global_palette": b"\0\0\0\1\1\1\2\2\2\3\3\3"},
        {"before": b"\0\0\0"},
        {"before": b"!\xfe\5hello\0!\xff\x0bXMP DataXMP<x/>\1" + bytes(range(255, -1, -1)) + b"\0\0"},
    ],
)
def test_gif_frames_on_their_canvas(options, transparent):
    for screen, place in ((30, 20), (0, 0, 30, 20)), ((40, 33), (5, 6, 30, 20)), ((20, 10), (5, 6, 30, 20)):
        assert_like_pillow(gif(screen, place, transparent=transparent, **options))


def test_the_first_frame_of_a_webp_animation_is_shown_as_it_is():
    def chunk(kind, content):
        return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)

    frame = file(picture("RGBA"), "WEBP", lossless=True, exact=True)[12:]
    place = bytes([2, 0, 0, 3, 0, 0, WIDTH - 1, 0, 0, HEIGHT - 1, 0, 0, 100, 0, 0, 0])
    for flags in 0x12, 2:
        body = b"WEBP" + chunk(b"VP8X", bytes([flags, 0, 0, 0, 59, 0, 0, 39, 0, 0])) + chunk(b"ANIM", bytes(6))
        body += chunk(b"ANMF", place + frame)
        assert_like_pillow(b"RIFF" + struct.pack("<I", len(body)) + body)


@pytest.mark.parametrize("format, name", [("ICO", "ICO"), ("JPEG2000", "JPEG 2000"), ("DDS", "DDS"), ("PDF", "PDF")])
def test_formats_that_are_not_decoded_are_named(format, name):
    with pytest.raises(image.ImageError, match=name):
        image.load_bytes(file(picture("RGB"), format))
