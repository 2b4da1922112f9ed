"""Ways in which programs written for torchvision use data sets and transforms; torchvision is the judge where it is installed."""

import copy
import pickle

import numpy as np
import pytest

import rushlight as rl
from rushlight.image import ImageFolder, ImageLoader, create_dataloader
from rushlight.image import transforms as T
from rushlight.image.folder import default_loader
from rushlight.image.transforms import functional as F
from rushlight.image.transforms import v2

PIL = pytest.importorskip("PIL.Image")


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def root(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for i in range(3):
            PIL.fromarray(noise(20, 30, 3) // (i + 1)).save(tmp_path / name / f"{i}.png")
    return tmp_path


@pytest.fixture
def indexed():
    """Like the masks of Pascal VOC: indices with a palette."""
    image = PIL.fromarray(noise(20, 30) % 21, "L")
    image.putpalette(bytes(range(255, -1, -1)) * 3)
    assert image.mode == "P"
    return image


@pytest.mark.parametrize("size", [10, (8, 12)])
def test_crops_are_stacked_by_a_function_of_all_of_them(size):
    image = PIL.fromarray(noise(20, 30, 3))
    stack = T.Compose([T.TenCrop(size), T.Lambda(lambda crops: rl.stack([T.ToTensor()(crop) for crop in crops]))])
    two_steps = T.Compose(
        [
            T.TenCrop(size),
            T.Lambda(lambda crops: [T.ToTensor()(crop) for crop in crops]),
            T.Lambda(lambda tensors: rl.stack([T.Normalize([0.5] * 3, [0.5] * 3)(tensor) for tensor in tensors])),
        ]
    )
    crops = stack(image)
    assert crops.shape[:2] == (10, 3)
    np.testing.assert_array_equal(crops[4].numpy(), T.Compose([T.CenterCrop(size), T.ToTensor()])(image).numpy())
    np.testing.assert_array_equal(two_steps(image).numpy(), T.Normalize([0.5] * 3, [0.5] * 3)(crops).numpy())


def test_lambda_of_v2_and_of_several_inputs_takes_parts():
    assert T.Lambda(len)(["ab", "c"]) == 2
    assert T.Lambda(len)({"a": 1}) == 1
    assert T.Lambda(abs)(-1, [-2.0]) == (1, [2.0])
    assert v2.Lambda(len)(["ab", "c"]) == [2, 1]
    assert T.Lambda(abs, int)([-1, -2.0]) == [1, -2.0]
    for kind in (T.Lambda, v2.Lambda):
        assert repr(kind(len)) == ("Lambda(len, types=['object'])" if kind is v2.Lambda else "Lambda()")
        assert pickle.loads(pickle.dumps(kind(len)))(["ab"]) == kind(len)(["ab"])


def test_no_transforms_leave_samples_alone():
    image = PIL.fromarray(noise(4, 5, 3))
    assert T.Compose([])(image) is image
    assert T.Compose([])(image, 1) == (image, 1)
    with pytest.raises(TypeError, match="sequence of callables"):
        T.Compose(None)


def test_one_mean_for_all_channels():
    image = PIL.fromarray(noise(4, 5, 3))
    expected = T.Compose([T.ToTensor(), T.Normalize([0.5] * 3, [0.25] * 3)])(image).numpy()
    for mean, std in ((0.5, 0.25), ((0.5,), (0.25,)), (np.float32(0.5), np.float64(0.25))):
        np.testing.assert_array_equal(T.Compose([T.ToTensor(), T.Normalize(mean, std)])(image).numpy(), expected)
        np.testing.assert_array_equal(F.normalize(F.to_tensor(image), mean, std).numpy(), expected)


def test_masks_with_a_palette_are_indices(indexed):
    indices = np.asarray(indexed)
    np.testing.assert_array_equal(F.pil_to_tensor(indexed)[0].numpy(), indices)
    np.testing.assert_array_equal(v2.ToImage()(indexed)[0].numpy(), indices)
    np.testing.assert_allclose(F.to_tensor(indexed)[0].numpy(), indices / np.float32(255))
    for mode in ("constant", "edge", "reflect", "symmetric"):
        padded = F.pad(indexed, [1, 2, 3, 4], padding_mode=mode)
        expected = np.pad(indices, ((2, 4), (1, 3)), mode)
        np.testing.assert_array_equal(np.asarray(padded), expected)
        assert (padded.mode, padded.getpalette()) == ("P", indexed.getpalette())
    resized = F.resize(indexed, [10, 15], interpolation=T.InterpolationMode.NEAREST)
    assert resized.mode == "P" and set(np.unique(resized)) <= set(np.unique(indices))
    with pytest.raises(TypeError, match="are indices"):
        F.gaussian_blur(indexed, 3)


class Paths(ImageFolder):
    """As the documentation of torchvision's data sets shows it."""

    def __getitem__(self, index):
        path, target = self.samples[index]
        image = self.loader(path)
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target, path


def test_a_folder_that_opens_its_samples_itself(root):
    data = Paths(root, T.Compose([T.Resize(10), T.ToTensor()]), target_transform=lambda label: label + 5)
    image, target, path = data[4]
    np.testing.assert_array_equal(image.numpy(), data.transform(PIL.open(path)).numpy())
    assert (target, path) == (6, str(root / "dog" / "1.png"))
    assert data.loader is default_loader and isinstance(Paths(root)[0][0], PIL.Image)
    assert not isinstance(create_dataloader(data), ImageLoader)


class Blur:
    """A transform of a program's own, for PIL images."""

    def __call__(self, image):
        from PIL import ImageFilter

        return image.filter(ImageFilter.BLUR)


def gray(image):
    return image.convert("L")


CHAINS = {
    "first": [T.Lambda(gray), T.Resize(10), T.ToTensor()],
    "behind others": [T.CenterCrop(12), Blur(), T.RandomHorizontalFlip(1.0), T.ToTensor()],
    "within others": [T.RandomApply([T.Lambda(gray)], p=1.0), T.ToTensor()],
    "of tensors": [T.Resize(10), T.ToTensor(), T.Lambda(lambda tensor: tensor * 2)],
}


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_own_functions_get_pil_images(root, chain):
    data = ImageFolder(root, T.Compose(chain))
    expected = [T.Compose(chain)(default_loader(path)).numpy() for path, _ in data.samples]
    np.testing.assert_array_equal(np.stack([image.numpy() for image, _ in data]), np.stack(expected))
    (images, _), *_ = create_dataloader(data, batch_size=6, shuffle=False)
    np.testing.assert_array_equal(images.numpy(), np.stack(expected))


def test_samples_can_be_set(root):
    data = ImageFolder(root, T.ToTensor())
    data.samples = data.samples[:1] + data.samples[4:]
    assert len(data) == 3 and [data[i][1] for i in range(3)] == [0, 1, 1] and data.imgs is data.samples
    images, labels = next(iter(create_dataloader(data, batch_size=3, shuffle=False)))
    assert labels.tolist() == [0, 1, 1] and images.shape == (3, 3, 20, 30)
    again = pickle.loads(pickle.dumps(copy.deepcopy(data)))
    assert again.samples == data.samples and len(again) == 3


def test_what_a_folder_can_be_asked(root):
    assert ImageFolder(root).transforms is None
    data = ImageFolder(root, T.CenterCrop(4), target_transform=str)
    assert repr(data.transforms).splitlines() == [
        "StandardTransform",
        "Transform: CenterCrop(size=(4, 4))",
        "Target transform: <class 'str'>",
    ]
    image, target = data.transforms(noise(6, 6, 3), 1)
    assert (image.shape, target) == ((4, 4, 3), "1")
    samples = ImageFolder.make_dataset(root, {"dog": 7}, extensions=(".png",))
    assert [label for _, label in samples] == [7] * 3
    assert len(data.make_dataset(root, {"dog": 7}, is_valid_file=lambda path: path.endswith("2.png"))) == 1
    with pytest.raises(FileNotFoundError, match="no valid file for the classes dog"):
        data.make_dataset(root, {"dog": 7}, extensions=(".jpg",))
