"""Loading: sizes, crops, scales, modes and the results of what cannot be read. Pillow is the judge of pixels."""

import io
import threading
import warnings

import numpy as np
import pytest
from data import shared

import rushlight as rl
from rushlight import image
from rushlight.image import ImageError, ImageNotFoundError, ImageWarning

Image = pytest.importorskip("PIL.Image")

FILTERS = {
    "nearest": Image.NEAREST,
    "bilinear": Image.BILINEAR,
    "bicubic": Image.BICUBIC,
    "catmullrom": Image.BICUBIC,
    "lanczos3": Image.LANCZOS,
    "area": Image.BOX,
}


def photo(width, height, mode="RGB"):
    """A picture with smooth and sharp parts."""
    y, x = np.mgrid[:height, :width]
    waves = np.stack([128 + 100 * np.sin(x / 7 + c) * np.cos(y / (5 + c)) for c in range(3)], -1)
    waves[height // 3 : height // 2, width // 4 : width // 2] = (250, 10, 90)
    return Image.fromarray(waves.astype(np.uint8)).convert(mode)


def encoded(picture, form="JPEG", **options):
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


@pytest.fixture
def jpeg():
    return encoded(photo(150, 101), quality=92)


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def shortest(width, height, size):
    """The size of torchvision's ``Resize(size)``."""
    return (size, int(size * height / width)) if width <= height else (int(size * width / height), size)


def test_all_pixels_are_pillows(jpeg, tmp_path):
    path = tmp_path / "not-a.png"
    path.write_bytes(jpeg)
    for source in (path, str(path), io.BytesIO(jpeg)):
        array = image.load(source)
        assert array.dtype == np.uint8 and np.array_equal(array, pixels(jpeg))


@pytest.mark.parametrize("algorithm", FILTERS)
@pytest.mark.parametrize("width, height", [(150, 101), (64, 201)])
def test_resize_and_crop_are_pillows(algorithm, width, height):
    data = encoded(photo(width, height), "PNG")
    picture = Image.open(io.BytesIO(data))
    for size in (32, 48, (20, 70)):
        wanted = shortest(width, height, size) if isinstance(size, int) else size[::-1]
        resized = np.asarray(picture.resize(wanted, FILTERS[algorithm]))
        assert np.array_equal(image.load_bytes(data, size, algorithm), resized)
        top, left = round((resized.shape[0] - 17) / 2), round((resized.shape[1] - 20) / 2)
        cropped = image.load_bytes(data, size, algorithm, (17, 20))
        assert np.array_equal(cropped, resized[top : top + 17, left : left + 20])


def test_crop_center_covers_and_cuts(jpeg):
    assert image.load_bytes(jpeg, 64, crop="center").shape == (64, 64, 3)
    assert image.load_bytes(jpeg, crop="center").shape == (101, 101, 3)
    covered = image.load_bytes(jpeg, (60, 40), crop="center")
    whole = np.asarray(Image.open(io.BytesIO(jpeg)).resize((89, 60), Image.LANCZOS))
    assert np.array_equal(covered, whole[:, 24:64])


def test_crop_must_fit(jpeg):
    with pytest.raises(ValueError, match="crop of 300x300 does not fit into the image resized to 101x150"):
        image.load_bytes(jpeg, crop=300)


@pytest.mark.parametrize("name", ["imagenet", "clip", "[-1,1]"])
def test_normalize_is_torchvisions_arithmetic(jpeg, name):
    from rushlight.image._recipe import NORMALIZATIONS

    mean, std = (np.float32(values).reshape(-1, 1, 1) for values in NORMALIZATIONS[name])
    array = image.load_bytes(jpeg, size=40, crop="center", normalize=name)
    plain = image.load_bytes(jpeg, size=40, crop="center").transpose(2, 0, 1)
    assert array.dtype == np.float32 and array.shape == (3, 40, 40)
    np.testing.assert_array_equal(array, (plain.astype(np.float32) / 255 - mean) / std)
    assert np.array_equal(image.load_bytes(jpeg, 40, None, "center", (mean.ravel(), std.ravel())), array)


def test_types_and_layouts(jpeg):
    plain = image.load_bytes(jpeg)
    assert np.array_equal(image.load_bytes(jpeg, layout="CHW"), plain.transpose(2, 0, 1))
    scaled = image.load_bytes(jpeg, dtype="float32")
    assert np.array_equal(scaled, plain.astype(np.float32) / 255)
    assert image.load_bytes(jpeg, dtype=np.float64).dtype == np.float64
    assert image.load_bytes(jpeg, dtype=rl.float16, normalize="imagenet").dtype == np.float16
    assert np.array_equal(image.load_bytes(jpeg, dtype="uint16"), plain.astype(np.uint16) * 257)
    with pytest.raises(ValueError, match="normalize gives floats"):
        image.load_bytes(jpeg, normalize="clip", dtype="uint8")


def test_sixteen_bits_are_kept():
    deep = (np.arange(20 * 30, dtype=np.uint16) * 109).reshape(20, 30)
    data = encoded(Image.fromarray(deep), "PNG")
    array = image.load_bytes(data, dtype="uint16", mode="unchanged")
    assert array.shape == (20, 30, 1) and np.array_equal(array[..., 0], deep)
    assert np.array_equal(image.load_bytes(data, mode="L")[..., 0], deep >> 8)
    assert np.array_equal(image.load_bytes(data, dtype="uint16", mode="L", crop=(10, 10))[..., 0], deep[5:15, 10:20])
    with pytest.raises(ValueError, match="16-bit samples are not resized"):
        image.load_bytes(data, 10, dtype="uint16")


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_modes_are_pillows(mode):
    picture = photo(30, 20, "RGBA")
    picture.putalpha(photo(30, 20, "L"))
    for stored in ("L", "LA", "RGB", "RGBA"):
        data = encoded(picture.convert(stored), "PNG")
        wanted = np.asarray(Image.open(io.BytesIO(data)).convert(mode)).reshape(20, 30, -1)
        assert np.array_equal(image.load_bytes(data, mode=mode), wanted)
        assert image.load_bytes(data, mode="unchanged").shape[-1] == len(stored)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparent_pixels_lend_no_colour(mode):
    picture = photo(60, 41, "RGBA")
    picture.putalpha(photo(60, 41, "L").point(lambda v: 0 if v < 100 else v))
    picture = picture.convert(mode)
    data = encoded(picture, "PNG")
    for name, judge in FILTERS.items():
        wanted = np.asarray(picture.resize((30, 20), judge))
        assert np.array_equal(image.load_bytes(data, (20, 30), name, mode=mode), wanted), name


def test_background_shows_through():
    picture = photo(30, 20, "RGBA")
    picture.putalpha(photo(30, 20, "L"))
    data = encoded(picture, "PNG")
    array = image.load_bytes(data, background=(255, 128, 0)).astype(int)
    behind = Image.new("RGBA", (30, 20), (255, 128, 0, 255))
    wanted = np.asarray(Image.alpha_composite(behind, picture).convert("RGB")).astype(int)
    assert abs(array - wanted).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_then_everything_else(orientation):
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(photo(150, 101), quality=95, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert np.array_equal(image.load_bytes(data), np.asarray(upright))
    assert np.array_equal(image.load_bytes(data, exif=False), pixels(data))
    assert image.image_info(io.BytesIO(data)) == upright.size
    assert image.image_info(io.BytesIO(data)).orientation == orientation
    for algorithm, judge in FILTERS.items():
        resized = np.asarray(upright.resize(shortest(*upright.size, 40), judge))
        got = image.load_bytes(data, 40, algorithm)
        assert got.shape == resized.shape and abs(got.astype(int) - resized).max() <= 1
        top, left = round((resized.shape[0] - 24) / 2), round((resized.shape[1] - 31) / 2)
        assert np.array_equal(image.load_bytes(data, 40, algorithm, (24, 31)), got[top : top + 24, left : left + 31])


def test_scaled_decoding_is_near_full_decoding():
    data = encoded(photo(1600, 1200).filter(__import__("PIL.ImageFilter").ImageFilter.GaussianBlur(2)), quality=95)
    for size, (share, most) in {37: (0, 1), 90: (0.05, 3), 149: (0.09, 3)}.items():
        wanted = np.asarray(Image.open(io.BytesIO(data)).resize(shortest(1600, 1200, size), Image.LANCZOS)).astype(int)
        apart = abs(image.load_bytes(data, size) - wanted)
        assert (apart > 1).mean() <= share and apart.max() <= most, ((apart > 1).mean(), apart.max())


@pytest.mark.parametrize("algorithm", ["bilinear", "lanczos3"])
@pytest.mark.parametrize("size", [64, 224])
def test_scaled_decoding_of_photographs_is_near_full_decoding(algorithm, size):
    apart = {}
    for path in sorted(shared("photos/camera").glob("*.jpg")):
        full = image.load(path, size, algorithm, exact=True).astype(int)
        apart[path.name] = np.abs(image.load(path, size, algorithm) - full)
    assert max((levels > 1).mean() for levels in apart.values()) <= 0.003
    assert max((levels > 2).mean() for levels in apart.values()) <= 0.0004
    assert max(levels.max() for levels in apart.values()) <= 6
    assert max(levels.mean() for levels in apart.values()) <= 0.35


@pytest.mark.parametrize("quality", [30, 95])
@pytest.mark.parametrize(
    "mode, options",
    [
        ("L", {}),
        ("RGB", {"subsampling": 0}),
        ("RGB", {"subsampling": 1}),
        ("RGB", {"subsampling": 2}),
        ("RGB", {"keep_rgb": True}),
        ("CMYK", {}),
    ],
)
def test_scaled_decoding_clamps_each_pixel(mode, options, quality):
    """Pixels of extreme colours, which coding moves beyond 0 and 255."""
    cells = np.random.default_rng(0).integers(0, 2, (408, 400, 3)).astype(np.uint8) * 255
    picture = Image.fromarray(cells.repeat(3, 0).repeat(4, 1)).convert(mode)
    data = encoded(picture, quality=quality, **options)
    for algorithm in ("bilinear", "lanczos3"):
        apart = np.abs(
            image.load_bytes(data, 50, algorithm).astype(int) - image.load_bytes(data, 50, algorithm, exact=True)
        )
        assert (apart > 1).mean() <= 0.05 and apart.max() <= 4, ((apart > 1).mean(), apart.max())


def test_padding_beyond_the_image_is_not_seen():
    """A JPEG's last blocks may hold anything below and right of the image."""
    pixels = np.asarray(photo(1600, 1200)).copy()
    pixels[1194:], pixels[:, 1593:] = 0, 255
    data = bytearray(encoded(Image.fromarray(pixels), quality=95, subsampling=0))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = (1194).to_bytes(2) + (1593).to_bytes(2)
    for algorithm in ("bilinear", "lanczos3"):
        full = image.load_bytes(bytes(data), 37, algorithm, exact=True).astype(int)
        apart = np.abs(image.load_bytes(bytes(data), 37, algorithm) - full)
        assert apart[-1].max() <= 3 and apart[:, -1].max() <= 3, (apart[-1].max(), apart[:, -1].max())


def test_exact_is_full_decoding():
    data = encoded(photo(1600, 1200), quality=90)
    wanted = Image.open(io.BytesIO(data)).resize((80, 60), Image.LANCZOS)
    assert np.array_equal(image.load_bytes(data, 60, exact=True), np.asarray(wanted))


def test_batches_are_single_images_joined(tmp_path):
    paths = []
    for i, size in enumerate([(80, 60), (50, 90), (64, 64), (200, 40)]):
        paths.append(tmp_path / f"{i}.jpg")
        paths[-1].write_bytes(encoded(photo(*size)))
    singles = [image.load(path, 32, crop="center", normalize="imagenet") for path in paths]
    for workers in (1, 2, 7, None):
        batch = image.load_batch(paths, 32, crop="center", normalize="imagenet", workers=workers)
        assert batch.shape == (4, 3, 32, 32) and batch.flags.c_contiguous
        assert np.array_equal(batch, np.stack(singles))
    various = image.load_batch(paths, 32)
    assert isinstance(various, list) and [a.shape for a in various] == [image.load(p, 32).shape for p in paths]
    same = image.load_batch_bytes([paths[0].read_bytes()] * 3)
    assert same.shape == (3, 60, 80, 3)
    assert image.load_batch([], size=(4, 5)).shape == (0, 4, 5, 3)
    assert image.image_info_batch(paths) == [(80, 60), (50, 90), (64, 64), (200, 40)]


def test_one_bad_file_does_not_end_the_run(jpeg, tmp_path):
    good, bad = tmp_path / "good.jpg", tmp_path / "bad.jpg"
    good.write_bytes(jpeg)
    bad.write_bytes(jpeg[: len(jpeg) // 2])
    paths = [good, bad, tmp_path / "missing.jpg", good]
    with pytest.raises(ImageError, match=r"bad\.jpg: JPEG: truncated image"):
        image.load_batch(paths, (16, 16))
    report = []
    kept = image.load_batch(paths, (16, 16), errors="skip", report=report)
    assert len(kept) == 2 and [error.index for error in report] == [1, 2]
    assert isinstance(report[1], ImageNotFoundError) and report[0].format == "JPEG"
    with pytest.warns(ImageWarning, match=r"bad\.jpg.* and 1 more"):
        filled = image.load_batch(paths, (16, 16), errors="substitute")
    assert not filled[1:3].any() and np.array_equal(filled[0], filled[3])
    with pytest.warns(ImageWarning):
        assert image.load(bad, errors="skip") is None


def test_errors_name_file_format_and_reason(tmp_path, jpeg):
    with pytest.raises(FileNotFoundError, match="missing"):
        image.load(tmp_path / "missing.jpg")
    with pytest.raises(ImageError, match="it is a directory"):
        image.load(tmp_path)
    with pytest.raises(ImageError, match="there are no data"):
        image.load_bytes(b"")
    with pytest.raises(ImageError, match="max_pixels=100"):
        image.load_bytes(jpeg, max_pixels=100)
    with pytest.raises(ImageError, match="max_memory=10"):
        image.load_bytes(jpeg, max_memory=10)
    for kind in (OSError, ValueError):
        with pytest.raises(kind):
            image.load_bytes(b"no image at all")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"algorithm": "cubic"}, "algorithm="),
        ({"crop": "left"}, "crop="),
        ({"normalize": "coco"}, "normalize="),
        ({"mode": "CMYK"}, "mode="),
        ({"layout": "NHWC"}, "layout="),
        ({"dtype": "int8"}, "dtype="),
        ({"errors": "ignore"}, "errors="),
        ({"normalize": ((0.5, 0.5), (1.0,))}, "one of each"),
        ({"normalize": "imagenet", "mode": "L"}, "3 means"),
        ({"framework": "mxnet"}, "framework="),
        ({"size": 0}, "size=0 is not a positive"),
        ({"size": (5, -1)}, "size="),
        ({"size": (1, 2, 3)}, "size="),
        ({"size": ()}, "size="),
        ({"crop": 2**70}, "crop="),
        ({"background": (300, 0, 0)}, "background="),
        ({"background": "white"}, "background="),
        ({"max_pixels": -1}, "max_pixels="),
        ({"max_memory": "much"}, "max_memory="),
    ],
)
def test_wrong_arguments_say_what_is_right(jpeg, options, message):
    with pytest.raises(ValueError, match=message):
        image.load_bytes(jpeg, **options)


def test_arguments_of_other_kinds(jpeg):
    wanted = image.load_bytes(jpeg, 20)
    for size in (np.int64(20), np.array(20), rl.tensor(20), [20], 20.0):
        assert np.array_equal(image.load_bytes(jpeg, size), wanted)
    assert np.array_equal(image.load_bytes(jpeg, 20, max_pixels=None, max_memory=None), wanted)
    assert np.array_equal(image.load_bytes(rl.tensor(list(jpeg), dtype=rl.uint8), 20), wanted)
    for name in ("algorithm", "mode", "layout"):
        with pytest.raises(TypeError, match=f"{name}=3 is not a name"):
            image.load_bytes(jpeg, **{name: 3})
    with pytest.raises(TypeError, match="a sequence of paths is needed, not the one path 'a.jpg'"):
        image.load_batch("a.jpg")
    with pytest.raises(TypeError, match="not the bytes of one"):
        image.load_batch_bytes(jpeg)
    with pytest.raises(TypeError, match="workers='2'"):
        image.load_batch_bytes([jpeg], workers="2")


def test_tensors_and_devices(jpeg):
    tensor = image.load_bytes(jpeg, 20, crop="center", normalize="imagenet", device="cpu")
    assert isinstance(tensor, rl.Tensor) and tensor.shape == (3, 20, 20) and tensor.dtype == rl.float32
    with pytest.raises(NotImplementedError, match="cuda"):
        image.load_bytes(jpeg, device="cuda")
    array = image.load_bytes(jpeg)
    assert np.array_equal(rl.from_dlpack(image.to_dlpack(array)).numpy(), array)


def test_threads_load_at_once(jpeg):
    wanted = image.load_bytes(jpeg, 33)
    wrong = []

    def work():
        for _ in range(20):
            if not np.array_equal(image.load_bytes(jpeg, 33), wanted):
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_every_truncation_is_an_error_or_the_image(jpeg):
    whole = image.load_bytes(jpeg, 40, crop=16)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for end in range(0, len(jpeg), 64):
            try:
                part = image.load_bytes(jpeg[:end], 40, crop=16)
            except ImageError:
                continue
            # The crop ends before the image does.
            assert np.array_equal(part, whole)
