"""Every function on images against torchvision's: operations by parameters, 8 bits and floats, 1, 3 and 4 channels, tensors, arrays, PIL images."""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from PIL import Image  # noqa: E402
from torchvision.transforms.v2 import functional as theirs  # noqa: E402

import rushlight as rl  # noqa: E402
from rushlight.image.transforms import functional as ours  # noqa: E402

HEIGHT, WIDTH = 47, 61
CORNERS = [[0, 0], [60, 0], [60, 46], [0, 46]]
MOVED = [[5, 3], [50, 1], [58, 40], [4, 44]]
SHIFTS = torch.from_numpy(np.random.default_rng(0).normal(0, 0.05, (1, HEIGHT, WIDTH, 2)).astype(np.float32))
POINTS = ["nearest", "bilinear"]
FILTERS = ["nearest", "nearest-exact", "bilinear", "bicubic", "lanczos"]

# name: (arguments, keyword arguments), with the levels by which 8 bits may differ from torchvision's tensor functions.
CASES = {
    0: {
        "horizontal_flip": [((), {})],
        "vertical_flip": [((), {})],
        "crop": [((2, 3, 5, 6), {}), ((-2, -3, 20, 30), {}), ((40, 50, 20, 30), {}), ((60, 3, 5, 6), {})],
        "center_crop": [((7,), {}), (((20, 9),), {}), (((60, 30),), {}), (([80],), {})],
        "pad": [((3,), {}), (([1, 2],), {"fill": 9}), (([1, 2, 3, 4],), {"fill": [5]}), (([-2, 3, 4, -5],), {})]
        + [(([5, 7],), {"padding_mode": mode}) for mode in ("edge", "reflect", "symmetric")],
        "posterize": [((bits,), {}) for bits in (0, 1, 4, 7, 8)],
        "invert": [((), {})],
        "equalize": [((), {})],
        "autocontrast": [((), {})],
        "rgb_to_grayscale": [((), {}), ((3,), {})],
        "grayscale_to_rgb": [((), {})],
        "adjust_brightness": [((factor,), {}) for factor in (0, 0.3, 1, 1.7)],
        "adjust_saturation": [((factor,), {}) for factor in (0, 0.3, 1, 1.7)],
        "adjust_sharpness": [((factor,), {}) for factor in (0, 0.3, 1, 2.5)],
    },
    1: {
        "adjust_contrast": [((factor,), {}) for factor in (0, 0.3, 1, 1.7)],
        "adjust_hue": [((turn,), {}) for turn in (-0.5, -0.1, 0, 0.25, 0.5)],
        "adjust_gamma": [((gamma, gain), {}) for gamma in (0.4, 1, 2.2) for gain in (1, 0.8, 1.3)],
        "gaussian_blur": [((3,), {}), (([5, 9],), {}), (([23, 1], 4.0), {}), ((7, [0.5, 2.0]), {})],
        "rotate": [
            ((angle, mode, expand), {})
            for angle in (0, 30, 45, 90, 180, -77.5)
            for mode in POINTS
            for expand in (False, True)
        ]
        + [((20,), {"center": [10, 20], "fill": 7}), ((20, "bilinear"), {"center": [10, 20], "fill": 7})],
        "affine": [
            ((angle, [3, 5], scale, shear, mode), {})
            for angle in (0, 33)
            for scale in (0.7, 1.5)
            for shear in ([0, 0], [7, -9])
            for mode in POINTS
        ]
        + [((12, [0, 0], 1.0, 5.0, "bilinear"), {"fill": 100, "center": [3, 4]})],
        "perspective": [((CORNERS, MOVED, mode), {"fill": fill}) for mode in POINTS for fill in (None, 30)],
        "elastic": [((SHIFTS, mode), {"fill": fill}) for mode in POINTS for fill in (None, 99)],
    },
}
RESIZING = {
    "resize": [((size,), {"interpolation": mode}) for size in (20, [30, 90], [70, 15]) for mode in FILTERS]
    + [((20,), {"max_size": 22}), ((None,), {"max_size": 33})],
    "resized_crop": [((4, 5, 20, 30, [17, 40]), {"interpolation": mode}) for mode in FILTERS],
}
CASES[0] |= RESIZING
CASES[1]["resize"] = [((size,), {"antialias": False}) for size in (20, [30, 90])]
ALL = [(name, *case, levels) for levels, family in CASES.items() for name, cases in family.items() for case in cases]
NAMES = [f"{name}-{i}" for i, (name, *_) in enumerate(ALL)]
every_case = pytest.mark.parametrize("name, args, options, levels", ALL, ids=NAMES)


def picture(channels, dtype):
    """Smooth waves with noise, ``[C, H, W]``."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    waves = np.stack([127 + 100 * np.sin(x / 7 + c) + 20 * np.cos(y / 5 * c) for c in range(channels)])
    samples = (waves + np.random.default_rng(channels).normal(0, 8, waves.shape)).clip(0, 255).astype(np.uint8)
    return samples if dtype == np.uint8 else (samples / 255).astype(dtype)


def interleaved(planes):
    return np.ascontiguousarray(np.moveaxis(planes, -3, -1))


def outcome(call):
    """What a call gives, or the type of what it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return np.asarray(call())
        except (TypeError, ValueError, RuntimeError, OSError) as error:
            return error


def compare(mine, want, levels):
    assert not isinstance(mine, Exception), mine
    assert mine.shape == want.shape and mine.dtype == want.dtype
    if mine.size:
        distance = np.abs(mine.astype(np.float64) - want).max()
        assert distance <= (levels if mine.dtype == np.uint8 else 2.5e-5), distance


def averages(options):
    """Whether bytes are resized by Pillow's filters: PyTorch's weights for 8 bits are shorter."""
    return options.get("antialias", True) and not options.get("interpolation", "").startswith("nearest")


@every_case
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_tensors_and_arrays(name, args, options, levels, channels, dtype):
    planes = picture(channels, dtype)
    function = getattr(ours, name)
    want = outcome(lambda: getattr(theirs, name)(torch.from_numpy(planes), *args, **options))
    if name in RESIZING and dtype == np.uint8 and averages(options) and not isinstance(want, Exception):
        want = np.stack([getattr(theirs, name)(Image.fromarray(plane), *args, **options) for plane in planes])
    found = {
        "rushlight": outcome(lambda: function(rl.from_numpy(planes), *args, **options).numpy()),
        "torch": outcome(lambda: function(torch.from_numpy(planes), *args, **options)),
        "channels last": outcome(
            lambda: function(torch.from_numpy(interleaved(planes)).permute(2, 0, 1), *args, **options)
        ),
        "array": outcome(lambda: np.moveaxis(function(interleaved(planes), *args, **options), -1, -3)),
    }
    for kind, mine in found.items():
        if isinstance(want, Exception):
            assert isinstance(mine, Exception), f"{kind}: torchvision says {want!r}"
        else:
            compare(mine, want, levels)


@every_case
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_pil_images(name, args, options, levels, mode):
    image = Image.fromarray(interleaved(picture(len(mode), np.uint8)).squeeze())
    want = outcome(lambda: getattr(theirs, name)(image, *args, **options))
    mine = outcome(lambda: getattr(ours, name)(image, *args, **options))
    if isinstance(want, Exception):
        assert isinstance(mine, Exception), f"torchvision says {want!r}"
    else:
        compare(mine, want, min(levels, name in ("gaussian_blur", "elastic")))


@pytest.mark.parametrize("filter", ["bilinear", "bicubic", "lanczos", "box", "hamming"])
@pytest.mark.parametrize("size", [(20, 90), (70, 15), (47, 30), (11, 61)])
def test_bytes_are_resized_as_by_pillow(filter, size):
    planes = picture(3, np.uint8)
    want = Image.fromarray(interleaved(planes)).resize(size[::-1], getattr(Image, filter.upper()))
    for mine in (
        ours.resize(interleaved(planes), size, filter),
        ours.resize(rl.from_numpy(planes), size, filter).permute(1, 2, 0),
    ):
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(want))


@pytest.mark.parametrize("threshold", [0, 0.4, 1])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_solarize(threshold, dtype):
    planes = picture(3, dtype)
    threshold = threshold * 255 if dtype == np.uint8 else threshold
    want = theirs.solarize(torch.from_numpy(planes), threshold).numpy()
    np.testing.assert_array_equal(ours.solarize(rl.from_numpy(planes), threshold).numpy(), want)


@pytest.mark.parametrize(
    "source", ["uint8", "int16", "uint16", "int32", "int64", "float16", "float32", "float64", "bfloat16"]
)
@pytest.mark.parametrize(
    "target", ["uint8", "int16", "uint16", "int32", "int64", "float16", "float32", "float64", "bfloat16"]
)
@pytest.mark.parametrize("scale", [False, True])
def test_to_dtype(source, target, scale):
    if scale and source in ("float16", "bfloat16") and target in ("int32", "int64"):
        return  # they overflow in torchvision and are refused here
    samples = torch.from_numpy(picture(3, np.uint8))
    given = theirs.to_dtype(samples, getattr(torch, source), scale=True)
    want = outcome(lambda: theirs.to_dtype(given, getattr(torch, target), scale=scale).double())
    mine = outcome(lambda: ours.to_dtype(given, getattr(torch, target), scale=scale).double())
    assert isinstance(want, Exception) == isinstance(mine, Exception), (want, mine)
    if not isinstance(want, Exception):
        np.testing.assert_array_equal(mine, want)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "CMYK", "I", "F"])
def test_conversions_of_pil_images(mode):
    image = Image.fromarray(interleaved(picture(3, np.uint8))).convert(mode)
    for name in ("pil_to_tensor", "to_image"):
        np.testing.assert_array_equal(getattr(ours, name)(image).numpy(), getattr(theirs, name)(image).numpy())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = theirs.to_tensor(image)
    np.testing.assert_array_equal(ours.to_tensor(image).numpy(), want.numpy())


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_to_pil_image(channels, dtype):
    planes = picture(channels, dtype)
    want = theirs.to_pil_image(torch.from_numpy(planes))
    for mine in (ours.to_pil_image(rl.from_numpy(planes)), ours.to_pil_image(interleaved(planes))):
        assert mine.mode == want.mode
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(want))


@pytest.mark.parametrize("mean, std", [([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]), ([0.5], [0.5])])
def test_normalize(mean, std):
    planes = picture(3, np.float32)
    want = theirs.normalize(torch.from_numpy(planes), mean, std).numpy()
    np.testing.assert_array_equal(ours.normalize(rl.from_numpy(planes), mean, std).numpy(), want)


def test_noise_is_that_of_the_same_seed():
    for dtype in (np.uint8, np.float32):
        planes = torch.from_numpy(picture(3, dtype))
        torch.manual_seed(5)
        want = theirs.gaussian_noise(planes, 0.02, 0.1)
        torch.manual_seed(5)
        np.testing.assert_array_equal(ours.gaussian_noise(planes, 0.02, 0.1), want)
        rl.manual_seed(5)
        mine = ours.gaussian_noise(rl.from_numpy(planes.numpy()), 0.02, 0.1).numpy()
        assert np.abs(mine.astype(np.float64) - want.numpy()).max() <= (1 if dtype == np.uint8 else 1e-5)


def test_channels_and_frames():
    planes = torch.from_numpy(picture(4, np.uint8))
    np.testing.assert_array_equal(
        ours.permute_channels(planes, [2, 0, 3, 1]), theirs.permute_channels(planes, [2, 0, 3, 1])
    )
    video = torch.arange(2 * 11 * 3 * 4 * 5).reshape(2, 11, 3, 4, 5)
    for count in (1, 4, 11, 20):
        want = theirs.uniform_temporal_subsample(video, count)
        np.testing.assert_array_equal(ours.uniform_temporal_subsample(video, count), want)


@pytest.mark.filterwarnings("ignore:The image decoding and encoding capabilities of TorchVision:DeprecationWarning")
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("quality", [1, 30, 75, 100])
def test_what_jpeg_leaves(channels, quality):
    planes = picture(channels, np.uint8)
    want = theirs.jpeg(torch.from_numpy(planes), quality).numpy()
    for mine in (
        ours.jpeg(rl.from_numpy(planes), quality),
        np.moveaxis(ours.jpeg(interleaved(planes), quality), -1, 0),
    ):
        np.testing.assert_array_equal(np.asarray(mine), want)
