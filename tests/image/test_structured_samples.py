"""Transforms of samples: boxes, masks and points move with their image, everything else stays as it is."""

import copy
import pickle
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(0, WIDTH), st.integers(0, WIDTH)).map(sorted).filter(lambda x: x[0] < x[1]),
    st.tuples(st.integers(0, HEIGHT), st.integers(0, HEIGHT)).map(sorted).filter(lambda y: y[0] < y[1]),
    st.integers(0, 1000),
)
def test_any_box_moves_with_its_pixels(x, y, seed):
    chain = T.Compose([
        T.RandomCrop((30, 30), padding=4), T.RandomHorizontalFlip(), T.RandomVerticalFlip(), T.Resize((60, 90), "nearest")
    ])  # fmt: skip
    rl.manual_seed(seed)
    output = chain(painted(x[0], y[0], x[1], y[1]))
    left, top, right, bottom = output["box"][0].tolist()
    seen = output["image"][0].numpy() > 0
    assert seen.sum() == (right - left) * (bottom - top)
    assert seen[int(top) : int(bottom), int(left) : int(right)].all()
    assert (output["mask"][0].numpy() > 0).tolist() == seen.tolist()


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


def test_dtypes_by_type():
    sample = painted()
    output = T.ToDtype({tv_tensors.Image: rl.float32, tv_tensors.Mask: rl.int64, "others": None}, scale=True)(sample)
    assert output["image"].dtype == rl.float32 and float(output["image"].max()) == 1.0
    assert output["mask"].dtype == rl.int64 and int(output["mask"].max()) == 1
    assert output["box"] is sample["box"]
    with pytest.raises(ValueError, match="No dtype was specified"):
        T.ToDtype({tv_tensors.Image: rl.float32})(sample)


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


def test_arguments_by_position():
    """Boxes and masks take the arguments of images, in their order."""
    nearest = T.InterpolationMode.NEAREST
    calls = [(F.rotate, (30, nearest, True)), (F.resize, ([20, 30], nearest)), (F.pad, ([1, 2], 3, "constant"))]
    for function, arguments in calls:
        outputs = {name: function(value, *arguments) for name, value in painted().items()}
        size = tuple(outputs["image"].shape[-2:])
        assert size == outputs["mask"].shape[-2:] == outputs["box"].canvas_size == outputs["points"].canvas_size
    for value in painted().values():
        with pytest.raises(TypeError, match="unexpected keyword argument 'tap'"):
            F.crop(value, 1, 2, 3, tap=4)


REFUSED = [
    (TypeError, "not supported by FiveCrop", lambda: T.FiveCrop(5)(painted())),
    (TypeError, "not supported by AutoAugment", lambda: T.AutoAugment()(painted())),
    (TypeError, "not defined for BoundingBoxes", lambda: F.invert(painted()["box"])),
    (
        ValueError,
        "Found multiple HxW",
        lambda: T.RandomCrop(5)([tensor(), painted()["mask"][..., :9].as_subclass(tv_tensors.Mask)]),
    ),
]


@pytest.mark.parametrize(("error", "text", "call"), REFUSED)
def test_refused(error, text, call):
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize("name", ["XYWHR", "cxcywhr", "XYXYXYXY"])
def test_rotated_boxes_are_refused_with_the_cure(name):
    with pytest.raises(NotImplementedError, match=f"format {name.upper()} is one of rotated boxes.*KeyPoints"):
        tv_tensors.BoundingBoxes([[1, 2, 3, 4]], format=name, canvas_size=(9, 9))
