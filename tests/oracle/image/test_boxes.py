"""Formats of boxes against torchvision's, for integers and floats, and the texts that classes print."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from torchvision import tv_tensors as their_tensors  # noqa: E402
from torchvision.transforms import v2  # noqa: E402

import rushlight as rl  # noqa: E402
from rushlight.image import tv_tensors  # noqa: E402
from rushlight.image.transforms import functional as F  # noqa: E402
from rushlight.image.transforms import v2 as transforms  # noqa: E402

FORMATS = ["XYXY", "XYWH", "CXCYWH"]
VALUES = [[1, 2, 6, 9], [3, 3, 4, 4], [-3, 5, 30, 7], [11, 0, 4, 19]]


@pytest.mark.parametrize("dtype", ["int64", "int32", "float32", "float64"])
@pytest.mark.parametrize("old", FORMATS)
@pytest.mark.parametrize("new", FORMATS)
def test_conversion(old, new, dtype):
    ours = F.convert_bounding_box_format(rl.tensor(VALUES, dtype=getattr(rl, dtype)), old, new)
    theirs = v2.functional.convert_bounding_box_format(torch.tensor(VALUES, dtype=getattr(torch, dtype)), old, new)
    assert ours.tolist() == theirs.tolist() and str(ours.dtype) == str(theirs.dtype)


@pytest.mark.parametrize("mode", ["soft", "hard", None])
@pytest.mark.parametrize("dtype", ["int64", "float32"])
@pytest.mark.parametrize("format", FORMATS)
def test_clamp(format, dtype, mode):
    ours = F.clamp_bounding_boxes(rl.tensor(VALUES, dtype=getattr(rl, dtype)), format, (12, 14), mode)
    boxes = torch.tensor(VALUES, dtype=getattr(torch, dtype))
    theirs = v2.functional.clamp_bounding_boxes(boxes, their_tensors.BoundingBoxFormat[format], (12, 14), mode)
    assert ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("kind", ["points", "boxes"])
def test_printing(kind):
    def text(family):
        if kind == "points":
            return repr(family.KeyPoints([[1.5, 2]], canvas_size=(10, 20)))
        return repr(family.BoundingBoxes([[1.5, 2, 3, 4]], format="cxcywh", canvas_size=(10, 20)))

    assert text(tv_tensors) == text(their_tensors)


REPRS = [  # fmt: skip
    ("Resize", (256,), {}), ("Resize", ((3, 4),), {"interpolation": "bicubic", "antialias": False}),
    ("CenterCrop", (8,), {}), ("RandomCrop", (8,), {"padding": 4}), ("RandomCrop", ((8, 9),), {"pad_if_needed": True}),
    ("RandomResizedCrop", (8,), {}), ("FiveCrop", (8,), {}), ("TenCrop", (8,), {"vertical_flip": True}),
    ("RandomHorizontalFlip", (), {}), ("RandomVerticalFlip", (0.1,), {}), ("Pad", ([1, 2],), {"padding_mode": "edge"}),
    ("RandomRotation", (10,), {}), ("RandomAffine", (10,), {"translate": (0.1, 0.2), "shear": (1, 2, 3, 4)}),
    ("RandomPerspective", (), {}), ("ElasticTransform", (), {}), ("RandomZoomOut", (), {}), ("RandomIoUCrop", (), {}),
    ("ScaleJitter", ((3, 4),), {}), ("RandomShortestSize", (3,), {}), ("RandomResize", (3, 4), {}),
    ("ColorJitter", (0.1, 0.2, (0.5, 0.6), 0.1), {}), ("ColorJitter", (), {}), ("Grayscale", (), {}),
    ("RandomGrayscale", (), {}), ("RandomAutocontrast", (), {}), ("RandomEqualize", (), {}), ("RandomPosterize", (3,), {}),
    ("RandomSolarize", (3.5,), {}), ("RandomInvert", (), {}), ("RandomAdjustSharpness", (2,), {}),
    ("RandomPhotometricDistort", (), {}), ("RandomChannelPermutation", (), {}), ("PILToTensor", (), {}),
    ("ToPILImage", (), {}), ("ToImage", (), {}), ("ToPureTensor", (), {}), ("Normalize", ([0.5], [0.5]), {}),
    ("ConvertBoundingBoxFormat", ("xyxy",), {}), ("ClampBoundingBoxes", (), {}), ("SanitizeBoundingBoxes", (), {}),
    ("GaussianBlur", (3,), {}), ("GaussianNoise", (), {}), ("RandomErasing", (), {}), ("JPEG", ((10, 20),), {}),
    ("RandAugment", (), {}), ("AutoAugment", (), {}), ("TrivialAugmentWide", (), {}), ("AugMix", (), {}),
    ("MixUp", (), {"num_classes": 3}), ("CutMix", (), {"num_classes": 3}), ("RGB", (), {}), ("Identity", (), {}),
    ("ClampKeyPoints", (), {}), ("SetClampingMode", ("soft",), {}), ("SanitizeKeyPoints", (), {}),
    ("UniformTemporalSubsample", (3,), {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "kwargs"), REPRS)
def test_repr(name, args, kwargs):
    ours, theirs = getattr(transforms, name)(*args, **kwargs), getattr(v2, name)(*args, **kwargs)
    assert repr(ours) == repr(theirs)


def test_nested_repr():
    def chain(family):
        flip = family.RandomHorizontalFlip()
        inner = family.RandomApply([family.ColorJitter(0.1)], p=0.3)
        return family.Compose(
            [flip, inner, family.RandomChoice([flip]), family.RandomOrder([flip]), family.Lambda(len)]
        )

    assert repr(chain(transforms)) == repr(chain(v2))


def test_signatures():
    """Every class of v2 exists here with the same parameters and defaults."""
    import inspect

    for name in dir(v2):
        theirs = getattr(v2, name)
        if not isinstance(theirs, type) or name in ("InterpolationMode", "AutoAugmentPolicy"):
            continue
        ours = getattr(transforms, name)
        assert [shape(p) for p in inspect.signature(ours).parameters.values()] == [
            shape(p) for p in inspect.signature(theirs).parameters.values()
        ], name


def shape(parameter):
    default = parameter.default
    return parameter.name, parameter.kind, str(default) if default is not parameter.empty else None


def test_functionals():
    """Every function of v2.functional exists here; those on inputs of any kind have the same parameters."""
    import inspect

    of_tensors = ("_image", "_video", "_mask")
    missing, different = [], []
    for name in dir(v2.functional):
        theirs = getattr(v2.functional, name)
        if name.startswith("_") or not inspect.isfunction(theirs):
            continue
        if not hasattr(F, name):
            missing.append(name)
        elif not name.endswith(of_tensors) and name != "to_tensor":
            ours = inspect.signature(getattr(F, name)).parameters
            if list(ours) != list(inspect.signature(theirs).parameters):
                different.append(name)
    assert not missing and not different
