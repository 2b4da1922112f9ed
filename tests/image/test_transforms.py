"""Transforms of images: what they print, accept, refuse and draw."""

import copy
import importlib.util
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest

import rushlight as rl
from rushlight.image import transforms as T
from rushlight.image import tv_tensors
from rushlight.image.transforms import functional as F

HEIGHT, WIDTH = 40, 60


def picture():
    return np.random.default_rng(0).integers(20, 200, (HEIGHT, WIDTH, 3), np.uint8)


def tensor():
    return rl.from_numpy(picture().transpose(2, 0, 1).copy())


SETTINGS = {
    "CenterCrop": ((20,), {}),
    "ColorJitter": ((0.1, 0.2, 0.3, 0.1), {}),
    "Compose": (([],), {}),
    "ConvertBoundingBoxFormat": (("xywh",), {}),
    "CutMix": ((), {"num_classes": 3}),
    "FiveCrop": ((5,), {}),
    "GaussianBlur": ((3,), {}),
    "JPEG": ((50,), {}),
    "Lambda": ((len,), {}),
    "LinearTransformation": ((rl.eye(12), rl.zeros(12)), {}),
    "MixUp": ((), {"num_classes": 3}),
    "Normalize": (([0.5], [0.5]), {}),
    "Pad": ((2,), {}),
    "RandomAdjustSharpness": ((2,), {}),
    "RandomAffine": ((10,), {"translate": (0.1, 0.1)}),
    "RandomApply": (([],), {}),
    "RandomChoice": (([],), {}),
    "RandomCrop": ((20,), {"padding": 2}),
    "RandomOrder": (([],), {}),
    "RandomPosterize": ((3,), {}),
    "RandomResize": ((20, 30), {}),
    "RandomResizedCrop": ((20,), {}),
    "RandomRotation": ((10,), {}),
    "RandomShortestSize": (([20, 30, 50],), {}),
    "RandomSolarize": ((100,), {}),
    "Resize": ((20,), {}),
    "ScaleJitter": (((20, 30),), {}),
    "SetClampingMode": (("soft",), {}),
    "TenCrop": ((5,), {}),
    "ToDtype": ((rl.float32,), {"scale": True}),
    "UniformTemporalSubsample": ((2,), {}),
}
CLASSES = [
    name
    for name in T.__all__
    if isinstance(getattr(T, name), type) and issubclass(getattr(T, name), T.Transform) and name != "Transform"
]


def build(name):
    args, kwargs = SETTINGS.get(name, ((), {}))
    if args == ([],):
        args = ([T.RandomHorizontalFlip(), T.Resize(20)],)
    return getattr(T, name)(*args, **kwargs)


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_prints_and_pickles(name):
    transform = build(name)
    assert repr(transform).startswith(f"{name}(")
    assert repr(pickle.loads(pickle.dumps(transform))) == repr(copy.deepcopy(transform)) == repr(transform)
    assert issubclass(getattr(T, name), getattr(T.v2, name))


def test_printing():
    assert repr(T.Resize(256)) == "Resize(size=256, interpolation=bilinear, max_size=None, antialias=True)"
    assert repr(T.v2.Resize(256)) == "Resize(size=[256], interpolation=bilinear, antialias=True)"
    assert repr(T.Cutout(2, 8)) == "Cutout(p=1.0, n_holes=2, length=8, fill=0.0)"
    assert (
        repr(T.v2.Compose([T.RandomInvert(0.2), T.Identity()]))
        == "Compose(\n      RandomInvert(p=0.2)\n      Identity()\n)"
    )


def test_import_paths():
    import rushlight.image.transforms.v2.functional as by_path
    from rushlight.image.transforms import v2
    from rushlight.image.transforms.v2 import functional

    assert by_path is functional is F
    assert v2.InterpolationMode is T.InterpolationMode
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        T.Nothing  # noqa: B018


WRONG = [
    (ValueError, "should be a floating point value", lambda: T.RandomHorizontalFlip(1.5)),
    (ValueError, "size can be an integer", lambda: T.Resize((1, 2, 3))),
    (ValueError, "max_size must be an integer", lambda: T.Resize(None)),
    (ValueError, "two dimensions", lambda: T.CenterCrop((1, 2, 3))),
    (TypeError, "Scale should be a sequence", lambda: T.RandomResizedCrop(8, scale=0.5)),
    (ValueError, "Padding must be", lambda: T.Pad((1, 2, 3))),
    (ValueError, "Padding mode should be", lambda: T.Pad(1, padding_mode="wrap")),
    (TypeError, "inappropriate fill", lambda: T.Pad(1, fill="red")),
    (ValueError, "must be positive", lambda: T.RandomRotation(-1)),
    (ValueError, "translation values", lambda: T.RandomAffine(1, translate=(2, 0))),
    (TypeError, "translate should be a sequence", lambda: T.RandomAffine(1, translate=2)),
    (ValueError, "scale values", lambda: T.RandomAffine(1, scale=(0, 1))),
    (ValueError, "distortion_scale", lambda: T.RandomPerspective(2)),
    (ValueError, "non negative", lambda: T.ColorJitter(-1)),
    (ValueError, "should be between", lambda: T.ColorJitter(hue=0.7)),
    (TypeError, "single number or a sequence", lambda: T.ColorJitter("a")),
    (ValueError, "odd and positive", lambda: T.GaussianBlur(4)),
    (ValueError, "sigma values", lambda: T.GaussianBlur(3, (2, 1))),
    (ValueError, "it should be 'random'", lambda: T.RandomErasing(value="black")),
    (ValueError, "between 0 and 1", lambda: T.RandomErasing(scale=(0.1, 2))),
    (TypeError, "can't be bool", lambda: T.JPEG(True)),
    (ValueError, "from 1 to 100", lambda: T.JPEG(0)),
    (TypeError, "sequence of callables", lambda: T.Compose(T.Resize(2))),
    (ValueError, "at least one", lambda: T.RandomOrder([])),
    (ValueError, "doesn't match the number", lambda: T.RandomChoice([len], p=[1, 2])),
    (ValueError, "severity", lambda: T.AugMix(severity=11)),
    (ValueError, "policy", lambda: T.AutoAugment("imagenet")),
    (ValueError, "min_size", lambda: T.SanitizeBoundingBoxes(0)),
    (ValueError, "dtype must be", lambda: T.ToDtype("float32")),
    (ValueError, "clamping_mode", lambda: T.SetClampingMode("auto")),
    (ValueError, "Invalid side range", lambda: T.RandomZoomOut(side_range=(0.5, 2))),
    (ValueError, "larger than input image", lambda: T.RandomCrop(100)(tensor())),
    (ValueError, "std evaluated to zero", lambda: T.Normalize([0.0], [0.0])(tensor().float())),
    (TypeError, "float tensor", lambda: T.Normalize([0.0], [1.0])(tensor())),
    (TypeError, "bounding boxes", lambda: T.RandomIoUCrop()(tensor())),
    (ValueError, "No bounding boxes", lambda: T.SanitizeBoundingBoxes(labels_getter=None)(tensor())),
    (TypeError, "No image or video", lambda: T.RandomGrayscale(1.0)([1, "a"])),
    (ValueError, "num_classes must be passed", lambda: T.MixUp()(rl.rand(2, 3, 4, 4), rl.tensor([0, 1]))),
    (ValueError, "batched input", lambda: T.CutMix(num_classes=2)(rl.rand(3, 4, 4), rl.tensor([0, 1]))),
]


@pytest.mark.parametrize(("error", "text", "call"), WRONG)
def test_wrong_arguments(error, text, call):
    with pytest.raises(error, match=text):
        call()


RANDOM = [name for name in CLASSES if name.startswith("Random") and name not in ("RandomIoUCrop",)]


@pytest.mark.parametrize(
    "name", [*RANDOM, "ColorJitter", "GaussianBlur", "AutoAugment", "RandAugment", "AugMix", "Cutout"]
)
def test_equal_seeds_give_equal_results(name):
    transform = build(name)

    def run(seed):
        rl.manual_seed(seed)
        random.seed(seed)
        return [transform(tensor()).tolist() for _ in range(4)]

    assert run(3) == run(3)
    assert any(run(seed) != run(3) for seed in range(4, 10))


def test_kinds_of_images_agree():
    """A tensor, an array and a PIL image of the same pixels are cropped, flipped and padded alike."""
    Image = pytest.importorskip("PIL.Image")
    chain = T.Compose([T.RandomCrop(20, padding=3), T.RandomHorizontalFlip(1.0), T.Pad(2, fill=9)])
    results = []
    for image in (tensor(), picture(), Image.fromarray(picture())):
        rl.manual_seed(0)
        results.append(T.ToImage()(chain(image)).tolist())
    assert results[0] == results[1] == results[2]


def test_the_usual_chain():
    Image = pytest.importorskip("PIL.Image")
    chain = [T.Resize(32), T.CenterCrop(32), T.ToTensor(), T.Normalize([0.5, 0.5, 0.5], [0.25, 0.25, 0.25])]
    output = T.Compose(chain)(Image.fromarray(picture()))
    assert (
        output.shape == (3, 32, 32)
        and output.dtype == rl.float32
        and -2 <= float(output.min()) < float(output.max()) <= 2
    )
    step = Image.fromarray(picture())
    for transform in chain:
        step = transform(step)
    assert step.tolist() == output.tolist()


def test_cutout():
    rl.manual_seed(0)
    image = rl.full((3, 30, 30), 255, dtype=rl.uint8)
    output = T.Cutout(n_holes=1, length=8)(image)
    rows, columns = np.nonzero(output[0].numpy() == 0)
    assert 0 < len(rows) <= 64 and len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    assert image.min() == 255


def test_mixtures():
    images = rl.stack([rl.full((1, 8, 8), float(i)) for i in range(4)])
    labels = rl.arange(4)
    rl.manual_seed(1)
    mixed, shares = T.MixUp(num_classes=4)(images, labels)
    assert shares.sum(1).tolist() == pytest.approx([1.0] * 4)
    assert mixed[2, 0, 0, 0] == pytest.approx(float(shares[2, 2] * 2 + shares[2, 1] * 1), abs=1e-6)
    cut, shares = T.CutMix(num_classes=4)(images, labels)
    assert (cut[3] == 3).sum() / 64 == pytest.approx(float(shares[3, 3]))
    batch = T.MixUp(num_classes=4)({"image": images, "label": labels})
    assert batch["label"].shape == (4, 4)


def test_containers_are_modules():
    layers = rl.nn.ModuleList([T.RandomHorizontalFlip(1.0), T.RandomHorizontalFlip(1.0)])
    assert T.RandomApply(layers, p=1.0)(tensor()).tolist() == tensor().tolist()
    assert rl.nn.Sequential(T.CenterCrop(10), T.Pad(1))(tensor()).shape == (3, 12, 12)


def test_files_are_images(tmp_path):
    """A path or bytes are opened when they are the input, or the first of several; elsewhere they are data."""
    data = f"P6 {WIDTH} {HEIGHT} 255\n".encode() + picture().tobytes()
    path = tmp_path / "picture.ppm"
    path.write_bytes(data)
    for source in (path, str(path), data):
        assert np.array_equal(T.CenterCrop((HEIGHT, WIDTH))(source), picture())
        assert T.PILToTensor()(source).tolist() == T.ToImage()(source).tolist() == tensor().tolist()
        assert T.ToTensor()(source).tolist() == T.ToTensor()(picture()).tolist()
        image, name = T.Compose([T.RandomHorizontalFlip(0.0), T.ToImage()])(source, "name")
        assert isinstance(image, tv_tensors.Image) and name == "name"
    image, name = T.CenterCrop(10)([tensor(), str(path)])
    assert image.shape == (3, 10, 10) and name == str(path)
    with pytest.raises(FileNotFoundError, match="missing.png"):
        T.Resize(10)("missing.png")


def test_framework():
    assert T.get_framework() == "rushlight"
    with pytest.raises(ValueError, match="framework must be one of"):
        T.set_framework("jax")


FRAMEWORKS = """
import numpy as np, torch
import rushlight as rl
from PIL import Image
from rushlight.image import transforms as T, tv_tensors
from rushlight.image.transforms import functional as F

image = Image.fromarray(np.zeros((4, 5, 3), np.uint8))
before = [T.ToTensor(), T.ToImage(), T.PILToTensor()]
T.set_framework("torch")
made = [F.to_tensor(image), F.pil_to_tensor(image), F.to_image(image), T.ToTensor()(image), T.ToImage()(image)]
assert [type(tensor) for tensor in made] == [torch.Tensor] * 5
assert [type(make(image)) for make in before] == [rl.Tensor, tv_tensors.Image, rl.Tensor]
T.set_framework("rushlight")
assert type(F.to_tensor(image)) is rl.Tensor and type(F.to_image(image)) is tv_tensors.Image
"""


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs PyTorch")
def test_functions_follow_the_framework_and_transforms_keep_theirs():
    """In a process of its own, as PyTorch stays imported."""
    subprocess.run([sys.executable, "-c", FRAMEWORKS], check=True)


def test_batches():
    """A batch is transformed as its images are, with the same parameters."""
    chain = T.Compose([T.RandomResizedCrop(20), T.RandomHorizontalFlip(), T.ColorJitter(0.3), T.GaussianBlur(3)])
    batch = rl.stack([tensor(), tensor().flip(2), 255 - tensor()])
    rl.manual_seed(4)
    together = chain(batch)
    for image, result in zip(batch, together, strict=True):
        rl.manual_seed(4)
        assert chain(image.contiguous()).tolist() == result.tolist()
