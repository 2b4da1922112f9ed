"""Folders and lists of images as data sets, and batches made of them."""

import os
import pickle

import numpy as np
import pytest
from archives import pixels

import rushlight as rl
from rushlight.image import ImageDataset, ImageError, ImageFolder, ImageLoader, collate_fn, create_dataloader
from rushlight.utils.data import DataLoader


@pytest.fixture
def root(tmp_path):
    """Classes b (3 images, one in a sub-folder) and a (2 images), and files that are no images."""
    for name, value in {"b/2.ppm": 2, "b/1.PPM": 1, "b/deep/3.ppm": 3, "a/10.ppm": 10, "a/11.ppm": 11}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pixels(value))
    (tmp_path / "a" / "notes.txt").write_text("no image")
    (tmp_path / "readme.ppm").write_text("in no class")
    return tmp_path


def test_attributes_are_torchvisions(root):
    data = ImageFolder(root)
    assert data.classes == ["a", "b"] and data.class_to_idx == {"a": 0, "b": 1}
    names = ["a/10.ppm", "a/11.ppm", "b/1.PPM", "b/2.ppm", "b/deep/3.ppm"]
    assert data.samples == data.imgs == [(str(root / name), int(name[0] == "b")) for name in names]
    assert data.targets == [0, 0, 1, 1, 1] and len(data) == 5
    assert data.root == str(root) and ".jpg" in data.extensions and data.transform is None
    assert "Number of datapoints: 5" in repr(data)


def test_samples_are_tensors_or_arrays(root):
    image, label = ImageFolder(root)[3]
    assert isinstance(image, rl.Tensor) and tuple(image.shape) == (3, 2, 3) and label == 1
    assert image[:, 0, 0].tolist() == [2, 0, 7]
    image, _ = ImageFolder(root, device=None)[3]
    assert isinstance(image, np.ndarray) and image.shape == (2, 3, 3)
    image, _ = ImageFolder(root, size=(4, 5), normalize="imagenet", device=None)[0]
    assert image.shape == (3, 4, 5) and image.dtype == np.float32


def test_transforms_get_arrays(root):
    data = ImageFolder(root, transform=lambda image: image.shape, target_transform=lambda label: -label)
    assert data[4] == ((2, 3, 3), -1)
    assert ImageFolder(root, size=(4, 5), transform=np.shape)[0][0] == (4, 5, 3)
    assert ImageFolder(root, loader=lambda path: path[-6:])[0] == ("10.ppm", 0)


def test_what_counts_as_an_image(root):
    assert len(ImageFolder(root, is_valid_file=lambda path: "1" in os.path.basename(path))) == 3
    with pytest.raises(FileNotFoundError, match="no valid file for the classes a.$"):
        ImageFolder(root, is_valid_file=lambda path: path.endswith("3.ppm"))
    with pytest.raises(FileNotFoundError, match="classes a, b. Supported extensions are: .jpg"):
        ImageFolder(root, extensions=[".jpg"])
    (root / "c").mkdir()
    with pytest.raises(FileNotFoundError, match="no valid file for the classes c"):
        ImageFolder(root)
    assert ImageFolder(root, allow_empty=True).classes == ["a", "b", "c"]
    with pytest.raises(FileNotFoundError, match="Couldn't find any class folder"):
        ImageFolder(root / "c")


def test_options_are_checked_at_once(root):
    with pytest.raises(TypeError, match="siez"):
        ImageFolder(root, siez=3)
    with pytest.raises(ValueError, match="a label for each path"):
        ImageDataset(["a.jpg"], [1, 2])


def test_lists_of_paths(root):
    paths = [root / "a" / "10.ppm", root / "b" / "2.ppm"]
    assert ImageDataset(paths)[1][:, 0, 0].tolist() == [2, 0, 7]
    assert ImageDataset(paths, labels=["x", "y"])[1][1] == "y"
    with pytest.raises(ImageError, match=r"none\.jpg"):
        ImageDataset(["none.jpg"])[0]
    assert pickle.loads(pickle.dumps(ImageDataset(paths)))[0].shape == (3, 2, 3)


@pytest.mark.parametrize("workers, worker", [(0, "thread"), (2, "thread"), (2, "process")])
def test_under_the_data_loader(root, workers, worker):
    loader = DataLoader(ImageFolder(root), batch_size=2, num_workers=workers, worker=worker)
    batches = list(loader)
    assert [tuple(images.shape) for images, _ in batches] == [(2, 3, 2, 3)] * 2 + [(1, 3, 2, 3)]
    assert [label for _, labels in batches for label in labels.tolist()] == [0, 0, 1, 1, 1]
    assert [v for images, _ in batches for v in images[:, 0, 0, 0].tolist()] == [10, 11, 1, 2, 3]


def test_collation_decodes_batches(root):
    data = ImageFolder(root)
    images, labels = collate_fn(data.samples, size=(4, 5))
    assert images.shape == (5, 4, 5, 3) and labels.tolist() == [0, 0, 1, 1, 1]
    images = collate_fn([pixels(1), pixels(2)], device="cpu")
    assert isinstance(images, rl.Tensor) and tuple(images.shape) == (2, 2, 3, 3)
    images, labels = collate_fn([data[0], data[1]])
    assert tuple(images.shape) == (2, 3, 2, 3) and isinstance(labels, rl.Tensor)
    assert collate_fn([(np.zeros(2), "a"), (np.zeros(2), "b")])[1] == ["a", "b"]
    with pytest.raises(ValueError, match="cannot be made a batch"):
        collate_fn([(np.zeros((3, 2, 2)), 0), (np.zeros((3, 2, 3)), 0)])


def test_create_dataloader_chooses(root):
    data = ImageFolder(root, size=(4, 4))
    loader = create_dataloader(data, batch_size=2, shuffle=False, drop_last=True, num_workers=2)
    assert isinstance(loader, ImageLoader) and [tuple(images.shape) for images, _ in loader] == [(2, 3, 4, 4)] * 2
    other = create_dataloader(data, batch_size=2, shuffle=False, worker_init_fn=print)
    assert isinstance(other, DataLoader)
    for (a, b), (c, d) in zip(loader, other, strict=False):
        assert a.tolist() == c.tolist() and b.tolist() == d.tolist()
    own = ImageFolder(root, loader=lambda path: np.zeros((2, 2)))
    assert isinstance(create_dataloader(own), DataLoader)
    assert create_dataloader(data).shuffle and len(create_dataloader(data)) == 1
