"""What every transform makes of a sample of image, boxes, masks and points, against torchvision's, after equal seeds."""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from PIL import Image as Pillow  # noqa: E402
from torchvision import tv_tensors as their_tensors  # noqa: E402
from torchvision.transforms import v2  # noqa: E402
from torchvision.transforms.functional import to_tensor  # noqa: E402

import rushlight as rl  # noqa: E402
from rushlight.image import tv_tensors  # noqa: E402
from rushlight.image.transforms import v2 as transforms  # noqa: E402

HEIGHT, WIDTH = 48, 61


def picture(channels=3):
    """A smooth picture with an edge."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    planes = [127 + 100 * np.sin(x / (5 + c) + y / 9) + 20 * (x > 30) for c in range(channels)]
    return np.stack(planes, -1).clip(0, 255).astype(np.uint8)


def tensors(library, family, dtype, format):
    """The same sample for either library."""
    image = library.from_numpy(picture().transpose(2, 0, 1).copy())
    masks = library.zeros(2, HEIGHT, WIDTH, dtype=library.uint8)
    masks[0, 10:30, 5:25] = 1
    masks[1, 20:40, 30:60] = 7
    canvas = (HEIGHT, WIDTH)
    corners = [[5, 10, 25, 30], [30, 20, 60, 40], [1, 2, 3, 5]]
    boxes = family.BoundingBoxes(corners, format="XYXY", canvas_size=canvas, dtype=getattr(library, dtype))
    functional = transforms.functional if library is rl else v2.functional
    return {
        "image": family.Image(image),
        "boxes": functional.convert_bounding_box_format(boxes, new_format=format),
        "masks": family.Mask(masks),
        "points": family.KeyPoints([[5, 10], [40, 30], [60, 47]], canvas_size=canvas, dtype=library.float32),
        "labels": library.tensor([1, 2, 3]),
        "name": "a sample",
    }


EXACT, NEAR, WARPED = 0, 1, 2
GEOMETRY = {
    "RandomHorizontalFlip": (EXACT, {"p": 1.0}),
    "RandomVerticalFlip": (EXACT, {"p": 1.0}),
    "CenterCrop": (EXACT, {"size": (21, 70)}),
    "RandomCrop": (EXACT, {"size": 30, "padding": [3, 1], "fill": 9}),
    "Pad": (EXACT, {"padding": [1, 2, 3, 4], "fill": 5}),
    "RandomZoomOut": (EXACT, {"p": 1.0, "fill": 3}),
    "RandomIoUCrop": (EXACT, {}),
    "Resize": (NEAR, {"size": 33}),
    "RandomResizedCrop": (NEAR, {"size": (32, 40)}),
    "ScaleJitter": (NEAR, {"target_size": (64, 64), "scale_range": (0.5, 1.5)}),
    "RandomShortestSize": (NEAR, {"min_size": [20, 60], "max_size": 70}),
    "RandomResize": (NEAR, {"min_size": 20, "max_size": 40}),
    "RandomRotation": (WARPED, {"degrees": 40, "fill": 3}),
    "RandomAffine": (WARPED, {"degrees": 20, "translate": (0.1, 0.2), "scale": (0.7, 1.4), "shear": 10}),
    "RandomPerspective": (WARPED, {"p": 1.0}),
    "ElasticTransform": (WARPED, {}),
}
VARIANTS = [
    ("Resize", NEAR, {"size": (20, 90), "interpolation": "bicubic"}),
    ("Resize", NEAR, {"size": None, "max_size": 40}),
    ("RandomRotation", WARPED, {"degrees": (30, 60), "interpolation": "bilinear", "expand": True}),
    ("RandomRotation", WARPED, {"degrees": (90, 90.001), "center": (10, 20)}),
    ("RandomAffine", WARPED, {"degrees": 5, "shear": (1, 5, 2, 9), "interpolation": "bilinear", "center": [3, 4]}),
    ("RandomPerspective", WARPED, {"p": 1.0, "distortion_scale": 0.2, "interpolation": "nearest"}),
    ("ElasticTransform", WARPED, {"alpha": 100.0, "sigma": (3.0, 6.0)}),
]
CASES = [(name, level, kwargs) for name, (level, kwargs) in GEOMETRY.items()] + VARIANTS


def close_images(ours, theirs, levels, share=0.995):
    """Whether almost all samples are within some levels: a point that falls on an edge may take either side."""
    ours, theirs = np.asarray(ours).astype(int), np.asarray(theirs).astype(int)
    assert ours.shape == theirs.shape
    difference = abs(ours - theirs)
    if levels == EXACT:
        assert difference.max(initial=0) == 0
    else:
        assert (difference <= levels).mean() >= share, (difference.max(), (difference > levels).mean())


@pytest.mark.parametrize(("format", "dtype"), [("XYXY", "float32"), ("XYWH", "int64"), ("CXCYWH", "float32")])
@pytest.mark.parametrize(("name", "level", "kwargs"), CASES)
def test_structured(name, level, kwargs, format, dtype):
    ours, theirs = getattr(transforms, name)(**kwargs), getattr(v2, name)(**kwargs)
    for seed in range(5):
        rl.manual_seed(seed)
        a = ours(tensors(rl, tv_tensors, dtype, format))
        torch.manual_seed(seed)
        b = theirs(tensors(torch, their_tensors, dtype, format))
        assert list(a) == list(b) and a["name"] == "a sample"
        assert a["labels"].tolist() == b["labels"].tolist()
        for key in ("image", "masks", "boxes", "points"):
            assert type(a[key]).__name__ == type(b[key]).__name__ and tuple(a[key].shape) == tuple(b[key].shape)
            assert str(a[key].dtype) == str(b[key].dtype)
        close_images(a["image"].numpy(), b["image"].numpy(), level)
        close_images(a["masks"].numpy(), b["masks"].numpy(), min(level, NEAR) if level == WARPED else EXACT)
        assert tuple(a["boxes"].canvas_size) == tuple(a["points"].canvas_size) == tuple(a["image"].shape[-2:])
        assert a["boxes"].format.name == b["boxes"].format.name
        # With expand, torchvision's boxes may lie on a canvas that is a pixel larger or smaller than their image.
        tolerance = 1 if dtype == "int64" and level == WARPED or "expand" in kwargs else 2e-4
        np.testing.assert_allclose(a["boxes"].numpy(), b["boxes"].numpy(), atol=tolerance)
        np.testing.assert_allclose(a["points"].numpy(), b["points"].numpy(), atol=2e-4)


COLOURS = {
    "Grayscale": (NEAR, {"num_output_channels": 3}),
    "RandomGrayscale": (NEAR, {"p": 1.0}),
    "ColorJitter": (WARPED, {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.2}),
    "RandomChannelPermutation": (EXACT, {}),
    "RandomPhotometricDistort": (WARPED, {"p": 0.8}),
    "RandomEqualize": (NEAR, {"p": 1.0}),
    "RandomInvert": (EXACT, {"p": 1.0}),
    "RandomPosterize": (EXACT, {"p": 1.0, "bits": 3}),
    "RandomSolarize": (EXACT, {"p": 1.0, "threshold": 120}),
    "RandomAutocontrast": (NEAR, {"p": 1.0}),
    "RandomAdjustSharpness": (NEAR, {"p": 1.0, "sharpness_factor": 1.7}),
    "GaussianBlur": (WARPED, {"kernel_size": (5, 3)}),
    "GaussianNoise": (NEAR, {}),
    "RandomErasing": (EXACT, {"p": 1.0, "value": (1, 2, 3)}),
    "AutoAugment": (WARPED, {}),
    "RandAugment": (WARPED, {"num_ops": 3, "magnitude": 12}),
    "TrivialAugmentWide": (WARPED, {}),
    "AugMix": (WARPED, {}),
}
POLICIES = ["IMAGENET", "CIFAR10", "SVHN"]


@pytest.mark.parametrize(
    ("name", "level", "kwargs"),
    [(name, level, kwargs) for name, (level, kwargs) in COLOURS.items()]
    + [("AutoAugment", WARPED, {"policy": policy}) for policy in POLICIES]
    + [
        ("AugMix", WARPED, {"all_ops": False, "chain_depth": 2}),
        ("TrivialAugmentWide", WARPED, {"fill": [1.0, 2.0, 3.0]}),
    ],
)
def test_images(name, level, kwargs):
    def built(family):
        given = {key: family.AutoAugmentPolicy[v] if key == "policy" else v for key, v in kwargs.items()}
        return getattr(family, name)(**given)

    ours, theirs = built(transforms), built(v2)
    array = picture().transpose(2, 0, 1).copy()
    for seed in range(12):
        rl.manual_seed(seed)
        a = ours(rl.from_numpy(array.copy()))
        torch.manual_seed(seed)
        b = theirs(torch.from_numpy(array.copy()))
        assert rl.get_rng_state().tolist() == torch.get_rng_state().tolist()
        close_images(a.numpy(), b.numpy(), level, share=0.98 if "Aug" in name else 0.995)


@pytest.mark.parametrize("name", ["RandomResizedCrop", "RandomRotation", "ColorJitter", "AutoAugment", "AugMix", "Pad"])
def test_pillow_images(name):
    """PIL images are treated by Pillow in both."""
    kwargs = {**{key: kwargs for key, (_, kwargs) in (GEOMETRY | COLOURS).items()}[name]}
    ours, theirs = getattr(transforms, name)(**kwargs), getattr(v2, name)(**kwargs)
    for seed in range(5):
        rl.manual_seed(seed)
        torch.manual_seed(seed)
        a, b = ours(Pillow.fromarray(picture())), theirs(Pillow.fromarray(picture()))
        assert type(a) is type(b) is Pillow.Image and a.mode == b.mode
        close_images(a, b, WARPED if name == "AugMix" else NEAR)


@pytest.mark.parametrize("quality", [30, (5, 95)])
def test_compression_of_pillow_images(quality):
    ours, theirs = transforms.JPEG(quality), v2.JPEG(quality)
    for seed in range(3):
        rl.manual_seed(seed)
        torch.manual_seed(seed)
        close_images(ours(Pillow.fromarray(picture())), theirs(Pillow.fromarray(picture())), EXACT)


def test_conversions():
    array = picture()
    image = Pillow.fromarray(array)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        their_tensor = v2.ToTensor()(image)
    assert transforms.ToTensor()(image).tolist() == transforms.ToTensor()(array).tolist() == their_tensor.tolist()
    assert transforms.PILToTensor()(image).tolist() == v2.PILToTensor()(image).tolist()
    chain = [
        ("ToImage", {}),
        ("ToDtype", {"scale": True}),
        ("Normalize", {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}),
    ]

    def run(family, library):
        x = image
        for name, kwargs in chain:
            args = (library.float32,) if name == "ToDtype" else ()
            x = getattr(family, name)(*args, **kwargs)(x)
        return x

    assert np.array_equal(run(transforms, rl).numpy(), run(v2, torch).numpy())
    back = transforms.ToPILImage()(transforms.ToImage()(image))
    assert np.array_equal(np.asarray(back), array)


@pytest.mark.parametrize("name", ["FiveCrop", "TenCrop"])
def test_several_crops(name):
    ours = getattr(transforms, name)((20, 30))(rl.from_numpy(picture().transpose(2, 0, 1).copy()))
    theirs = getattr(v2, name)((20, 30))(torch.from_numpy(picture().transpose(2, 0, 1).copy()))
    assert len(ours) == len(theirs) and all(a.tolist() == b.tolist() for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("min_size", [1.0, 3.0])
def test_sanitize(min_size):
    def sample(library, family):
        boxes = family.BoundingBoxes(
            [[0, 0, 10, 10], [5, 5, 5, 9], [50, 40, 70, 47], [1, 1, 3, 30], [0, 0, 61, 48]],
            format="XYXY",
            canvas_size=(HEIGHT, WIDTH),
        )
        return {"boxes": boxes, "labels": library.arange(5), "masks": family.Mask(library.arange(5)[:, None, None])}

    ours = transforms.SanitizeBoundingBoxes(min_size)(sample(rl, tv_tensors))
    theirs = v2.SanitizeBoundingBoxes(min_size)(sample(torch, their_tensors))
    for key in ours:
        assert ours[key].tolist() == theirs[key].tolist() and type(ours[key]).__name__ == type(theirs[key]).__name__


CHAINS = {
    "train": lambda family: [
        family.RandomResizedCrop(32),
        family.RandomHorizontalFlip(),
        family.ColorJitter(0.4, 0.4, 0.4, 0.1),
        family.ToDtype(torch.float32, scale=True),
        family.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        family.RandomErasing(1.0, value="random"),
    ],
    "augment": lambda family: [
        family.RandAugment(),
        family.RandomRotation(20),
        family.ElasticTransform(),
        family.AugMix(),
    ],
}


@pytest.mark.parametrize("chain", CHAINS)
def test_tensors_of_pytorch(chain):
    ours, theirs = (family.Compose(CHAINS[chain](family)) for family in (transforms, v2))
    array = picture().transpose(2, 0, 1).copy()
    for seed in range(5):
        rl.manual_seed(seed)
        torch.manual_seed(seed)
        a, b = ours(torch.from_numpy(array.copy())), theirs(torch.from_numpy(array.copy()))
        assert type(a) is type(b) is torch.Tensor and a.dtype == b.dtype
        if a.dtype == torch.uint8:
            close_images(a, b, 3, share=0.95)
        else:
            assert ((a - b).abs() < 0.05).float().mean() > 0.98


@pytest.mark.parametrize("name", ["MixUp", "CutMix"])
def test_mixtures_of_pytorch(name):
    batch, labels = torch.rand(4, 3, 8, 9), torch.tensor([0, 3, 2, 1])
    rl.manual_seed(3)
    ours = getattr(transforms, name)(num_classes=4)(batch, labels)
    torch.manual_seed(3)
    theirs = getattr(v2, name)(num_classes=4)(batch, labels)
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_framework_of_new_tensors():
    transforms.set_framework("torch")
    try:
        makers = [transforms.ToTensor(), transforms.PILToTensor(), transforms.ToImage()]
    finally:
        transforms.set_framework("rushlight")
    image = Pillow.fromarray(picture())
    assert all(type(maker(image)) is torch.Tensor for maker in makers)
    assert torch.equal(makers[0](image), to_tensor(image))


def test_tensors_of_torchvision_are_refused():
    boxes = their_tensors.BoundingBoxes([[1, 2, 3, 4]], format="XYXY", canvas_size=(HEIGHT, WIDTH))
    with pytest.raises(TypeError, match="wrap it as rushlight.image.tv_tensors.BoundingBoxes"):
        transforms.CenterCrop(3)({"image": torch.zeros(3, HEIGHT, WIDTH), "boxes": boxes})


@pytest.mark.parametrize("dtype", ["int64", "uint8", "float32"])
@pytest.mark.parametrize(("name", "level", "kwargs"), CASES)
def test_flat_masks(name, level, kwargs, dtype):
    """A mask ``[H, W]`` of any type keeps its labels and its shape."""
    if name == "RandomIoUCrop":
        return
    labels = (np.mgrid[:HEIGHT, :WIDTH].sum(0) // 9 * 37 % 251).astype(dtype)
    ours, theirs = getattr(transforms, name)(**kwargs), getattr(v2, name)(**kwargs)
    for seed in range(3):
        rl.manual_seed(seed)
        torch.manual_seed(seed)
        a, b = ours(tv_tensors.Mask(labels)), theirs(their_tensors.Mask(labels))
        assert tuple(a.shape) == tuple(b.shape) and str(a.dtype) == str(b.dtype) and type(a) is tv_tensors.Mask
        assert (a.numpy() == b.numpy()).mean() >= (1.0 if level != WARPED else 0.99)


VIDEO = [
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomAffine",
    "ColorJitter",
    "GaussianBlur",
    "AugMix",
    "RandomErasing",
]


@pytest.mark.parametrize("name", VIDEO)
def test_videos(name):
    level, kwargs = (GEOMETRY | COLOURS)[name]
    frames = np.stack([picture().transpose(2, 0, 1), 255 - picture().transpose(2, 0, 1)])
    ours, theirs = getattr(transforms, name)(**kwargs), getattr(v2, name)(**kwargs)
    for seed in range(5):
        rl.manual_seed(seed)
        torch.manual_seed(seed)
        a, b = ours(tv_tensors.Video(frames)), theirs(their_tensors.Video(frames))
        assert type(a) is tv_tensors.Video
        close_images(a.numpy(), b.numpy(), level, share=0.98 if name == "AugMix" else 0.995)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("name", ["RandomCrop", "Pad", "Resize", "RandomPerspective", "GaussianBlur", "RandomInvert"])
def test_channels(name, channels, dtype):
    """Arrays, tensors and images of any number of channels agree with torchvision's tensors."""
    level, kwargs = (GEOMETRY | COLOURS)[name]
    array = picture(channels).astype(dtype) / (255 if dtype == "float32" else 1)
    array = array.astype(dtype)
    planes = array.transpose(2, 0, 1).copy()
    ours, theirs = getattr(transforms, name)(**kwargs), getattr(v2, name)(**kwargs)
    torch.manual_seed(1)
    expected = theirs(torch.from_numpy(planes)).numpy()
    for image, back in ((array, lambda x: x.transpose(2, 0, 1)), (rl.from_numpy(planes), lambda x: x.numpy())):
        rl.manual_seed(1)
        result = back(ours(image))
        scale = 255 if dtype == "float32" else 1
        assert result.shape == expected.shape and result.dtype == expected.dtype
        assert (abs(result * float(scale) - expected * float(scale)) <= level + 0.01).mean() >= 0.995
