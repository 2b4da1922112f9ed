"""Torchvision's data sets of boxes and masks, wrapped by both packages."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
datasets = pytest.importorskip("torchvision.datasets")

from PIL import Image  # noqa: E402
from torchvision.transforms import v2 as theirs  # noqa: E402

import rushlight as rl  # noqa: E402
from rushlight.image import ImageFolder, tv_tensors, wrap_dataset_for_transforms_v2  # noqa: E402
from rushlight.image.transforms import v2 as ours  # noqa: E402

BOX = "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"


@pytest.fixture
def voc(tmp_path):
    """Two pictures with annotations and masks, in the folders of VOC 2012."""
    root = tmp_path / "VOCdevkit" / "VOC2012"
    for part in ("ImageSets/Main", "ImageSets/Segmentation", "JPEGImages", "Annotations", "SegmentationClass"):
        (root / part).mkdir(parents=True)
    for part in ("Main", "Segmentation"):
        (root / "ImageSets" / part / "train.txt").write_text("a\nb\n")
    for seed, name in enumerate("ab"):
        pixels = np.random.default_rng(seed).integers(0, 256, (30, 40, 3), np.uint8)
        Image.fromarray(pixels).save(root / "JPEGImages" / f"{name}.jpg")
        Image.fromarray(pixels[:, :, 0] // 12).save(root / "SegmentationClass" / f"{name}.png")
        objects = BOX.format("cat", 3, 4, 20, 25) + BOX.format("dog", 10, 2, 38, 29)
        (root / "Annotations" / f"{name}.xml").write_text(f"<annotation>{objects}</annotation>")
    return tmp_path


def chain(module, float32):
    steps = [module.RandomHorizontalFlip(1), module.Resize((15, 20)), module.SanitizeBoundingBoxes(), module.ToImage()]
    return module.Compose([*steps, module.ToDtype(float32, scale=True)])


def test_boxes(voc):
    want = datasets.wrap_dataset_for_transforms_v2(
        datasets.VOCDetection(str(voc), image_set="train", transforms=chain(theirs, torch.float32))
    )
    mine = wrap_dataset_for_transforms_v2(
        datasets.VOCDetection(str(voc), image_set="train", transforms=chain(ours, rl.float32))
    )
    assert isinstance(mine, datasets.VOCDetection) and len(mine) == 2
    for (image, target), (their_image, their_target) in zip(mine, want, strict=True):
        assert isinstance(image, tv_tensors.Image) and isinstance(target["boxes"], tv_tensors.BoundingBoxes)
        assert np.abs(image.numpy() - their_image.numpy()).max() <= 1 / 255 + 1e-6
        assert target["boxes"].tolist() == their_target["boxes"].tolist()
        assert target["labels"].tolist() == their_target["labels"].tolist() == [8, 12]


def test_masks_and_data_sets_without_transforms(voc):
    want = datasets.wrap_dataset_for_transforms_v2(datasets.VOCSegmentation(str(voc), image_set="train"))
    mine = wrap_dataset_for_transforms_v2(datasets.VOCSegmentation(str(voc), image_set="train"))
    assert isinstance(mine[1][1], tv_tensors.Mask) and mine[1][1].tolist() == want[1][1].tolist()


def test_own_data_sets_stay_and_unknown_ones_are_refused(voc):
    folder = ImageFolder(voc / "VOCdevkit" / "VOC2012", extensions=("jpg", "png"), allow_empty=True)
    assert wrap_dataset_for_transforms_v2(folder) is folder
    with pytest.raises(TypeError, match="is meant for subclasses of"):
        wrap_dataset_for_transforms_v2(torch.utils.data.TensorDataset(torch.zeros(3)))
