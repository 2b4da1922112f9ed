"""The parameters every random transform draws, against torchvision's: equal seeds give equal parameters and equal states."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from torchvision import tv_tensors as their_tensors  # noqa: E402
from torchvision.transforms import v2  # noqa: E402

import rushlight as rl  # noqa: E402
from rushlight.image import tv_tensors  # noqa: E402
from rushlight.image.transforms import v2 as transforms  # noqa: E402

SEEDS = range(20)
SIZES = [(37, 53), (64, 48), (200, 9)]


def plain(value):
    """Values of either library that can be compared."""
    if isinstance(value, (rl.Tensor, torch.Tensor)):
        return value.tolist()
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value


def drawn(library, make, sample):
    """The parameters of some seeds, and the state of the generator after each."""
    results = []
    for seed in SEEDS:
        library.manual_seed(seed)
        results.append((plain(make(sample)), library.get_rng_state().tolist()))
    return results


def image(library, size, channels=3):
    return library.zeros(channels, *size, dtype=library.uint8)


PARAMETERS = {
    "RandomCrop": [((8,), {}), (((5, 7),), {"padding": [1, 2, 3, 4]}), ((70,), {"pad_if_needed": True})],
    "RandomResizedCrop": [((24,), {}), (((8, 9),), {"scale": (0.5, 0.9), "ratio": (0.2, 5.0)})],
    "RandomRotation": [((30,), {}), (((10, 20),), {})],
    "RandomAffine": [
        ((30,), {}),
        ((0,), {"translate": (0.1, 0.3), "scale": (0.5, 2), "shear": 10}),
        ((5,), {"shear": (-5, 5, 10, 20), "scale": (0.9, 1.1)}),
    ],
    "RandomZoomOut": [((), {}), ((), {"side_range": (2.0, 2.5)})],
    "ScaleJitter": [(((100, 80),), {}), (((100, 80),), {"scale_range": (0.8, 1.25)})],
    "RandomShortestSize": [((20,), {}), (([16, 20, 24, 100],), {"max_size": 120})],
    "RandomResize": [((20, 40), {})],
    "ColorJitter": [((), {}), ((0.4, 0.3, 0.2, 0.1), {}), ((), {"hue": 0.5, "contrast": (0.5, 0.6)})],
    "RandomChannelPermutation": [((), {})],
    "RandomPhotometricDistort": [((), {}), ((), {"p": 0.9})],
    "RandomGrayscale": [((), {})],
    "GaussianBlur": [((5,), {}), (((3, 7),), {"sigma": (0.5, 3)}), ((3,), {"sigma": 1.5})],
    "RandomErasing": [
        ((), {}),
        ((), {"value": "random"}),
        ((), {"value": (1, 2, 3), "scale": (0.5, 1), "ratio": (1, 2)}),
    ],
    "JPEG": [((50,), {}), (((5, 95),), {})],
}
CASES = [(name, index) for name, cases in PARAMETERS.items() for index in range(len(cases))]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("name", "index"), CASES)
def test_parameters(name, index, size):
    args, kwargs = PARAMETERS[name][index]
    if name == "RandomCrop" and not kwargs.get("pad_if_needed") and min(size) < 9:
        size = (30, 40)
    ours, theirs = getattr(transforms, name)(*args, **kwargs), getattr(v2, name)(*args, **kwargs)
    assert drawn(rl, ours.make_params, [image(rl, size)]) == drawn(torch, theirs.make_params, [image(torch, size)])


@pytest.mark.parametrize("format", ["XYXY", "XYWH", "CXCYWH"])
@pytest.mark.parametrize("dtype", ["int64", "float32"])
def test_overlapping_crop(format, dtype):
    values = [[10, 10, 20, 20], [5, 25, 12, 8], [30, 30, 5, 7]]

    def sample(library, tensors):
        boxes = library.tensor(values, dtype=getattr(library, dtype))
        return [image(library, (64, 80)), tensors.BoundingBoxes(boxes, format=format, canvas_size=(64, 80))]

    ours, theirs = transforms.RandomIoUCrop(), v2.RandomIoUCrop()
    assert drawn(rl, ours.make_params, sample(rl, tv_tensors)) == drawn(
        torch, theirs.make_params, sample(torch, their_tensors)
    )


GETTERS = {
    "RandomCrop": ((10, 20),),
    "RandomResizedCrop": ((0.08, 1.0), (0.75, 1.33)),
    "RandomErasing": ((0.02, 0.33), (0.3, 3.3)),
}
NUMBERS = {
    "RandomRotation": ([-20.0, 30.0],),
    "RandomAffine": ([-5.0, 5.0], (0.1, 0.2), (0.5, 1.5), (-3.0, 3.0, 1.0, 2.0), [50, 40]),
    "RandomPerspective": (50, 40, 0.5),
    "ColorJitter": ((0.5, 1.5), None, (0.2, 0.3), (-0.1, 0.1)),
    "GaussianBlur": (0.1, 2.0),
    "AutoAugment": (25,),
}


@pytest.mark.parametrize("name", [*GETTERS, *NUMBERS])
def test_get_params(name):
    def make(library, family):
        arguments = (image(library, (40, 50)), *GETTERS[name]) if name in GETTERS else NUMBERS[name]
        return drawn(library, lambda _: getattr(family, name).get_params(*arguments), None)

    assert make(rl, transforms) == make(torch, v2)


def calls(library, family, make):
    """Which of three recorded steps ran, for some seeds."""
    results = []
    for seed in SEEDS:
        ran = []
        steps = [lambda x, i=i: (ran.append(i), x)[1] for i in range(3)]
        library.manual_seed(seed)
        make(family, steps)(image(library, (4, 4)))
        results.append((ran, library.get_rng_state().tolist()))
    return results


@pytest.mark.parametrize(
    "make",
    [
        lambda family, steps: family.RandomApply(steps, p=0.3),
        lambda family, steps: family.RandomChoice(steps),
        lambda family, steps: family.RandomChoice(steps, p=[1, 5, 2]),
        lambda family, steps: family.RandomOrder(steps),
        lambda family, steps: family.Compose([family.RandomOrder(steps), family.RandomApply(steps)]),
    ],
)
def test_containers(make):
    assert calls(rl, transforms, make) == calls(torch, v2, make)


@pytest.mark.parametrize(("name", "alpha"), [("MixUp", 1.0), ("MixUp", 0.2), ("CutMix", 1.0), ("CutMix", 0.5)])
def test_mixtures(name, alpha):
    def mixed(library, family):
        batch = library.arange(4 * 3 * 6 * 7).reshape(4, 3, 6, 7) / 100
        labels = library.tensor([0, 2, 1, 4])
        results = []
        for seed in SEEDS:
            library.manual_seed(seed)
            output = getattr(family, name)(alpha=alpha, num_classes=5)(batch, labels)
            results.append((plain(output), library.get_rng_state().tolist()))
        return results

    assert mixed(rl, transforms) == mixed(torch, v2)


@pytest.mark.parametrize("scale", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("size", SIZES)
def test_perspective(size, scale):
    """The corners are drawn alike (see ``get_params``); solving for the coefficients rounds differently."""
    ours, theirs = transforms.RandomPerspective(scale), v2.RandomPerspective(scale)
    ours, theirs = (
        drawn(library, transform.make_params, [image(library, size)])
        for library, transform in ((rl, ours), (torch, theirs))
    )
    for (a, state), (b, expected) in zip(ours, theirs, strict=True):
        assert a["coefficients"] == pytest.approx(b["coefficients"], rel=1e-5, abs=1e-9)
        assert state == expected


FLIPS = [  # fmt: skip
    ("RandomHorizontalFlip", ()), ("RandomVerticalFlip", ()), ("RandomInvert", ()), ("RandomEqualize", ()),
    ("RandomAutocontrast", ()), ("RandomPosterize", (3,)), ("RandomSolarize", (100,)), ("RandomAdjustSharpness", (2,)),
    ("RandomGrayscale", ()),
]  # fmt: skip


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize(("name", "args"), FLIPS)
def test_chance(name, args, p):
    ours, theirs = getattr(transforms, name)(*args, p=p), getattr(v2, name)(*args, p=p)
    for seed in SEEDS:
        rl.manual_seed(seed)
        torch.manual_seed(seed)
        assert ours.applies() == bool(torch.rand(1) < p)
        theirs_after = torch.get_rng_state().tolist()
        torch.manual_seed(seed)
        theirs(image(torch, (4, 4)))
        assert rl.get_rng_state().tolist() == theirs_after == torch.get_rng_state().tolist()
