"""Reading and writing of tensors, ``rushlight.image.io``, against ``torchvision.io``."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
theirs = pytest.importorskip("torchvision.io")

from PIL import Image  # noqa: E402

import rushlight as rl  # noqa: E402
from rushlight.image import ImageError, transforms  # noqa: E402
from rushlight.image import io as ours  # noqa: E402

# The deprecation of torchvision's own decoders.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*deprecated")


@pytest.fixture(autouse=True)
def torchs():
    transforms.set_framework("torch")
    yield
    transforms.set_framework("rushlight")


def picture(mode="RGB"):
    y, x = np.mgrid[:20, :30]
    waves = np.stack([128 + 100 * np.sin(x / (7 + c)) * np.cos(y / (5 + c)) for c in range(4)], -1).astype(np.uint8)
    if mode == "P":
        return Image.fromarray(waves[..., :3]).quantize(20)
    return Image.fromarray(waves[..., 0] * np.uint16(257)) if mode == "I;16" else Image.fromarray(waves).convert(mode)


FILES = [("a.png", kind) for kind in ("RGB", "RGBA", "L", "LA", "P", "I;16")]
FILES += [("a.jpg", "RGB"), ("a.jpg", "L"), ("a.webp", "RGB"), ("a.webp", "RGBA")]


def does(name, kind, mode):
    """Whether torchvision reads a file as that mode."""
    if name == "a.jpg" or kind == "P":
        return "ALPHA" not in mode
    return name != "a.webp" or "GRAY" not in mode


MODES = ("UNCHANGED", "GRAY", "RGB", "GRAY_ALPHA", "RGB_ALPHA")


@pytest.mark.parametrize("name, kind, mode", [(*file, mode) for file in FILES for mode in MODES if does(*file, mode)])
def test_modes(tmp_path, name, kind, mode):
    path = str(tmp_path / name)
    picture(kind).save(path)
    wanted, found = theirs.read_image(path, theirs.ImageReadMode[mode]), ours.read_image(path, ours.ImageReadMode[mode])
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    assert (found.int() - wanted.int()).abs().max() <= (257 if kind == "I;16" else 1)
    assert torch.equal(ours.decode_image(ours.read_file(path), mode), found)
    assert torch.equal(ours.decode_image(path, theirs.ImageReadMode[mode]), found)


@pytest.mark.parametrize("upright", [False, True])
def test_orientation_is_applied_when_asked_for(tmp_path, upright):
    exif = Image.Exif()
    exif[0x112] = 6
    path = str(tmp_path / "a.jpg")
    picture().save(path, exif=exif)
    wanted = theirs.read_image(path, apply_exif_orientation=upright)
    assert torch.equal(ours.read_image(path, apply_exif_orientation=upright), wanted)


def test_written_files_are_read_by_torchvision(tmp_path):
    pixels = torch.from_numpy(np.asarray(picture()).copy()).permute(2, 0, 1).contiguous()
    ours.write_png(pixels, tmp_path / "a.png", compression_level=3)
    ours.write_jpeg(pixels, str(tmp_path / "a.jpg"), quality=80)
    assert torch.equal(theirs.read_image(str(tmp_path / "a.png")), pixels)
    theirs.write_jpeg(pixels, str(tmp_path / "b.jpg"), quality=80)
    assert torch.equal(theirs.read_image(str(tmp_path / "a.jpg")), theirs.read_image(str(tmp_path / "b.jpg")))
    assert torch.equal(ours.decode_png(ours.encode_png(pixels)), pixels)
    one, two = ours.encode_jpeg([pixels, pixels[:1]])
    assert [tuple(image.shape) for image in ours.decode_jpeg([one, two])] == [(3, 20, 30), (1, 20, 30)]


def test_tensors_are_rushlights_without_the_other_framework(tmp_path):
    transforms.set_framework("rushlight")
    picture().save(tmp_path / "a.png")
    assert isinstance(ours.read_image(tmp_path / "a.png", "RGB"), rl.Tensor)


def test_errors_say_what_is_needed(tmp_path):
    with pytest.raises(FileNotFoundError):
        ours.read_image(tmp_path / "none.png")
    with pytest.raises(ImageError, match="no known format"):
        ours.decode_image(torch.zeros(30, dtype=torch.uint8))
    for wrong in (torch.zeros(3), torch.zeros(3, 4, dtype=torch.uint8), b"bytes"):
        with pytest.raises(TypeError, match=r"a tensor \[N\] of uint8, or a path"):
            ours.decode_image(wrong)
    with pytest.raises(NotImplementedError, match="cuda"):
        ours.decode_jpeg(torch.zeros(3, dtype=torch.uint8), device="cuda")
