"""The classes of `torchvision.transforms`: what they print, what they take, and what they draw."""

import inspect
import random

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from PIL import Image  # noqa: E402
from torchvision import transforms as theirs  # noqa: E402

import rushlight as rl  # noqa: E402
from rushlight.image import transforms as ours  # noqa: E402

PRINTED = """
CenterCrop(10)
CenterCrop((10, 20))
Resize(10)
Resize((10, 20))
Resize(10, I.BICUBIC, antialias=None)
Resize(10, max_size=30)
RandomCrop(10)
RandomCrop((10, 20), padding=4)
RandomCrop(10, pad_if_needed=True, padding_mode="edge", fill=3)
RandomResizedCrop(10)
RandomResizedCrop((10, 20), scale=(0.5, 1.0), ratio=(0.5, 2.0))
FiveCrop(10)
TenCrop(10)
TenCrop((10, 20), vertical_flip=True)
ToTensor()
PILToTensor()
ToPILImage()
ToPILImage("RGB")
ConvertImageDtype(t.float32)
Normalize((0.5, 0.5, 0.5), (0.2, 0.2, 0.2))
Normalize([0.5], [0.5], inplace=True)
Normalize(0.5, 0.5)
RandomHorizontalFlip()
RandomVerticalFlip(0.3)
ColorJitter()
ColorJitter(0.1, 0.2, 0.3, 0.4)
ColorJitter(brightness=(0.5, 2))
GaussianBlur(3)
GaussianBlur((3, 5), sigma=1.0)
RandomRotation(30)
RandomRotation((10, 30), I.BILINEAR, True, (3, 4), 5)
RandomAffine(10)
RandomAffine(10, (0.1, 0.2), (0.8, 1.2), 5, I.BILINEAR, 3, (1, 2))
RandomAffine(0, shear=(1, 2, 3, 4))
RandomPerspective()
RandomPerspective(0.2, 0.3, I.NEAREST, 2)
RandomErasing()
RandomErasing(0.3, (0.1, 0.2), (0.3, 3), "random", True)
Grayscale()
Grayscale(3)
RandomGrayscale()
Pad(3)
Pad((1, 2), 1, "edge")
ElasticTransform()
ElasticTransform((10.0, 20.0), 3.0)
RandomAutocontrast()
RandomEqualize(0.3)
RandomPosterize(3)
RandomSolarize(100)
RandomInvert()
RandomAdjustSharpness(2)
RandAugment()
RandAugment(3, 5, 10, I.BILINEAR, [1, 2, 3])
AutoAugment()
AutoAugment(v.AutoAugmentPolicy.SVHN)
TrivialAugmentWide()
AugMix()
Lambda(abs)
LinearTransformation(t.eye(2), t.zeros(2))
RandomApply([v.ToTensor()])
RandomApply(t.nn.ModuleList([v.ColorJitter()]), 0.3)
RandomChoice([v.ToTensor(), v.ToPILImage()])
RandomChoice([v.ToTensor()], [1])
RandomOrder([v.ToTensor(), v.ToPILImage()])
Compose([v.Resize(3), v.ToTensor()])
Compose([])
Compose([v.Compose([v.ToTensor()]), v.ToTensor()])
""".strip().splitlines()


def made(code, module, framework):
    return eval(f"v.{code}", {"v": module, "I": module.InterpolationMode, "t": framework})


@pytest.mark.parametrize("code", PRINTED)
def test_printing(code):
    assert repr(made(code, ours, rl)) == repr(made(code, theirs, torch))


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, kind in vars(theirs).items()
        if inspect.isclass(kind) and name not in ("Lambda", "ConvertImageDtype")
    ],
)
def test_arguments(name):
    def arguments(kind):
        return [(p.name, str(p.default)) for p in inspect.signature(kind).parameters.values()]

    assert arguments(getattr(ours, name)) == arguments(getattr(theirs, name))


@pytest.mark.parametrize("code", ["Compose([])", "Normalize(0.5, 0.5)", "Lambda(3)"])
def test_arguments_that_v2_refuses(code):
    def outcome(module, framework):
        try:
            return made(code, module, framework)(framework.ones(3, 2, 2)).tolist()
        except TypeError as error:
            return str(error)

    assert outcome(ours, rl) == outcome(theirs, torch)


DRAWN = """
RandomHorizontalFlip()
RandomCrop(32, padding=4)
RandomResizedCrop(32)
ColorJitter(0.4, 0.4, 0.4, 0.1)
RandomRotation(30)
RandomAffine(30, (0.1, 0.2), (0.8, 1.2), 10)
RandomPerspective()
RandomGrayscale(0.5)
RandomPosterize(3)
RandomSolarize(100)
RandAugment()
AutoAugment()
AutoAugment(v.AutoAugmentPolicy.CIFAR10)
AutoAugment(v.AutoAugmentPolicy.SVHN)
TrivialAugmentWide()
AugMix()
RandomApply([v.RandomVerticalFlip(1.0)])
RandomChoice([v.RandomVerticalFlip(1.0), v.RandomHorizontalFlip(1.0), v.RandomInvert(1.0)])
RandomChoice([v.RandomVerticalFlip(1.0), v.RandomHorizontalFlip(1.0), v.RandomInvert(1.0)], [0.1, 0.2, 0.7])
RandomOrder([v.RandomRotation(30), v.RandomHorizontalFlip(1.0), v.RandomCrop(50)])
""".strip().splitlines()


@pytest.mark.parametrize("code", DRAWN)
def test_what_is_drawn(code):
    noise = np.cumsum(np.random.default_rng(0).integers(-3, 4, (64, 80, 3)), 1) + 128
    picture = Image.fromarray((noise + np.arange(64)[:, None, None]).clip(0, 255).astype(np.uint8))

    def results(module, framework):
        framework.manual_seed(5)
        random.seed(5)
        transform = made(code, module, framework)
        return [np.asarray(transform(picture)).astype(int) for _ in range(8)]

    # Chains of AugMix work on tensors, where one level of rounding may decide over a step of `posterize`.
    most = 16 if code.startswith("AugMix") else 0
    for found, expected in zip(results(ours, rl), results(theirs, torch), strict=True):
        assert found.shape == expected.shape and np.abs(found - expected).max() <= most


def test_what_python_draws_follows_the_sample_in_threads(tmp_path):
    """The order of operations is the sample's, whatever the number of threads."""
    from rushlight.image import ImageFolder, ImageLoader

    (tmp_path / "a").mkdir()
    for index in range(8):
        Image.fromarray(np.full((16, 16, 3), index, np.uint8)).save(tmp_path / "a" / f"{index}.png")
    chain = ours.Compose(
        [ours.RandomChoice([ours.Pad((value, 0, 8 - value, 0), fill=200) for value in range(9)]), ours.ToTensor()]
    )
    runs = []
    for workers in (1, 3):
        rl.manual_seed(3)
        random.seed(workers)
        runs.append(
            [images.numpy() for images, _ in ImageLoader(ImageFolder(tmp_path, chain), batch_size=4, workers=workers)]
        )
    assert all(np.array_equal(one, two) for one, two in zip(*runs, strict=True))
    assert len({image.tobytes() for batch in runs[0] for image in batch > 0.5}) > 2


def test_attributes_are_as_they_were_given():
    for name, arguments in (
        ("Resize", (3,)),
        ("Resize", ((3, 4),)),
        ("Resize", ([5],)),
        ("Normalize", ((0.1, 0.2), (0.3, 0.4))),
        ("Normalize", ([0.1], [0.3])),
        ("GaussianBlur", (3,)),
        ("GaussianBlur", ((3, 5), 2.0)),
        ("CenterCrop", (5,)),
    ):
        own, their = (getattr(module, name)(*arguments) for module in (ours, theirs))
        for attribute in ("size", "mean", "std", "sigma", "kernel_size"):
            assert getattr(own, attribute, None) == getattr(their, attribute, None), (name, attribute)
