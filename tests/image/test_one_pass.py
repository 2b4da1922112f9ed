"""A chain of transforms from a file is one pass, and has the bits of its steps."""

import io
import os

import numpy as np
import pytest

import rushlight as rl
from rushlight.image import transforms
from rushlight.image.transforms import InterpolationMode, _one_pass

Image = pytest.importorskip("PIL.Image")


def picture(width, height):
    y, x = np.mgrid[:height, :width]
    waves = [128 + 120 * np.sin(x / (3 + c) + y / 9) for c in range(3)]
    return Image.fromarray(np.stack(waves, -1).astype(np.uint8))


@pytest.fixture(params=[(640, 427, 1), (90, 130, 6), (2400, 1300, 1)], ids=["wide", "turned", "large"])
def path(request, tmp_path):
    width, height, orientation = request.param
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture(width, height).save(tmp_path / "a.jpg", quality=90, exif=exif)
    return str(tmp_path / "a.jpg")


def stepwise(chain, source):
    for step in chain.transforms:
        source = step(source)
    return source


def same(chain, source):
    one, many = chain(source), stepwise(chain, source)
    assert type(one) is type(many)
    if isinstance(one, rl.Tensor):
        assert one.dtype == many.dtype
        one, many = one.numpy(), many.numpy()
    assert one.dtype == many.dtype and one.shape == many.shape and np.array_equal(one, many)


NORMALIZE = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
ENDS = [[], [transforms.ToTensor()], [transforms.ToTensor(), NORMALIZE]]


@pytest.mark.parametrize("end", ENDS, ids=["array", "tensor", "normalized"])
@pytest.mark.parametrize("interpolation", list(InterpolationMode), ids=lambda mode: mode.name)
def test_every_interpolation(path, interpolation, end):
    same(transforms.Compose([transforms.Resize(48, interpolation), transforms.CenterCrop(40), *end]), path)


@pytest.mark.parametrize(
    "first",
    [
        transforms.Resize(64),
        transforms.Resize((50, 31)),
        transforms.Resize([40]),
        transforms.Resize(40, max_size=60),
        transforms.Resize(64, antialias=False),
        transforms.Resize(None, max_size=70),
        transforms.Resize(300),
    ],
    ids=repr,
)
@pytest.mark.parametrize("crop", [None, (20, 33), 31, (400, 20)], ids=str)
def test_sizes_and_crops(path, first, crop):
    crops = [] if crop is None else [transforms.CenterCrop(crop)]
    same(transforms.Compose([first, *crops, transforms.ToTensor()]), path)


def test_bytes_and_paths_of_the_system(path, tmp_path):
    chain = transforms.Compose([transforms.Resize(64), transforms.CenterCrop(60), *ENDS[2]])
    with open(path, "rb") as file:
        assert rl.equal(chain(file.read()), chain(path))
    assert rl.equal(chain(tmp_path / "a.jpg"), chain(os.fspath(path)))


def test_an_edited_picture_is_not_read_again_from_its_file(path):
    chain = transforms.Compose([transforms.Resize(32), transforms.CenterCrop(32), transforms.ToTensor()])
    with Image.open(path) as opened:
        opened.paste((0, 0, 0), (0, 0, *opened.size))
        assert not chain(opened).any()


def test_what_is_fused_and_what_is_not():
    resize, crop, tensor = transforms.Resize(32), transforms.CenterCrop(16), transforms.ToTensor()
    assert _one_pass.one_pass([resize, crop, tensor, NORMALIZE]) is not None
    assert _one_pass.one_pass([resize, tensor]) is not None
    for chain in (
        [resize],
        [crop, resize],
        [resize, transforms.Lambda(lambda x: x), tensor],
        [resize, resize],
        [resize, NORMALIZE],
    ):
        assert _one_pass.one_pass(chain) is None


def test_errors_are_those_of_loading(tmp_path):
    chain = transforms.Compose([transforms.Resize(32), transforms.ToTensor()])
    with pytest.raises(rl.image.ImageError, match="missing"):
        chain(str(tmp_path / "missing.jpg"))
    with pytest.raises(rl.image.ImageError, match="no known format"):
        chain(io.BytesIO(b"text").getvalue())
