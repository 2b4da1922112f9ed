"""The loader: order, resuming, random parameters, faults, interruption, and nothing left behind."""

import os
import pickle
import threading

import numpy as np
import pytest
from archives import pixels, sample_files, write_shards, write_tar
from numbered import loader, numbered_images, numbers

import rushlight as rl
from rushlight import _C
from rushlight.image import ImageDataset, ImageError, ImageLoader, TarDataset, load, load_bytes
from rushlight.image import transforms as T
from rushlight.image.transforms import Compose, RandomHorizontalFlip, RandomResizedCrop, ToTensor


@pytest.fixture
def paths(tmp_path):
    return numbered_images(tmp_path)


def test_batches(paths):
    batches = list(loader(paths))
    assert [images.shape for images, _ in batches] == [(8, 3, 4, 5)] * 6 + [(2, 3, 4, 5)]
    assert batches[0][0].dtype == np.uint8 and batches[0][1].dtype == np.int64
    assert numbers(batches) == list(range(50))
    assert len(list(loader(paths, drop_last=True))) == len(loader(paths, drop_last=True)) == 6
    assert len(loader(paths)) == 7


def test_images_are_those_of_load(paths):
    for options in (
        {"size": (4, 5)},
        {"size": 5, "crop": "center", "normalize": "imagenet"},
        {"size": 6, "crop": (3, 4)},
    ):
        [(images, _)] = loader(paths, 50, **options)
        expected = np.stack([load(path, layout="CHW", **options) for path in paths])
        np.testing.assert_array_equal(images, expected)


def test_images_of_any_size(tmp_path, paths):
    [(images, _)] = loader(paths, 50, size=None)
    assert images.shape == (50, 3, 7, 9)
    (tmp_path / "000.ppm").write_bytes(pixels(0, 3, 3))
    with pytest.raises(ValueError, match="cannot be made a batch"):
        list(loader(paths, 50, size=None))


def test_tensors_and_labels(paths):
    images, labels = next(iter(loader(paths, device="cpu")))
    assert isinstance(images, rl.Tensor) and isinstance(labels, rl.Tensor) and labels.dtype == rl.int64
    images = next(iter(ImageLoader(paths, 3, size=(4, 5))))
    assert images.shape == (3, 3, 4, 5)
    _, labels = next(iter(loader(paths, labels=[str(i) for i in range(50)])))
    assert labels == [str(i) for i in range(8)]


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("prefetch", [0, 1, 4])
def test_the_order_is_a_function_of_seed_and_epoch(paths, workers, prefetch):
    shuffled = loader(paths, shuffle=True, seed=3, workers=workers, prefetch=prefetch)
    epochs = [numbers(shuffled) for _ in range(3)]
    assert all(sorted(epoch) == list(range(50)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3
    reference = loader(paths, 50, shuffle=True, seed=3)
    assert [numbers(reference) for _ in range(3)] == epochs
    shuffled.set_epoch(1)
    assert numbers(shuffled) == epochs[1]


def test_processes_share(paths):
    shares = [numbers(loader(paths, shuffle=True, rank=rank, world_size=3)) for rank in range(3)]
    assert sorted(sum(shares, [])) == list(range(50)) and [len(share) for share in shares] == [17, 17, 16]


@pytest.mark.parametrize("shuffle", [False, True])
def test_resuming_gives_the_next_sample(paths, shuffle):
    first = loader(paths, shuffle=shuffle, seed=5)
    whole = [numbers(first), numbers(first)]
    for stop in range(8):
        first = loader(paths, shuffle=shuffle, seed=5, prefetch=3)
        batches = iter(first)
        start = numbers(next(batches) for _ in range(min(stop, 7)))
        resumed = loader(paths, 5, shuffle=shuffle, seed=5, workers=1 + stop % 3)
        resumed.load_state_dict(pickle.loads(pickle.dumps(first.state_dict())))
        assert start + numbers(resumed) == whole[0]
        assert numbers(resumed) == whole[1]
    with pytest.raises(ValueError, match="seed=5, but this loader has 6"):
        loader(paths, shuffle=shuffle, seed=6).load_state_dict(first.state_dict())
    with pytest.raises(ValueError, match="dataset="):
        loader(paths[:9], shuffle=shuffle, seed=5).load_state_dict(first.state_dict())


@pytest.mark.parametrize("shuffle", [False, True])
def test_an_iteration_begins_at_the_start_unless_a_state_is_loaded(paths, shuffle):
    made = loader(paths, shuffle=shuffle, seed=5)
    whole = numbers(loader(paths, shuffle=shuffle, seed=5))
    first = numbers([next(iter(made))])
    assert numbers([next(iter(made))]) == first == whole[: len(first)]
    state = made.state_dict()
    assert numbers(made) == whole
    made.load_state_dict(state)
    assert made.state_dict() == state and first + numbers(made) == whole


def crop_and_mirror(*more):
    return Compose([RandomResizedCrop((6, 5), scale=(0.2, 1.0)), RandomHorizontalFlip(), *more])


@pytest.fixture
def photos(tmp_path):
    """12 images of noise, 40 x 30."""
    noise = np.random.default_rng(0)
    for number in range(12):
        (tmp_path / f"{number}.ppm").write_bytes(b"P6 40 30 255\n" + noise.bytes(3600))
    return [tmp_path / f"{number}.ppm" for number in range(12)]


def test_random_crops_depend_on_seed_epoch_and_index_alone(photos):
    def images(**options):
        data = ImageDataset(photos, list(range(12)), crop_and_mirror(ToTensor()))
        made = ImageLoader(data, **{"batch_size": 5, "seed": 1, **options})
        found = {}
        for epoch in range(2):
            for batch, labels in made:
                found |= {(epoch, label): image.numpy() for image, label in zip(batch, labels.tolist(), strict=True)}
        return found

    first = images()
    assert first[0, 0].shape == (3, 6, 5) and first[0, 0].dtype == np.float32 and first[0, 0].max() <= 1
    assert any((first[0, i] != first[1, i]).any() for i in range(12))
    for options in ({"workers": 3}, {"batch_size": 2, "shuffle": True}, {"prefetch": 0}):
        other = images(**options)
        assert all((other[key] == image).all() for key, image in first.items())
    assert any((image != first[key]).any() for key, image in images(seed=2).items())


def test_a_random_crop_is_a_crop_resized_and_mirrored(photos):
    cutter = _C.image.RandomCut((6, 5), (0.2, 1.0), (0.75, 4 / 3), 0.5)
    [(batch, _)] = ImageLoader(
        ImageDataset(photos, list(range(12)), crop_and_mirror(), device=None),
        12,
        seed=9,
    )
    mirrored = 0
    for number, (path, image) in enumerate(zip(photos, batch, strict=True)):
        (top, left, height, width), size, mirror = cutter.cut(40, 30, (9, 0, number))
        part = load(path)[top : top + height, left : left + width]
        encoded = b"P6 %d %d 255\n" % (width, height) + part.tobytes()
        expected = load_bytes(encoded, size, "bilinear", layout="CHW")
        np.testing.assert_array_equal(image, expected[:, :, ::-1] if mirror else expected)
        mirrored += mirror
    assert 0 < mirrored < 12


def test_other_transforms_are_seeded_by_sample(photos):
    def noisy(image):
        return np.float32([image.mean(), np.random.rand(), rl.rand(1).item()])

    def run(**options):
        data = ImageDataset(photos, list(range(12)), noisy)
        return {
            int(n): tuple(row)
            for rows, ns in ImageLoader(data, seed=4, **options)
            for row, n in zip(rows, ns, strict=True)
        }

    rl.manual_seed(0)
    expected = rl.rand(3).tolist()
    rl.manual_seed(0)
    first = run(batch_size=4, workers=1)
    assert rl.rand(3).tolist() == expected, "the program's own generator was moved"
    assert run(batch_size=5, workers=3, shuffle=True) == first
    assert len({row[1] for row in first.values()}) == 12


def test_own_transforms_draw_the_same_in_threads_as_where_the_loader_is_iterated(photos):
    chain = [T.RandomCrop(24), T.ColorJitter(0.3, 0.3, 0.3, 0.2), T.RandomAffine(20), T.RandAugment(), T.AugMix()]
    chain += [T.RandomApply([T.GaussianBlur(3)]), T.RandomChoice([T.RandomInvert(), T.RandomEqualize()])]
    chain += [ToTensor(), T.GaussianNoise(), T.RandomErasing(value="random")]
    threads = set()

    def seen(image):
        threads.add(threading.get_ident())
        return image

    def run(*more, **options):
        rl.manual_seed(7)
        batches = list(ImageLoader(photos, transform=Compose([*chain, *more]), seed=4, device="cpu", **options))
        assert rl.rand(1) == rl.rand(1, generator=rl.Generator().manual_seed(7)), "the program's generator was moved"
        return np.concatenate([batch.numpy() for batch in batches])

    first = run(T.Lambda(seen), batch_size=12)
    assert threads == {threading.get_ident()}, "functions of the user's are called where the loader is iterated"
    for options in ({"workers": 1}, {"workers": 4, "batch_size": 5}, {"prefetch": 0, "workers": 3}):
        np.testing.assert_array_equal(run(**options), first)


@pytest.fixture
def broken(paths):
    paths[3].write_bytes(b"P6 9 7 255\ncut")
    paths[4].write_bytes(b"no image")
    paths[20].unlink()
    return paths


@pytest.mark.parametrize("size", [(4, 5), None])
def test_faults_are_raised_in_order(broken, size):
    batches = iter(loader(broken, size=size))
    with pytest.raises(ImageError, match=r"003\.ppm"):
        next(batches)
    assert next(batches, None) is None


@pytest.mark.parametrize("size", [(4, 5), None])
def test_faults_are_skipped_and_told(broken, size):
    skipping = loader(broken, size=size, errors="skip")
    assert numbers(skipping) == [i for i in range(50) if i not in (3, 4, 20)]
    assert [os.path.basename(failure.file) for failure in skipping.failures] == ["003.ppm", "004.ppm", "020.ppm"]
    assert all(isinstance(failure.error, ImageError) for failure in skipping.failures)


@pytest.mark.parametrize("size", [(4, 5), None])
def test_faults_are_zeros(broken, size):
    [(images, labels)] = loader(broken, 50, size=size, errors="substitute")
    assert labels.tolist() == list(range(50))
    assert [i for i in range(50) if not images[i].any()] == [3, 4, 20]


def test_a_batch_without_any_image_is_left_out(tmp_path):
    for number in range(6):
        (tmp_path / f"{number}.ppm").write_bytes(b"" if number < 3 else pixels(number))
    files = [tmp_path / f"{number}.ppm" for number in range(6)]
    for size in ((4, 5), None):
        assert numbers(loader(files, 3, size=size, errors="skip")) == [3, 4, 5]


def test_wrong_arguments_are_no_faults_of_images(paths):
    with pytest.raises(ValueError, match="crop"):
        list(loader(paths, size=4, crop=9, errors="skip"))


def test_slots_are_used_again_only_when_nobody_holds_them(paths):
    made = loader(paths, 10, prefetch=1)
    addresses = {images.ctypes.data for _ in range(4) for images, _ in made}
    assert len(addresses) <= 4
    held = [images[2:] for images, _ in made]
    copies = [images.copy() for images in held]
    tensors = [rl.from_numpy(images) for images, _ in made]
    kept = [tensor.clone() for tensor in tensors]
    list(made)
    assert all((a == b).all() for a, b in zip(held, copies, strict=True))
    assert all((a == b).all() for a, b in zip(tensors, kept, strict=True))


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
def test_shards(tmp_path, suffix):
    pattern = write_shards(tmp_path, 3, 7, suffix)

    def made(batch_size=4, **options):
        data = TarDataset(pattern, shuffle=True, shuffle_buffer=5, seed=1, size=(4, 5))
        return ImageLoader(data, batch_size, **options)

    def labels(batches):
        found = []
        for images, labels in batches:
            assert [int(image[0, 0, 0]) % 10 for image in images] == labels.tolist()
            found += [int(image[0, 0, 0]) for image in images]
        return found

    whole = made()
    epochs = [labels(whole), labels(whole)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(21)) and epochs[0] != epochs[1]
    for stop in range(6):
        stopped = made(prefetch=3)
        batches = iter(stopped)
        start = labels(next(batches) for _ in range(stop))
        resumed = made(3, workers=1 + stop % 2)
        resumed.load_state_dict(pickle.loads(pickle.dumps(stopped.state_dict())))
        assert start + labels(resumed) == epochs[0]
        assert labels(resumed) == epochs[1]


def test_shards_with_transforms_of_python(tmp_path):
    data = TarDataset(write_shards(tmp_path, 3, 40), transform=lambda image: image[0, 0].astype(float))
    found = np.concatenate([images for images, _ in ImageLoader(data, 7, workers=3)])
    assert found[:, 0].tolist() == list(range(120))


def test_bad_samples_of_shards(tmp_path):
    bad = [("b.ppm", b"P6 broken"), ("b.cls", b"1"), ("c.ppm", pixels(7)), ("c.cls", b"no number"), ("d.cls", b"3")]
    path = write_tar(tmp_path / "a.tar", [*sample_files(0), *bad, *sample_files(1)])
    with pytest.raises(ImageError):
        list(ImageLoader(TarDataset(path, size=(4, 5)), 8))
    skipping = ImageLoader(TarDataset(path, size=(4, 5)), 8, errors="skip")
    [(images, labels)] = skipping
    assert labels.tolist() == [0, 1]
    assert sorted(failure.file for failure in skipping.failures) == [f"{path}/b.ppm", f"{path}/c", f"{path}/d"]
    [(images, labels)] = ImageLoader(TarDataset(path, size=(4, 5)), 8, errors="substitute")
    assert labels.tolist() == [0, 1, 1] and not images[1].any()


def test_rate(paths):
    made = loader(paths)
    assert made.rate == 0
    list(made)
    assert made.rate > 0 and made.waited > 0


def test_arguments_are_checked(paths):
    for wrong in ({"batch_size": 0}, {"workers": 0}, {"prefetch": -1}, {"errors": "x"}, {"rank": 1}):
        with pytest.raises(ValueError):
            ImageLoader(paths, **wrong)
    with pytest.raises(TypeError, match="option of the data set"):
        ImageLoader(ImageDataset(paths), size=4)
    with pytest.raises(TypeError, match="reads its images itself"):
        ImageLoader(ImageDataset(paths, loader=load))
    with pytest.raises(ValueError, match="own order"):
        ImageLoader(TarDataset("a.tar"), shuffle=True)
    with pytest.raises(TypeError, match="no length"):
        len(ImageLoader(TarDataset("a.tar")))
