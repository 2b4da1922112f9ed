"""The classes of torchvision's v2: arguments, defaults, what they print, and what they say of wrong arguments."""

import inspect

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from torchvision.transforms import v2 as theirs  # noqa: E402

from rushlight.image.transforms import v2 as ours  # noqa: E402

CLASSES = [name for name in dir(theirs) if inspect.isclass(getattr(theirs, name)) and name != "InterpolationMode"]
ARGUMENTS = {  # fmt: skip
    "Resize": (5,), "CenterCrop": (5,), "RandomCrop": (5,), "RandomResizedCrop": (5,), "FiveCrop": (5,), "TenCrop": (5,),
    "Normalize": ([0.5], [0.5]), "GaussianBlur": (3,), "RandomRotation": (30,), "RandomAffine": (30,), "Pad": (3,), "RandomPosterize": (3,),
    "RandomSolarize": (3,), "RandomAdjustSharpness": (2,), "Lambda": (len,), "ConvertImageDtype": (torch.float32,),
    "LinearTransformation": (torch.eye(3), torch.zeros(3)), "ScaleJitter": ((3, 4),), "RandomShortestSize": (3,), "RandomResize": (3, 5),
    "UniformTemporalSubsample": (3,), "ConvertBoundingBoxFormat": ("XYWH",), "JPEG": (50,), "SetClampingMode": ("soft",),
}  # fmt: skip
# Classes and the arguments that they, or their first call, refuse.
WRONG = [
    ("Resize", dict(size="x")),
    ("Resize", dict(size=(1, 2, 3))),
    ("Resize", dict(size=None)),
    ("Resize", dict(size=5, max_size=4)),
    ("Resize", dict(size=(4, 5), max_size=7)),
    ("Resize", dict(size=5, interpolation="foo")),
    ("Resize", dict(size=5.5)),
    ("CenterCrop", dict(size=(1, 2, 3))),
    ("RandomCrop", dict(size=(1, 2, 3))),
    ("RandomCrop", dict(size=3, padding="a")),
    ("RandomCrop", dict(size=3, padding=(1, 2, 3))),
    ("RandomCrop", dict(size=3, padding=1, padding_mode="x")),
    ("RandomResizedCrop", dict(size=(1, 2, 3))),
    ("RandomResizedCrop", dict(size=3, scale=3)),
    ("RandomResizedCrop", dict(size=3, ratio=3)),
    ("RandomResizedCrop", dict(size=3, scale=(2, 1))),
    ("RandomHorizontalFlip", dict(p=2)),
    ("RandomHorizontalFlip", dict(p="a")),
    ("ColorJitter", dict(brightness=-1)),
    ("ColorJitter", dict(brightness=(2, 1))),
    ("ColorJitter", dict(hue=0.7)),
    ("ColorJitter", dict(brightness="a")),
    ("ColorJitter", dict(contrast=(1, 2, 3))),
    ("GaussianBlur", dict(kernel_size=4)),
    ("GaussianBlur", dict(kernel_size=3, sigma=0)),
    ("GaussianBlur", dict(kernel_size=3, sigma=(2, 1))),
    ("GaussianBlur", dict(kernel_size=-1)),
    ("GaussianBlur", dict(kernel_size=3, sigma="a")),
    ("RandomRotation", dict(degrees=-1)),
    ("RandomRotation", dict(degrees=(1, 2, 3))),
    ("RandomRotation", dict(degrees="a")),
    ("RandomRotation", dict(degrees=3, center=(1,))),
    ("RandomRotation", dict(degrees=3, fill="a")),
    ("RandomAffine", dict(degrees=3, translate=(2, 3))),
    ("RandomAffine", dict(degrees=3, translate=3)),
    ("RandomAffine", dict(degrees=3, scale=(-1, 2))),
    ("RandomAffine", dict(degrees=3, shear=-1)),
    ("RandomAffine", dict(degrees=3, shear=(1, 2, 3))),
    ("RandomAffine", dict(degrees=3, center="a")),
    ("RandomPerspective", dict(distortion_scale=2)),
    ("RandomErasing", dict(p=3)),
    ("RandomErasing", dict(scale=(2, 3))),
    ("RandomErasing", dict(scale=3)),
    ("RandomErasing", dict(ratio=3)),
    ("RandomErasing", dict(value="abc")),
    ("RandomErasing", dict(value={})),
    ("Pad", dict(padding="a")),
    ("Pad", dict(padding=(1, 2, 3))),
    ("Pad", dict(padding=3, fill="a")),
    ("Pad", dict(padding=3, padding_mode="x")),
    ("ElasticTransform", dict(alpha="a")),
    ("ElasticTransform", dict(sigma=(1, 2, 3))),
    ("Grayscale", dict(num_output_channels=2)),
    ("RandomZoomOut", dict(side_range=(0.5, 2))),
    ("RandomZoomOut", dict(side_range=3)),
    ("Compose", dict(transforms=[])),
    ("Compose", dict(transforms=3)),
    ("RandomApply", dict(transforms=3)),
    ("RandomApply", dict(transforms=[], p=2)),
    ("RandomChoice", dict(transforms=3)),
    ("RandomChoice", dict(transforms="one", p=[1, 2])),
    ("RandomOrder", dict(transforms=3)),
    ("AutoAugment", dict(policy="x")),
    ("AugMix", dict(severity=20)),
    ("JPEG", dict(quality=0)),
    ("JPEG", dict(quality=(50, 20))),
    ("JPEG", dict(quality=101)),
    ("JPEG", dict(quality="a")),
    ("MixUp", dict(alpha="a")),
    ("CutMix", dict(alpha=-1)),
    ("CutMix", dict(num_classes="a")),
    ("LinearTransformation", dict(transformation_matrix=torch.eye(3), mean_vector=torch.zeros(2))),
    ("LinearTransformation", dict(transformation_matrix=torch.ones(2, 3), mean_vector=torch.zeros(2))),
    ("ToDtype", dict(dtype="a")),
    ("ToDtype", dict(dtype={1: 2, "x": torch.uint8})),
    ("ConvertBoundingBoxFormat", dict(format="foo")),
    ("SanitizeBoundingBoxes", dict(min_size=0)),
    ("SanitizeBoundingBoxes", dict(min_area=0)),
    ("SanitizeBoundingBoxes", dict(labels_getter="foo bar")),
    ("SanitizeBoundingBoxes", dict(labels_getter=3)),
    ("RandomIoUCrop", dict(trials="a")),
    ("ScaleJitter", dict(target_size=3)),
    ("RandomShortestSize", dict(min_size="a")),
    ("RandomResize", dict(min_size=5, max_size=3)),
    ("FiveCrop", dict(size=(1, 2, 3))),
    ("TenCrop", dict(size=(1, 2, 3))),
    ("GaussianNoise", dict(sigma=-1)),
    ("RandomGrayscale", dict(p=-1)),
    ("Lambda", dict(lambd=3)),
    ("SetClampingMode", dict(clamping_mode="x")),
    ("Normalize", dict(mean=0.5, std=0.5)),
    ("Normalize", dict(mean=[0.5], std=[0])),
    ("RandomPhotometricDistort", dict(p=3)),
    ("RandomSolarize", dict(threshold="a", p=1.0)),
    ("RandomPosterize", dict(bits=20, p=1.0)),
]
OWN_WORDS = ("CutMix", "ToDtype")
"""Classes whose words are our own: torchvision's tell of the distribution and the class beneath."""

IMAGE = torch.zeros(3, 8, 9, dtype=torch.uint8)


def signature(kind):
    return [(p.name, str(p.default)) for p in inspect.signature(kind).parameters.values()]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CLASSES)
def test_arguments_and_printing(name):
    assert signature(getattr(ours, name)) == signature(getattr(theirs, name))
    try:
        expected = repr(getattr(theirs, name)(*ARGUMENTS.get(name, ())))
    except (TypeError, ValueError):
        return
    assert repr(getattr(ours, name)(*ARGUMENTS.get(name, ()))) == expected


def complaint(module, name, options):
    """What a class, or its call, says of arguments; None if it takes them."""
    if options.get("transforms") == "one":
        options = {**options, "transforms": [module.ToImage()]}
    try:
        getattr(module, name)(**options)(IMAGE)
    except Exception as error:
        return error
    return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name, options", WRONG, ids=lambda value: str(value)[:60])
def test_wrong_arguments(name, options):
    expected, found = complaint(theirs, name, options), complaint(ours, name, options)
    assert type(found) is type(expected), (found, expected)
    if name not in OWN_WORDS:
        assert str(found) == str(expected)
