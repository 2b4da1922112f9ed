"""Transforms: what they print, accept, refuse and draw, and that boxes, masks and points stay on their image."""

import copy
import pickle
from collections import OrderedDict, namedtuple

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


def painted(left=12, top=8, right=30, bottom=25, format="XYXY"):
    """A rectangle of 255 on 0 as image and mask, its box, and its corners as points."""
    canvas = (HEIGHT, WIDTH)
    image = rl.zeros(3, *canvas, dtype=rl.uint8)
    image[:, top:bottom, left:right] = 255
    box = tv_tensors.BoundingBoxes([[left, top, right, bottom]], format="XYXY", canvas_size=canvas, dtype=rl.float32)
    return {
        "image": tv_tensors.Image(image),
        "mask": tv_tensors.Mask((image[:1] > 0).to(rl.uint8)),
        "box": F.convert_bounding_box_format(box, new_format=format),
        "points": tv_tensors.KeyPoints([[left, top], [right - 1, bottom - 1]], canvas_size=canvas, dtype=rl.float32),
    }


def extent(plane):
    """Left, top, right and bottom of what is painted."""
    rows, columns = np.nonzero(np.asarray(plane) > 127)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


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
    assert getattr(T.v2, name) is getattr(T, name)


def test_printing():
    assert repr(T.Resize(256)) == "Resize(size=[256], interpolation=bilinear, antialias=True)"
    assert repr(T.Cutout(2, 8)) == "Cutout(p=1.0, n_holes=2, length=8, fill=0.0)"
    assert (
        repr(T.Compose([T.RandomInvert(0.2), T.Identity()]))
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
    (ValueError, "at least one", lambda: T.Compose([])),
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
    (TypeError, "not supported by FiveCrop", lambda: T.FiveCrop(5)(painted())),
    (TypeError, "not supported by AutoAugment", lambda: T.AutoAugment()(painted())),
    (TypeError, "No image or video", lambda: T.RandomGrayscale(1.0)([1, "a"])),
    (
        ValueError,
        "Found multiple HxW",
        lambda: T.RandomCrop(5)([tensor(), painted()["mask"][..., :9].as_subclass(tv_tensors.Mask)]),
    ),
    (ValueError, "num_classes must be passed", lambda: T.MixUp()(rl.rand(2, 3, 4, 4), rl.tensor([0, 1]))),
    (ValueError, "batched input", lambda: T.CutMix(num_classes=2)(rl.rand(3, 4, 4), rl.tensor([0, 1]))),
    (TypeError, "not defined for BoundingBoxes", lambda: F.invert(painted()["box"])),
]


@pytest.mark.parametrize(("error", "text", "call"), WRONG)
def test_wrong_arguments(error, text, call):
    with pytest.raises(error, match=text):
        call()


def test_structures_keep_their_shape():
    Sample = namedtuple("Sample", "image target")
    target = OrderedDict(label=3, name="cat", nothing=None, nested=[{"mask": painted()["mask"]}])
    sample = Sample(tv_tensors.Image(tensor()), target)
    output = T.CenterCrop(10)(sample)
    assert type(output) is Sample and type(output.target) is OrderedDict
    assert output.image.shape == (3, 10, 10) and output.target["nested"][0]["mask"].shape == (1, 10, 10)
    assert output.target["label"] == 3 and output.target["name"] == "cat" and output.target["nothing"] is None


def test_which_tensor_is_the_image():
    crop = T.CenterCrop(10)
    first, second = crop(tensor(), tensor())
    assert first.shape == (3, 10, 10) and second.shape == (3, HEIGHT, WIDTH)
    pure, image = crop([tensor(), tv_tensors.Image(tensor())])
    assert pure.shape == (3, HEIGHT, WIDTH) and image.shape == (3, 10, 10)
    array, labels = crop(picture(), rl.tensor([1, 2]))
    assert array.shape == (10, 10, 3) and labels.tolist() == [1, 2]


def test_a_pillow_image_is_the_image():
    Image = pytest.importorskip("PIL.Image")
    image, scores = T.CenterCrop(10)(Image.fromarray(picture()), rl.rand(3, 20, 20))
    assert image.size == (10, 10) and scores.shape == (3, 20, 20)


MOVES = [  # fmt: skip
    T.RandomHorizontalFlip(1.0), T.RandomVerticalFlip(1.0), T.CenterCrop((30, 50)), T.Pad([3, 4, 5, 6]),
    T.RandomCrop((38, 58)), T.Resize((80, 120)), T.RandomResizedCrop((60, 60), scale=(0.8, 1.0)), T.RandomZoomOut(p=1.0),
    T.RandomRotation((90, 90)), T.RandomRotation((90, 90), expand=True), T.RandomAffine((0, 0), translate=(0.1, 0.1)),
    T.RandomShortestSize([20, 80]), T.RandomResize(30, 50), T.ScaleJitter((60, 60), (1.0, 2.0)),
]  # fmt: skip


@pytest.mark.parametrize("format", ["XYXY", "XYWH", "CXCYWH"])
@pytest.mark.parametrize("transform", MOVES, ids=repr)
def test_everything_moves_together(transform, format):
    for seed in range(5):
        rl.manual_seed(seed)
        output = transform(painted(format=format))
        size = tuple(output["image"].shape[-2:])
        assert size == output["mask"].shape[-2:] == output["box"].canvas_size == output["points"].canvas_size
        assert output["box"].format.name == format
        seen = extent(output["image"][0])
        np.testing.assert_allclose(seen, extent(output["mask"][0] * 255), atol=1)
        box = F.convert_bounding_box_format(output["box"], new_format="XYXY")[0].tolist()
        np.testing.assert_allclose(box, seen, atol=1.01)
        x, y = output["points"][..., 0], output["points"][..., 1]
        slack = 1.5 + size[0] / HEIGHT
        inside = (x > seen[0] - slack) & (x < seen[2] + slack) & (y > seen[1] - slack) & (y < seen[3] + slack)
        assert inside.all()


def test_overlapping_crop_keeps_a_box():
    transform = T.Compose([T.RandomIoUCrop(), T.SanitizeBoundingBoxes(labels_getter=None)])
    for seed in range(10):
        rl.manual_seed(seed)
        output = transform(painted())
        assert output["box"].shape == (1, 4) and output["image"].shape[-2:] == output["mask"].shape[-2:]
        np.testing.assert_allclose(output["box"][0].tolist(), extent(output["image"][0]), atol=1)


def test_sanitizing_takes_labels_and_masks_along():
    boxes = tv_tensors.BoundingBoxes([[0, 0, 5, 5], [3, 3, 3, 9], [2, 2, 9, 9]], format="XYXY", canvas_size=(10, 10))
    sample = {"boxes": boxes, "labels": rl.tensor([1, 2, 3]), "masks": tv_tensors.Mask(rl.zeros(3, 4, 4)), "id": 7}
    output = T.SanitizeBoundingBoxes()(sample)
    assert (
        output["labels"].tolist() == [1, 3] and output["boxes"].shape == (2, 4) and output["masks"].shape == (2, 4, 4)
    )
    assert output["id"] == 7 and isinstance(output["boxes"], tv_tensors.BoundingBoxes)


RANDOM = [name for name in CLASSES if name.startswith("Random") and name not in ("RandomIoUCrop",)]


@pytest.mark.parametrize(
    "name", [*RANDOM, "ColorJitter", "GaussianBlur", "AutoAugment", "RandAugment", "AugMix", "Cutout"]
)
def test_equal_seeds_give_equal_results(name):
    transform = build(name)

    def run(seed):
        rl.manual_seed(seed)
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


def test_dtypes_by_type():
    sample = painted()
    output = T.ToDtype({tv_tensors.Image: rl.float32, tv_tensors.Mask: rl.int64, "others": None}, scale=True)(sample)
    assert output["image"].dtype == rl.float32 and float(output["image"].max()) == 1.0
    assert output["mask"].dtype == rl.int64 and int(output["mask"].max()) == 1
    assert output["box"] is sample["box"]
    with pytest.raises(ValueError, match="No dtype was specified"):
        T.ToDtype({tv_tensors.Image: rl.float32})(sample)


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


def test_own_transform_and_own_tensor():
    class Flipped(T.Transform):
        def make_params(self, flat_inputs):
            return {"size": T.query_size(flat_inputs)}

        def transform(self, inpt, params):
            assert params["size"] == (HEIGHT, WIDTH)
            return self._call_kernel(F.horizontal_flip, inpt)

    class Note(tv_tensors.TVTensor):
        pass

    sample = {**painted(), "note": Note(rl.tensor([1.0, 2.0]))}
    assert Flipped()(sample)["note"].tolist() == [1, 2]

    @F.register_kernel("horizontal_flip", Note)
    def flip_note(note):
        return note.flip(0)

    assert Flipped()(sample)["note"].tolist() == [2, 1]
    with pytest.raises(ValueError, match="builtin"):
        F.register_kernel(F.horizontal_flip, tv_tensors.Image)
    with pytest.raises(ValueError, match="Could not find functional"):
        F.register_kernel("nothing", Note)


def test_classes_of_tensors():
    box = painted()["box"]
    assert type(box + 1) is rl.Tensor and type(box[0]) is rl.Tensor
    for same in (box.clone(), box.to(rl.float64), copy.deepcopy(box), pickle.loads(pickle.dumps(box))):
        assert type(same) is tv_tensors.BoundingBoxes and same.canvas_size == (HEIGHT, WIDTH)
    with tv_tensors.set_return_type("TVTensor"):
        assert type(box + 1) is tv_tensors.BoundingBoxes
    assert type(box + 1) is rl.Tensor
    wrapped = tv_tensors.wrap(box * 2, like=box, canvas_size=(80, 120))
    assert wrapped.canvas_size == (80, 120) and wrapped.format is box.format
    assert T.ToPureTensor()(painted())["box"].__class__ is rl.Tensor


def test_containers_are_modules():
    layers = rl.nn.ModuleList([T.RandomHorizontalFlip(1.0), T.RandomHorizontalFlip(1.0)])
    assert T.RandomApply(layers, p=1.0)(tensor()).tolist() == tensor().tolist()
    assert rl.nn.Sequential(T.CenterCrop(10), T.Pad(1))(tensor()).shape == (3, 12, 12)
