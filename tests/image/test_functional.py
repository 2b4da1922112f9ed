"""Properties of the functions on images: what must hold whatever anyone else's library says."""

import io
import itertools

import numpy as np
import pytest

import rushlight as rl
from rushlight.image.transforms import functional as F

HEIGHT, WIDTH = 37, 53
rng = np.random.default_rng(0)


def image(channels=3, dtype=np.uint8, height=HEIGHT, width=WIDTH):
    """Smooth shapes with some noise, ``[C, H, W]``."""
    y, x = np.mgrid[:height, :width]
    waves = [127 + 90 * np.sin(x / (5 + c)) * np.cos(y / 7) for c in range(channels)]
    samples = (np.stack(waves) + np.random.default_rng(1).normal(0, 9, (channels, height, width))).clip(0, 255)
    return samples.astype(np.uint8) if dtype == np.uint8 else (samples / 255).astype(dtype)


def interleaved(planes):
    return np.ascontiguousarray(np.moveaxis(planes, -3, -1))


SHIFTS = np.random.default_rng(2).normal(0, 0.05, (1, HEIGHT, WIDTH, 2)).astype(np.float32)
CORNERS = [[0, 0], [WIDTH - 1, 0], [WIDTH - 1, HEIGHT - 1], [0, HEIGHT - 1]]
MOVED = [[4, 2], [WIDTH - 9, 1], [WIDTH - 3, HEIGHT - 5], [2, HEIGHT - 2]]

# Every function from an image to an image, for one and three channels.
OPERATIONS = {
    "crop": lambda x: F.crop(x, 3, 5, 20, 31),
    "crop beyond": lambda x: F.crop(x, -3, 40, 30, 31),
    "center_crop": lambda x: F.center_crop(x, [20, 60]),
    "hflip": F.hflip,
    "vflip": F.vflip,
    "pad": lambda x: F.pad(x, [1, 2, 3, 4], 7),
    "pad edge": lambda x: F.pad(x, 5, padding_mode="edge"),
    "pad reflect": lambda x: F.pad(x, [9, 3], padding_mode="reflect"),
    "pad symmetric": lambda x: F.pad(x, [9, 3], padding_mode="symmetric"),
    "erase": lambda x: F.erase(x, 2, 3, 10, 12, 1),
    "resize": lambda x: F.resize(x, [20, 71]),
    "resize nearest": lambda x: F.resize(x, [20, 71], "nearest"),
    "resize lanczos": lambda x: F.resize(x, 15, F.InterpolationMode.LANCZOS),
    "resize unfiltered": lambda x: F.resize(x, [20, 71], antialias=False),
    "resized_crop": lambda x: F.resized_crop(x, 4, 5, 20, 30, [17, 19]),
    "rotate": lambda x: F.rotate(x, 30, fill=3),
    "rotate bilinear": lambda x: F.rotate(x, -20.5, "bilinear", expand=True),
    "affine": lambda x: F.affine(x, 12, [3, -2], 1.2, [4, 5], "bilinear"),
    "perspective": lambda x: F.perspective(x, CORNERS, MOVED),
    "elastic": lambda x: F.elastic(x, SHIFTS),
    "gaussian_blur": lambda x: F.gaussian_blur(x, [5, 9]),
    "adjust_brightness": lambda x: F.adjust_brightness(x, 1.3),
    "adjust_contrast": lambda x: F.adjust_contrast(x, 0.6),
    "adjust_saturation": lambda x: F.adjust_saturation(x, 1.7),
    "adjust_hue": lambda x: F.adjust_hue(x, 0.2),
    "adjust_gamma": lambda x: F.adjust_gamma(x, 0.7, 1.1),
    "adjust_sharpness": lambda x: F.adjust_sharpness(x, 2.5),
    "rgb_to_grayscale": lambda x: F.rgb_to_grayscale(x, 3),
    "posterize": lambda x: F.posterize(x, 3),
    "solarize": lambda x: F.solarize(x, 0.5 if "float" in str(x.dtype) else 100),
    "invert": F.invert,
    "autocontrast": F.autocontrast,
    "equalize": F.equalize,
    "permute_channels": lambda x: F.permute_channels(x, list(range(F.get_num_channels(x)))[::-1]),
}
operations = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
dtypes = pytest.mark.parametrize("dtype", [np.uint8, np.float32])
channel_counts = pytest.mark.parametrize("channels", [1, 3])


@operations
@dtypes
@channel_counts
def test_layouts_and_batches_agree(operation, dtype, channels):
    planes = np.stack([image(channels, dtype), image(channels, dtype)[:, ::-1, ::-1]])
    want = np.stack([operation(rl.from_numpy(np.ascontiguousarray(one))).numpy() for one in planes])
    # A mean of floats depends on the order of its sum.
    tolerance = 0 if dtype == np.uint8 else 1e-6
    np.testing.assert_array_equal(operation(rl.from_numpy(planes)).numpy(), want)
    np.testing.assert_allclose(np.moveaxis(operation(interleaved(planes)), -1, -3), want, 0, tolerance)
    channels_last = rl.from_numpy(interleaved(planes[0])).permute(2, 0, 1)
    np.testing.assert_allclose(operation(channels_last).numpy(), want[0], 0, tolerance)


@operations
def test_the_image_stays_and_the_type_too(operation):
    for planes in (image(), image(dtype=np.float32)):
        before = planes.copy()
        result = operation(rl.from_numpy(planes))
        assert isinstance(result, rl.Tensor) and str(result.dtype) == f"torch.{planes.dtype}"
        np.testing.assert_array_equal(planes, before)


@operations
def test_bytes_are_within_two_levels_of_floats(operation):
    exact = {"posterize", "solarize", "equalize", "pad", "erase", "rotate"}
    if any(operation is OPERATIONS[name] for name in exact):
        pytest.skip("thresholds and fills in other units")
    fine = operation(rl.from_numpy(image().astype(np.float32) / 255)).numpy() * 255
    assert np.abs(operation(rl.from_numpy(image())).numpy() - fine).max() <= 2.0


@operations
def test_double_precision_goes_the_way_of_single(operation):
    double = operation(image(dtype=np.float64).transpose(1, 2, 0))
    single = operation(image(dtype=np.float32).transpose(1, 2, 0))
    assert double.dtype == np.float64
    np.testing.assert_allclose(double, single, atol=2e-3)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("width", [1, 2, 15, 16, 17, 63, 64, 65, 130])
def test_flips_are_involutions(channels, width):
    for array in (rng.integers(0, 256, (9, width, channels), np.uint8), rng.random((9, width, channels), np.float32)):
        np.testing.assert_array_equal(F.hflip(array), array[:, ::-1])
        np.testing.assert_array_equal(F.vflip(array), array[::-1])
        np.testing.assert_array_equal(F.hflip(F.hflip(array)), array)
        planes = rl.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))
        np.testing.assert_array_equal(F.hflip(planes).numpy(), array[:, ::-1].transpose(2, 0, 1))


def test_crops_are_slices_of_the_same_memory():
    array = image().transpose(1, 2, 0)
    np.testing.assert_array_equal(F.crop(array, 3, 5, 20, 31), array[3:23, 5:36])
    assert np.shares_memory(F.crop(array, 3, 5, 20, 31), array)
    tensor = rl.from_numpy(image())
    assert np.shares_memory(F.crop(tensor, 3, 5, 20, 31).numpy(), tensor.numpy())


def test_five_and_ten_crops():
    array = interleaved(image())
    corners = F.five_crop(array, (10, 20))
    np.testing.assert_array_equal(corners[3], array[-10:, -20:])
    np.testing.assert_array_equal(corners[4], F.center_crop(array, (10, 20)))
    for one, other in zip(F.ten_crop(array, 10)[5:], F.five_crop(F.hflip(array), 10), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_padding_is_numpys(mode):
    array = interleaved(image())
    want = np.pad(array, ((2, 4), (1, 3), (0, 0)), mode)
    np.testing.assert_array_equal(F.pad(array, [1, 2, 3, 4], padding_mode=mode), want)
    np.testing.assert_array_equal(F.crop(F.pad(array, 6, padding_mode=mode), 6, 6, HEIGHT, WIDTH), array)


def test_fill_of_each_channel():
    padded = F.pad(interleaved(image()), [2, 0, 0, 0], fill=[1, 2, 3])
    assert (padded[:, :2] == [1, 2, 3]).all()
    assert (F.rotate(rl.from_numpy(image()), 45, fill=[1, 2, 3])[:, 0, 0].numpy() == [1, 2, 3]).all()


def test_identities():
    array = interleaved(image())
    for result in (
        F.adjust_brightness(array, 1),
        F.adjust_contrast(array, 1),
        F.adjust_saturation(array, 1),
        F.adjust_sharpness(array, 1),
        F.adjust_hue(array, 0),
        F.adjust_gamma(array, 1),
        F.posterize(array, 8),
        F.solarize(array, 255) ^ 255 * (array == 255).astype(np.uint8),
        F.affine(array, 0, [0, 0], 1.0, [0, 0]),
        F.affine(array, 0, [0, 0], 1.0, [0, 0], "bilinear"),
        F.perspective(array, CORNERS, CORNERS),
        F.elastic(array, np.zeros_like(SHIFTS)),
        F.gaussian_blur(array, 1),
        F.resize(array, [HEIGHT, WIDTH]),
        F.invert(F.invert(array)),
    ):
        np.testing.assert_array_equal(result, array)


def test_quarter_turns():
    array = interleaved(image())
    for turns, angle in enumerate([0, 90, 180, 270]):
        np.testing.assert_array_equal(F.rotate(array, angle, expand=True), np.rot90(array, turns))
    np.testing.assert_array_equal(F.rotate(array, -90, expand=True), np.rot90(array, 3))


def test_extremes():
    array = interleaved(image())
    gray = F.rgb_to_grayscale(array)
    np.testing.assert_array_equal(F.adjust_saturation(array, 0), np.repeat(gray, 3, -1))
    assert (F.adjust_brightness(array, 0) == 0).all()
    assert np.unique(F.adjust_contrast(array, 0)).size == 1
    stretched = F.autocontrast(array)
    assert (stretched.min((0, 1)) == 0).all() and (stretched.max((0, 1)) >= 254).all()
    assert np.unique(F.posterize(array, 2)).tolist() == [0, 64, 128, 192]
    flat = np.full((5, 6, 3), 77, np.uint8)
    for result in (F.autocontrast(flat), F.equalize(flat), F.gaussian_blur(flat, 5), F.adjust_sharpness(flat, 3)):
        np.testing.assert_array_equal(result, flat)


def test_a_translation_moves_pixels():
    array = interleaved(image())
    moved = F.affine(array, 0, [3, 2], 1.0, [0, 0])
    np.testing.assert_array_equal(moved[2:, 3:], array[:-2, :-3])
    assert (moved[:2] == 0).all() and (moved[:, :3] == 0).all()


def test_conversions():
    array = interleaved(image())
    tensor = F.to_image(array)
    np.testing.assert_array_equal(tensor.numpy(), image())
    np.testing.assert_array_equal(F.to_tensor(array).numpy(), image() / np.float32(255))
    floats = F.to_dtype(tensor, rl.float32, scale=True)
    np.testing.assert_array_equal(F.to_dtype(floats, rl.uint8, scale=True).numpy(), image())
    assert F.to_dtype(tensor, rl.float32).numpy().max() > 1
    assert F.to_dtype(array, "float32", scale=True).dtype == np.float32
    normal = F.normalize(floats, [0.5, 0.4, 0.3], [0.2, 0.3, 0.4]).numpy()
    np.testing.assert_array_equal(normal[1], (floats.numpy()[1] - np.float32(0.4)) / np.float32(0.3))
    plain = rl.from_numpy(image(dtype=np.float32))
    assert F.normalize(plain, [0.5], [0.5], inplace=True) is plain


def test_sizes():
    for kind in (image(), rl.from_numpy(image())):
        is_tensor = isinstance(kind, rl.Tensor)
        assert F.get_dimensions(kind) == ([3, HEIGHT, WIDTH] if is_tensor else [WIDTH, 3, HEIGHT])
    assert F.get_size(rl.from_numpy(image())) == [HEIGHT, WIDTH]
    assert F.get_image_size(rl.from_numpy(image())) == [WIDTH, HEIGHT]
    assert F.get_num_frames(rl.zeros(7, 3, 4, 5)) == 7


def test_noise_follows_the_seed_and_its_sigma():
    gray = np.full((3, 100, 100), 0.5, np.float32)
    rl.manual_seed(3)
    first = F.gaussian_noise(rl.from_numpy(gray), 0.1, 0.05).numpy()
    rl.manual_seed(3)
    np.testing.assert_array_equal(F.gaussian_noise(rl.from_numpy(gray), 0.1, 0.05).numpy(), first)
    assert abs(first.mean() - 0.6) < 0.005 and abs(first.std() - 0.05) < 0.005
    with pytest.raises(ValueError, match="sigma shouldn't be negative"):
        F.gaussian_noise(gray, sigma=-1)


def test_frames():
    video = rl.arange(10).reshape(10, 1, 1, 1)
    assert F.uniform_temporal_subsample(video, 4).flatten().tolist() == [0, 3, 6, 9]


def test_two_dimensions_are_one_channel():
    gray = image(1)[0]
    np.testing.assert_array_equal(F.gaussian_blur(gray, 3), F.gaussian_blur(gray[..., None], 3)[..., 0])
    assert F.rotate(rl.from_numpy(gray), 10).shape == (HEIGHT, WIDTH)


def test_pil_images_paths_and_bytes():
    Image = pytest.importorskip("PIL.Image")
    picture = Image.fromarray(interleaved(image()))
    for name, operation in OPERATIONS.items():
        if name not in ("solarize", "resize unfiltered"):
            assert isinstance(operation(picture), Image.Image), name
    file = io.BytesIO()
    picture.save(file, "PNG")
    np.testing.assert_array_equal(F.hflip(file.getvalue()), interleaved(image())[:, ::-1])


EMPTY = [
    F.hflip,
    F.vflip,
    F.invert,
    F.autocontrast,
    F.equalize,
    lambda x: F.gaussian_blur(x, 3),
    lambda x: F.adjust_hue(x, 0.1),
]


@pytest.mark.parametrize("shape", [(0, 3, 8, 9), (2, 3, 0, 9), (2, 3, 8, 0)])
def test_empty_images_stay_empty(shape):
    for operation, dtype in itertools.product(EMPTY, (np.uint8, np.float32)):
        assert operation(rl.from_numpy(np.zeros(shape, dtype))).shape == shape


BAD = [
    (TypeError, "Unexpected type", lambda x: F.hflip(3)),
    (ValueError, "size", lambda x: F.hflip(rl.zeros(3))),
    (ValueError, "not non-negative", lambda x: F.adjust_brightness(x, -1)),
    (ValueError, r"not in \[-0.5, 0.5\]", lambda x: F.adjust_hue(x, 0.6)),
    (ValueError, "non-negative real", lambda x: F.adjust_gamma(x, -1)),
    (TypeError, "channel values are 1 or 3", lambda x: F.adjust_contrast(rl.zeros(4, 5, 5), 2)),
    (TypeError, "bits must be", lambda x: F.posterize(x, 9)),
    (TypeError, "Threshold", lambda x: F.solarize(x, 256)),
    (ValueError, "odd and positive", lambda x: F.gaussian_blur(x, 4)),
    (ValueError, "sigma should have positive", lambda x: F.gaussian_blur(x, 3, 0.0)),
    (RuntimeError, "Padding size", lambda x: F.gaussian_blur(x, 2 * HEIGHT + 1)),
    (ValueError, "bigger than input", lambda x: F.five_crop(x, 100)),
    (ValueError, "1, 2, or 4", lambda x: F.pad(x, [1, 2, 3])),
    (ValueError, "padding_mode", lambda x: F.pad(x, 1, padding_mode="mirror")),
    (RuntimeError, "Padding size", lambda x: F.pad(x, HEIGHT, padding_mode="reflect")),
    (ValueError, "broadcast", lambda x: F.pad(x, 1, fill=[1, 2])),
    (ValueError, "Invalid interpolation", lambda x: F.resize(x, 9, "cubic")),
    (ValueError, "greater than 0", lambda x: F.resize(x, [0, 4])),
    (ValueError, "strictly greater", lambda x: F.resize(x, 20, max_size=20)),
    (ValueError, "requires antialias", lambda x: F.resize(x, 20, "lanczos", antialias=False)),
    (ValueError, "unsupported with Tensor", lambda x: F.rotate(x, 20, "bicubic")),
    (ValueError, "scale should be positive", lambda x: F.affine(x, 0, [0, 0], 0, [0])),
    (ValueError, "four corners", lambda x: F.perspective(x, CORNERS[:3], CORNERS)),
    (ValueError, "displacement shape", lambda x: F.elastic(x, np.zeros((1, 2, 3, 2), np.float32))),
    (ValueError, "permutation", lambda x: F.permute_channels(x, [0, 1])),
    (TypeError, "float tensor", lambda x: F.normalize(x, [0.5], [0.5])),
    (ValueError, "division by zero", lambda x: F.normalize(x.float(), [0.5], [0.0])),
    (RuntimeError, "no gradient", lambda x: F.hflip(x.float().requires_grad_())),
    (TypeError, "uint8 or floats", lambda x: F.adjust_brightness(x.long(), 2)),
]


@pytest.mark.parametrize("kind, text, call", BAD, ids=[b[1] for b in BAD])
def test_wrong_arguments_are_named(kind, text, call):
    with pytest.raises(kind, match=text):
        call(rl.from_numpy(image()))
