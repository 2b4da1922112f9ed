"""Programs of PyTorch with transforms and data sets of this package: modules, random numbers, folders, as with torchvision."""

import copy
import pickle
import random

import numpy as np
import pytest

torch = pytest.importorskip("torch")
torchvision = pytest.importorskip("torchvision")

from PIL import Image, ImageFilter  # noqa: E402
from torchvision import transforms as theirs  # noqa: E402
from torchvision.transforms import v2 as theirs_v2  # noqa: E402

import rushlight as rl  # noqa: E402
from rushlight.image import datasets, tv_tensors  # noqa: E402
from rushlight.image import transforms as ours  # noqa: E402
from rushlight.image.transforms import v2 as ours_v2  # noqa: E402


@pytest.fixture
def torchs():
    """PyTorch's tensors and random numbers."""
    ours.set_framework("torch")
    yield
    ours.set_framework("rushlight")


def picture(height=60, width=80, seed=0):
    y, x = np.mgrid[:height, :width]
    waves = np.stack([128 + 100 * np.sin(x / (7 + c) + seed) * np.cos(y / (5 + c)) for c in range(3)], -1)
    return Image.fromarray(waves.astype(np.uint8))


def chain(module, nn=torch.nn):
    return nn.Sequential(module.Resize(50), module.CenterCrop(40), module.Normalize([0.5] * 3, [0.25] * 3))


def test_transforms_are_modules_of_pytorch():
    image = torch.from_numpy(np.asarray(picture()).copy()).permute(2, 0, 1) / 255
    sequential = chain(ours)
    assert repr(sequential) == repr(chain(theirs))
    torch.testing.assert_close(sequential(image), chain(theirs)(image))
    assert isinstance(sequential[0], torch.nn.Module) and isinstance(sequential[0], rl.nn.Module)
    sequential.eval().train(False).to("cpu").float().requires_grad_(False)
    assert [sequential[0].training, list(sequential.parameters()), dict(sequential.state_dict())] == [False, [], {}]
    sequential.load_state_dict(sequential.state_dict())
    for again in (copy.deepcopy(sequential), pickle.loads(pickle.dumps(sequential))):
        assert torch.equal(again(image), sequential(image)) and repr(again) == repr(sequential)
    assert chain(ours, rl.nn)(rl.from_numpy(image.numpy())).shape == (3, 40, 40)
    assert repr(pickle.loads(pickle.dumps(ours.Resize(3)))) == repr(theirs.Resize(3))


def test_a_list_of_modules_is_applied_at_random(torchs):
    def jittered(module):
        torch.manual_seed(1)
        apply = module.RandomApply(torch.nn.ModuleList([module.ColorJitter(0.4, 0.4, 0.4)]), p=0.7)
        return [module.ToTensor()(apply(picture())) for _ in range(5)]

    for own, their in zip(jittered(ours), jittered(theirs), strict=True):
        torch.testing.assert_close(own, their, atol=1.01 / 255, rtol=0)


RANDOM = {
    "RandomCrop": (20,),
    "RandomResizedCrop": (24,),
    "RandomHorizontalFlip": (),
    "RandomRotation": (30,),
    "RandomAffine": (20, (0.1, 0.1), (0.8, 1.2), 10),
    "RandomPerspective": (),
    "ColorJitter": (0.4, 0.4, 0.4, 0.1),
    "GaussianBlur": (5,),
    "RandAugment": (),
    "AutoAugment": (),
    "TrivialAugmentWide": (),
    "AugMix": (),
}


@pytest.mark.parametrize("own, their", [(ours, theirs), (ours_v2, theirs_v2)])
@pytest.mark.parametrize("name", RANDOM)
def test_pytorchs_seed_is_theirs(torchs, name, own, their):
    def outcomes(module):
        torch.manual_seed(11)
        random.seed(11)
        transform = getattr(module, name)(*RANDOM[name])
        return [np.asarray(transform(picture())).astype(int) for _ in range(3)], torch.get_rng_state()

    (images, state), (expected, their_state) = outcomes(own), outcomes(their)
    assert torch.equal(state, their_state)
    for image, wanted in zip(images, expected, strict=True):
        assert image.shape == wanted.shape and (np.abs(image - wanted) > 2).mean() <= 0.001


def detection(v2, tensors):
    """What a program of detection makes of one sample."""
    fill = {tensors.Image: (123, 117, 104), tensors.Mask: 7, "others": 0}
    crop = v2.RandomCrop((70, 90), pad_if_needed=True, fill=fill)
    types = v2.ToDtype({tensors.Image: torch.float32, tensors.Mask: torch.int64, "others": None}, scale=True)
    boxes = tensors.BoundingBoxes([[5, 6, 40, 50]], format="XYXY", canvas_size=(60, 80), dtype=torch.float32)
    masks = tensors.Mask(torch.ones(1, 60, 80, dtype=torch.uint8))
    sample = {"image": picture(), "boxes": boxes, "masks": tensors.wrap(torch.zeros(1, 60, 80), like=masks)}
    torch.manual_seed(4)
    return v2.Compose([v2.ToImage(), crop, types, v2.SanitizeBoundingBoxes(labels_getter=None), v2.ToPureTensor()])(
        sample
    )


def test_samples_of_images_and_boxes_become_pytorchs(torchs):
    own = detection(ours_v2, tv_tensors)
    for name, wanted in detection(theirs_v2, torchvision.tv_tensors).items():
        assert type(own[name]) is torch.Tensor and own[name].dtype == wanted.dtype and torch.equal(own[name], wanted)
    boxes = tv_tensors.BoundingBoxes([[1, 2, 3, 4]], format="XYXY", canvas_size=(9, 9))
    assert boxes.to(torch.float64).dtype == boxes.to(dtype=torch.float64).dtype == rl.float64


def test_modules_of_transforms():
    from rushlight.image.transforms import autoaugment
    from rushlight.image.transforms import transforms as module

    assert module.Resize is ours.Resize and autoaugment.RandAugment is ours.RandAugment
    assert ours.AutoAugment().policies == theirs.AutoAugment().policies


def test_torchvisions_enumerations_are_taken():
    mode = theirs.InterpolationMode.BICUBIC
    image = picture()
    for own, their in ((ours, theirs), (ours_v2, theirs_v2)):
        assert np.array_equal(np.asarray(own.Resize(20, mode)(image)), np.asarray(their.Resize(20, mode)(image)))
        assert own.AutoAugment(theirs.AutoAugmentPolicy.SVHN)(image).size == image.size
    turned = ours.functional.rotate(image, 10, theirs.InterpolationMode.BILINEAR)
    assert np.array_equal(np.asarray(turned), np.asarray(ours.functional.rotate(image, 10, mode.BILINEAR.value)))


def test_a_tensor_of_ours_is_named_by_the_error():
    for function in (torch.relu, torch.nn.Conv2d(3, 4, 3), lambda x: torch.stack([x, x])):
        with pytest.raises(TypeError, match=r"got a rushlight.Tensor: convert it by torch.as_tensor"):
            function(rl.rand(1, 3, 8, 8))
    assert torch.as_tensor(rl.ones(2)).tolist() == [1.0, 1.0]


@pytest.fixture
def root(tmp_path):
    for seed, name in enumerate(("dog", "cat/deep", "cat")):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        for i in range(2):
            picture(seed=seed + 2 * i).save(tmp_path / name / f"{i}.png")
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    return str(tmp_path)


class TwoViews:
    """A transform of a program's own that calls methods of PIL images."""

    def __init__(self, module):
        steps = [module.RandomCrop(30), lambda image: image.filter(ImageFilter.BLUR), module.ToTensor()]
        self.transform = module.Compose(steps)

    def __call__(self, image):
        return self.transform(image), self.transform(image)


def test_folders_are_torchvisions(torchs, root):
    found = []
    for module, transforms in ((datasets, ours), (torchvision.datasets, theirs)):
        torch.manual_seed(0)
        data = module.ImageFolder(root, TwoViews(transforms), lambda label: label + 5)
        views = torch.stack([view for pair, _ in torch.utils.data.DataLoader(data, 2) for view in pair])
        plain = module.DatasetFolder(root, str.upper, (".txt", ".png"), target_transform=abs)
        raw, _ = module.ImageFolder(root, is_valid_file=lambda path: path.endswith("1.png"))[0]
        about = [data.classes, data.class_to_idx, data.samples, data.imgs, data.targets, data[3][1]]
        about += [list(plain), plain.samples, plain.extensions, repr(plain), repr(module.DatasetFolder(root, str, "g"))]
        about += [(type(raw).__mro__[-2].__name__, raw.mode, raw.size), module.folder.find_classes(root)]
        about += [module.folder.make_dataset(root, extensions=".txt", allow_empty=True)]
        found.append((views, about))
    assert torch.equal(found[0][0], found[1][0]) and found[0][1] == found[1][1]


@pytest.mark.parametrize(
    "options",
    [{}, {"extensions": (".png",), "is_valid_file": len}, {"extensions": (".xyz",)}, {"extensions": ".xyz"}],
)
def test_what_is_no_folder_of_files(root, options):
    errors = []
    for module in (datasets, torchvision.datasets):
        with pytest.raises((ValueError, FileNotFoundError)) as caught:
            module.DatasetFolder(root, str, **options)
        errors.append((type(caught.value), str(caught.value)))
    assert errors[0] == errors[1]


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_files_of_folders_are_not_turned(tmp_path, mode):
    exif = Image.Exif()
    exif[0x112] = 6
    path = str(tmp_path / "a.jpg")
    Image.fromarray(np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)).convert(mode).save(path, exif=exif)
    wanted = torchvision.datasets.folder.default_loader(path)
    for loader in (datasets.folder.default_loader, datasets.folder.pil_loader):
        assert loader(path).size == wanted.size and np.array_equal(np.asarray(loader(path)), np.asarray(wanted))


def test_names_of_folders(root):
    assert datasets.folder.is_image_file("a.JPG") and not datasets.folder.is_image_file("a.txt")
    assert datasets.folder.has_file_allowed_extension("A.PNG", ".png")
    assert datasets.folder.pil_loader(f"{root}/dog/0.png").mode == "RGB"
    assert issubclass(rl.image.ImageFolder, rl.image.DatasetFolder)
    with pytest.raises(AttributeError, match="MNIST.*are torchvision's"):
        datasets.MNIST  # noqa: B018


def test_bases_of_data_sets():
    class Numbers(datasets.VisionDataset):
        def __len__(self):
            return 3

        def extra_repr(self):
            return "Split: train"

    class Theirs(torchvision.datasets.VisionDataset):
        __len__, extra_repr = Numbers.__len__, Numbers.extra_repr

    for options in ({}, {"transform": len}, {"target_transform": abs, "transform": len}, {"transforms": max}):
        expected = repr(Theirs("place", **options)).replace("Theirs", "Numbers")
        assert repr(Numbers("place", **options)) == expected
    with pytest.raises(ValueError, match="Only transforms or"):
        Numbers("place", max, str)
    with pytest.raises(NotImplementedError):
        Numbers("place")[0]


@pytest.mark.parametrize("kind", [datasets.ImageFolder, rl.image.ImageFolder])
@pytest.mark.parametrize(
    "steps",
    [
        [ours.RandomResizedCrop(16)],
        [ours.Resize(20), ours.CenterCrop(16)],
        [ours.Resize((9, 8)), ours.ColorJitter(0.2)],
    ],
)
def test_loaders_give_pytorchs_tensors(torchs, root, kind, steps):
    data = kind(root, ours.Compose([*steps, ours.ToTensor()]))
    for images, labels in rl.image.create_dataloader(data, 4):
        assert type(images) is torch.Tensor and type(labels) is torch.Tensor and len(images) == len(labels)
