"""Files written here against those of Pillow."""

import io

import numpy as np
import pytest
from PIL import Image

from rushlight import image

SAMPLINGS = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}


def photograph(height, width, seed=0):
    """Smooth shapes, an edge and noise: all kinds of blocks."""
    noise = np.random.default_rng(seed).normal(0, 6, (height, width, 3))
    y, x = np.mgrid[:height, :width] / 20
    shapes = np.stack([np.sin(x) * 90, np.cos(y + x) * 90, np.where(x > y, 60, -60)], -1)
    return (128 + shapes + noise).clip(0, 255).astype(np.uint8)


def by_pillow(array, format, **options):
    file = io.BytesIO()
    Image.fromarray(array).save(file, format, **options)
    return file.getvalue()


@pytest.mark.parametrize("subsampling", SAMPLINGS)
@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"progressive": True}], ids=str)
@pytest.mark.parametrize("quality", [1, 10, 50, 75, 90, 95, 100])
def test_a_jpeg_has_the_bytes_of_libjpeg(quality, options, subsampling):
    for height, width in (64, 96), (61, 83), (33, 17), (1, 1), (7, 130):
        array = photograph(height, width)
        ours = image.encode_jpeg(array, quality, subsampling, **options)
        assert ours == by_pillow(array, "JPEG", quality=quality, subsampling=SAMPLINGS[subsampling], **options), (
            height,
            width,
        )


@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"progressive": True}], ids=str)
def test_a_gray_jpeg_has_the_bytes_of_libjpeg(options):
    array = photograph(45, 70)[..., 0]
    for quality in 5, 75, 98:
        assert image.encode_jpeg(array, quality, **options) == by_pillow(array, "JPEG", quality=quality, **options)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pillow_reads_the_pixels_of_our_png_and_webp(channels):
    array = np.concatenate([photograph(40, 50), photograph(40, 50, 1)], -1)[..., :channels].squeeze()
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(image.encode_png(array)))), array)
    lossless = Image.open(io.BytesIO(image.encode_webp(array, lossless=True)))
    assert np.array_equal(np.asarray(lossless.convert({1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels])), array)


def test_pillow_reads_sixteen_bits():
    array = (photograph(9, 11)[..., 0].astype(np.uint16) << 8) + 77
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(image.encode_png(array)))), array)


def test_images_of_pillow_are_taken():
    array = photograph(20, 30)
    picture = Image.fromarray(array)
    assert image.encode_jpeg(picture) == image.encode_jpeg(array)
    assert image.encode_png(picture.convert("RGBA")) == image.encode_png(
        np.dstack([array, np.full((20, 30), 255, np.uint8)])
    )
    palette = picture.quantize(16)
    assert image.encode_png(palette) == image.encode_png(np.asarray(palette.convert("RGB")))


def test_a_lossy_webp_is_about_as_good_as_libwebp():
    array = photograph(120, 160)

    def error(file):
        return np.mean((np.asarray(Image.open(io.BytesIO(file)).convert("RGB")).astype(float) - array) ** 2)

    for quality in 30, 60, 80:
        assert error(image.encode_webp(array, quality)) < 2.5 * error(by_pillow(array, "WEBP", quality=quality))
