"""Our data sets under PyTorch's `DataLoader`, and torchvision's transforms in our loader."""

import io
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import ImageFolder as TorchImageFolder
from torchvision.transforms import RandomResizedCrop, v2

from rushlight import _C
from rushlight.image import ImageDataset, ImageFolder, ImageLoader, TarDataset, create_dataloader, load_tar


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Two classes of smooth JPEGs of various sizes."""
    folder = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(0)
    for number in range(12):
        coarse = Image.fromarray(random.integers(0, 256, (6, 8, 3), np.uint8))
        path = folder / f"class{number % 2}" / f"{number:02d}.jpg"
        path.parent.mkdir(exist_ok=True)
        coarse.resize((60 + 5 * number, 90 - 3 * number), Image.Resampling.BICUBIC).save(path, quality=95)
    return folder


@pytest.fixture(scope="module")
def shards(tmp_path_factory, root):
    folder = tmp_path_factory.mktemp("shards")
    for shard in range(3):
        with tarfile.open(folder / f"s-{shard}.tar", "w") as archive:
            for path in sorted(root.rglob("*.jpg"))[shard::3]:
                for name, data in ((f"{path.stem}.jpg", path.read_bytes()), (f"{path.stem}.cls", path.stem.encode())):
                    member = tarfile.TarInfo(name)
                    member.size = len(data)
                    archive.addfile(member, io.BytesIO(data))
    return f"{folder}/s-{{0..2}}.tar"


def test_folders_find_the_same_files(root):
    ours, theirs = ImageFolder(root), TorchImageFolder(str(root))
    for name in ("classes", "class_to_idx", "samples", "imgs", "targets"):
        assert getattr(ours, name) == getattr(theirs, name), name


@pytest.mark.parametrize("workers", [0, 2])
def test_folders_under_the_loader(root, workers):
    for options in ({}, {"device": None, "layout": "CHW"}, {"framework": "torch"}):
        data = ImageFolder(root, size=(20, 30), **options)
        loader = torch.utils.data.DataLoader(data, batch_size=5, num_workers=workers)
        batches = list(loader)
        assert [tuple(images.shape) for images, _ in batches] == [(5, 3, 20, 30)] * 2 + [(2, 3, 20, 30)]
        assert torch.cat([labels for _, labels in batches]).tolist() == data.targets
        [(images, _)] = ImageLoader(ImageFolder(root, size=(20, 30), device=None), 12)
        assert torch.cat([images for images, _ in batches]).numpy().tolist() == images.tolist()


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("split", ["shard", "sample"])
def test_shards_under_the_loader(shards, workers, split):
    data = TarDataset(shards, keys=("jpg", "cls"), split=split, size=(20, 30), transform=torch.from_numpy)
    loader = torch.utils.data.DataLoader(data, batch_size=2, num_workers=workers)
    batches = list(loader)
    assert all(images.shape[1:] == (20, 30, 3) for images, _ in batches)
    assert sorted(torch.cat([labels for _, labels in batches]).tolist()) == list(range(12))


def test_load_tar_is_what_pillow_decodes(shards, root):
    for name, array in load_tar(shards.replace("{0..2}", "0")):
        [path] = root.rglob(name)
        np.testing.assert_array_equal(array, np.asarray(Image.open(path)))


CHAINS = {
    "evaluation": [v2.Resize(40), v2.CenterCrop(32), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)],
    "exact": [v2.Resize((30, 20)), v2.ToImage()],
    "bicubic": [v2.Resize((24, 24), interpolation=v2.InterpolationMode.BICUBIC), v2.PILToTensor()],
    "normalised": [
        v2.Resize((30, 20)),
        v2.ToImage(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ],
}


@pytest.mark.parametrize("name", CHAINS)
def test_chains_of_torchvision_are_one_native_pass(root, name):
    chain = v2.Compose(CHAINS[name])
    loader = ImageLoader(ImageFolder(root, transform=chain), 12)
    assert type(loader._batches).__name__ == "NativeBatches"
    [(images, labels)] = loader
    expected = torch.stack([chain(Image.open(path)) for path, _ in TorchImageFolder(str(root)).samples])
    assert isinstance(images, torch.Tensor) and isinstance(labels, torch.Tensor)
    assert images.dtype == expected.dtype
    level = 1.0 if images.dtype == torch.uint8 else 1 / 255 / (0.224 if name == "normalised" else 1)
    assert (images.double() - expected.double()).abs().max() <= 1.01 * level


@pytest.mark.parametrize("width, height", [(500, 375), (60, 900)])
def test_random_crops_have_torchvisions_distribution(width, height):
    scale, ratio, count = (0.08, 1.0), (3 / 4, 4 / 3), 20_000
    cutter = _C.image.RandomCut((224, 224), scale, ratio, 0.5)
    ours = np.array([cutter.cut(width, height, (0, 0, number))[0] for number in range(count)], float)
    torch.manual_seed(0)
    image = torch.empty(3, height, width)
    theirs = np.array([RandomResizedCrop.get_params(image, scale, ratio) for _ in range(count)], float)
    error = theirs.std(0) / count**0.5 + 1e-9
    assert (abs(ours.mean(0) - theirs.mean(0)) < 5 * error).all()
    quantiles = [0.05, 0.25, 0.5, 0.75, 0.95]
    apart = abs(np.quantile(ours, quantiles, 0) - np.quantile(theirs, quantiles, 0))
    assert (apart <= 0.015 * max(width, height)).all()


@pytest.mark.parametrize(
    "chain",
    [
        [v2.RandomResizedCrop(20), v2.RandomHorizontalFlip(), v2.ToImage()],
        [v2.Resize((20, 20)), v2.RandomHorizontalFlip(1.0), v2.ToImage()],
    ],
)
def test_random_chains_are_one_native_pass(root, chain):
    loader = create_dataloader(ImageFolder(root, transform=v2.Compose(chain)), 12)
    assert type(loader._batches).__name__ == "NativeBatches"
    [(images, _)] = loader
    assert images.shape == (12, 3, 20, 20)


@pytest.mark.parametrize(
    "chain",
    [
        [v2.Resize(20), v2.CenterCrop(32), v2.ToImage()],
        [v2.Resize(40, max_size=50), v2.CenterCrop(20), v2.ToImage()],
        [v2.Resize((20, 20)), v2.ColorJitter(0.5), v2.ToImage()],
        [v2.ToImage(), v2.Resize((20, 20), antialias=False)],
        [v2.Resize((20, 20)), v2.ToImage(), v2.ToDtype(torch.float32, scale=False)],
    ],
)
def test_other_chains_are_called(root, chain):
    data = ImageDataset([p for p, _ in ImageFolder(root).samples], transform=v2.Compose(chain))
    [images] = ImageLoader(data, 12)
    assert type(images) is torch.Tensor and len(images) == 12


def test_other_chains_get_the_same_numbers_whatever_the_workers(root):
    chain = v2.Compose([v2.Resize((20, 20)), v2.ColorJitter(0.9, 0.9, 0.9, 0.5), v2.ToImage()])
    data = ImageFolder(root, transform=chain)
    [(first, _)] = ImageLoader(data, 12, workers=1)
    second = torch.cat([images for images, _ in ImageLoader(data, 5, workers=3)])
    assert torch.equal(first, second)
