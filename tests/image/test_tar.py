"""Archives: what is in them, in what order, for which reader, and where to go on."""

import gzip
import io
import os
import pickle
import tarfile

import numpy as np
import pytest
from archives import pixels, sample_files, write_shards, write_tar
from data import shared
from faulty_server import FaultyServer

from rushlight.image import ImageError, ImageWarning, TarDataset, load_tar
from rushlight.image._shards import expand_shards, read_members, read_samples, split_name
from rushlight.utils.data import DataLoader

needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self"), reason="needs the /proc of Linux")


def numbers(samples):
    return [sample["json"]["number"] for sample in samples]


@pytest.mark.parametrize(
    "pattern, names",
    [
        ("a{0..2}", ["a0", "a1", "a2"]),
        ("s-{008..011}.tar", ["s-008.tar", "s-009.tar", "s-010.tar", "s-011.tar"]),
        ("{a,b}{1,2}", ["a1", "a2", "b1", "b2"]),
        ("{a,b{1..2},c}", ["a", "b1", "b2", "c"]),
        ("{9..1..4}", ["9", "5", "1"]),
        ("{c..a}", ["c", "b", "a"]),
        ("x{}{a}", ["x{}{a}"]),
        ("open{a", ["open{a"]),
        ("a::b{1,2}", ["a", "b1", "b2"]),
    ],
)
def test_braces(pattern, names):
    assert expand_shards(pattern) == names
    assert expand_shards([pattern, "z"]) == [*names, "z"]


@pytest.mark.parametrize(
    "name, parts",
    [
        ("a.jpg", ("a", "jpg")),
        ("x.y/a.seg.PNG", ("x.y/a", "seg.png")),
        ("./a.jpg", ("./a", "jpg")),
        ("a", (None, None)),
        ("d/.hidden", ("d/", "hidden")),
    ],
)
def test_names_split_at_the_first_dot(name, parts):
    assert split_name(name) == parts


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_headers_as_tarfile_writes_them(tmp_path, format):
    long = 60 if format == tarfile.USTAR_FORMAT else 200
    files = [(f"{'d' * long}/{'n' * 90}{i}.bin", bytes(i)) for i in (0, 1, 511, 512, 513, 20000)]
    files += [] if format == tarfile.USTAR_FORMAT else [("ü" * 150 + ".bin", b"x")]
    path = write_tar(tmp_path / "a.tar", files, format=format)
    assert [(m.name, m.read()) for m in read_members(path)] == files
    with open(path, "rb") as stream:
        assert [(m.name, m.read()) for m in read_members(io.BytesIO(stream.read()))] == files


def test_only_regular_files_are_members(tmp_path):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo("../../etc/passwd.jpg")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    assert list(read_members(str(path))) == []


def test_load_tar(tmp_path):
    files = [("b.ppm", pixels(1)), ("notes.txt", b"no image"), ("a.PPM", pixels(2))]
    path = write_tar(tmp_path / "a.tar", files)
    found = list(load_tar(path))
    assert [name for name, _ in found] == ["b.ppm", "a.PPM"]
    assert found[1][1].shape == (2, 3, 3) and found[1][1][0, 0, 0] == 2
    assert [shape for _, shape in load_tar(path, transform=np.shape, size=(4, 5))] == [(4, 5, 3)] * 2


def test_one_bad_image_is_named(tmp_path):
    files = [("a.ppm", pixels(1)), ("b.jpg", b"\xff\xd8\xff broken"), ("c.ppm", pixels(2))]
    path = write_tar(tmp_path / "a.tar", files)
    with pytest.raises(ImageError, match=r"a\.tar/b\.jpg: JPEG"):
        list(load_tar(path))
    report = []
    assert [name for name, _ in load_tar(path, errors="skip", report=report)] == ["a.ppm", "c.ppm"]
    assert [error.file for error in report] == [f"{path}/b.jpg"]
    with pytest.warns(ImageWarning, match=r"b\.jpg"):
        list(load_tar(path, errors="skip"))


def test_samples_are_decoded_by_extension(tmp_path):
    path = write_tar(
        tmp_path / "a.tar",
        [*sample_files(3), ("__meta__", b"{}"), ("__meta__/a.json", b"{}"), ("train/00004.pyd", b"raw")],
    )
    first, second = TarDataset(path)
    assert first["__key__"] == "train/00003" and first["__url__"] == path
    assert (first["cls"], first["txt"], first["json"]) == (3, "sample 3", {"number": 3})
    np.testing.assert_array_equal(first["ppm"][0, 0], [3, 0, 7])
    assert second["pyd"] == b"raw"


def test_keys_give_tuples(tmp_path):
    path = write_tar(tmp_path / "a.tar", sample_files(3))
    [(image, label)] = TarDataset(path, transform=np.mean, keys=("jpg;ppm", "cls"))
    assert label == 3 and image == pytest.approx(10 / 3)
    with pytest.raises(ImageError, match="the sample has no npy, only"):
        list(TarDataset(path, keys=("npy",)))


def test_bad_samples_are_skipped_and_reported(tmp_path):
    bad = [("b.ppm", b"P6 broken"), ("c.cls", b"no number"), ("d.txt", b"\xff"), ("e.txt", b"1"), ("e.txt", b"2")]
    path = write_tar(tmp_path / "a.tar", [*sample_files(0), *bad, *sample_files(1)])
    data = TarDataset(path, errors="skip")
    assert numbers(data) == [0, 1]
    assert [failure.file for failure in data.failures] == [f"{path}/{key}" for key in "bcde"]
    with pytest.raises(ImageError, match=r"b\.ppm"):
        list(TarDataset(path))


@pytest.mark.parametrize("damage", ["missing", "garbage", "cut", "changed", "huge", "empty"])
def test_bad_shards_are_skipped_and_reported(tmp_path, damage):
    pattern = write_shards(tmp_path, 3, 4)
    path = tmp_path / "s-001.tar"
    data = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "garbage":
        path.write_bytes(os.urandom(5000))
    elif damage == "cut":
        path.write_bytes(data[:9000])
    elif damage == "changed":
        data[8192] ^= 1
        path.write_bytes(data)
    elif damage == "huge":
        header = tarfile.TarInfo("x.jpg")
        header.size = 1 << 60
        path.write_bytes(header.tobuf(tarfile.GNU_FORMAT))
    else:
        path.write_bytes(b"")
    dataset = TarDataset(pattern, errors="skip")
    assert [n for n in numbers(dataset) if not 4 <= n < 8] == [0, 1, 2, 3, 8, 9, 10, 11]
    if damage == "empty":
        assert dataset.failures == []
        return
    assert [failure.file for failure in dataset.failures] == [str(path)]
    with pytest.raises(OSError):
        list(TarDataset(pattern))


def test_streams(tmp_path):
    plain = numbers(TarDataset(write_shards(tmp_path, 2, 5)))
    for suffix in (".tar.gz", ".tar.bz2", ".tar.xz"):
        assert numbers(TarDataset(write_shards(tmp_path, 2, 5, suffix))) == plain
    assert numbers(TarDataset(f"pipe:cat {tmp_path}/s-000.tar")) == plain[:5]
    assert numbers(TarDataset((tmp_path / "s-001.tar").as_uri())) == plain[5:]
    with open(tmp_path / "s-000.tar.gz", "rb") as file:
        assert numbers(TarDataset(file)) == plain[:5]
    with FaultyServer() as server:
        server.bodies["/a.tar"] = (tmp_path / "s-000.tar").read_bytes()
        assert numbers(TarDataset(server.url("/a.tar"))) == plain[:5]
    with pytest.raises(ImageError, match="status 3"):
        list(TarDataset("pipe:exit 3"))


def test_broken_compression_is_an_image_error(tmp_path):
    write_shards(tmp_path, 1, 4, ".tar.gz")
    whole = (tmp_path / "s-000.tar.gz").read_bytes()
    path = tmp_path / "broken.tar.gz"
    for data in (whole[: len(whole) // 2], whole[:60] + bytes(50) + whole[110:]):
        path.write_bytes(data)
        with pytest.raises(ImageError, match="broken"):
            list(TarDataset(str(path)))
    path.write_bytes(gzip.compress(b"no archive" * 100))
    with pytest.raises(ImageError, match="checksum"):
        list(TarDataset(str(path)))


@pytest.mark.parametrize("split", ["auto", "shard", "sample"])
@pytest.mark.parametrize("readers", [1, 2, 3, 7])
def test_readers_share_without_loss_or_repetition(tmp_path, split, readers):
    pattern = write_shards(tmp_path, 4, 6)
    shares = [
        numbers(TarDataset(pattern, shuffle=True, shuffle_buffer=5, rank=rank, world_size=readers, split=split))
        for rank in range(readers)
    ]
    assert sorted(n for share in shares for n in share) == list(range(24))
    if split != "shard":
        assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("worker", ["thread", "process"])
def test_workers_of_the_data_loader_share(tmp_path, worker):
    data = TarDataset(write_shards(tmp_path, 3, 5), keys=("json",))
    loader = DataLoader(data, batch_size=None, num_workers=2, worker=worker)
    assert sorted(sample[0]["number"] for sample in loader) == list(range(15))


def test_ranks_come_from_the_environment(tmp_path, monkeypatch):
    pattern = write_shards(tmp_path, 2, 3)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert numbers(TarDataset(pattern)) == [3, 4, 5]


def test_epochs_have_orders_of_their_own(tmp_path):
    pattern = write_shards(tmp_path, 5, 4)
    data = TarDataset(pattern, shuffle=True, shuffle_buffer=8, seed=3)
    epochs = [numbers(data) for _ in range(3)]
    assert len({tuple(epoch) for epoch in epochs}) == 3
    assert all(sorted(epoch) == list(range(20)) for epoch in epochs)
    data.set_epoch(1)
    assert numbers(data) == epochs[1]
    other = TarDataset(pattern, shuffle=True, shuffle_buffer=8, seed=4)
    assert numbers(other) != epochs[0]


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
@pytest.mark.parametrize("buffer", [0, 6])
@pytest.mark.parametrize("share", [(0, 1), (1, 2), (2, 3)])
def test_resuming_gives_the_next_sample(tmp_path, suffix, buffer, share):
    pattern = write_shards(tmp_path, 3, 5, suffix)

    def dataset():
        return TarDataset(pattern, shuffle=True, shuffle_buffer=buffer, seed=1, rank=share[0], world_size=share[1])

    data = dataset()
    whole = [numbers(data), numbers(data)]
    for stop in range(len(whole[0]) + 1):
        data = dataset()
        stream = iter(data)
        start = numbers(next(stream) for _ in range(stop))
        resumed = dataset()
        resumed.load_state_dict(pickle.loads(pickle.dumps(data.state_dict())))
        assert start + numbers(resumed) == whole[0]
        assert numbers(resumed) == whole[1]
        assert numbers(pickle.loads(pickle.dumps(data))) == whole[0][stop:]


def test_resuming_reads_nothing_before_the_place(tmp_path):
    path = write_tar(tmp_path / "a.tar", [f for n in range(50) for f in sample_files(n)])
    data = TarDataset(path)
    stream = iter(data)
    for _ in range(40):
        next(stream)
    state = data.state_dict()
    assert state["stream"]["offset"] == [sample.start for sample, _ in read_samples(path, 0)][40]
    with open(path, "r+b") as file:
        file.write(bytes(state["stream"]["offset"]))
    resumed = TarDataset(path)
    resumed.load_state_dict(state)
    assert numbers(resumed) == list(range(40, 50))


def test_states_of_other_datasets_are_refused(tmp_path):
    pattern = write_shards(tmp_path, 2, 2)
    data = TarDataset(pattern, seed=1)
    next(iter(data))
    state = data.state_dict()
    with pytest.raises(ValueError, match="seed=1, but this dataset has 2"):
        TarDataset(pattern, seed=2).load_state_dict(state)
    other = TarDataset(pattern, seed=1, rank=0, world_size=2)
    other.load_state_dict(state)
    with pytest.raises(ValueError, match="reader"):
        next(iter(other))


def test_arguments_are_checked(tmp_path):
    for wrong in ({"errors": "ignore"}, {"split": "none"}, {"rank": 2, "world_size": 2}, {"rank": 0}):
        with pytest.raises(ValueError):
            TarDataset("a.tar", **wrong)


@needs_proc
def test_no_file_stays_open(tmp_path):
    pattern = write_shards(tmp_path, 4, 3)
    data = TarDataset(pattern)
    list(data)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        stream = iter(data)
        next(stream)
        stream.close()
        list(data)
    assert len(os.listdir("/proc/self/fd")) <= before + 1


@pytest.mark.parametrize("name", ["tendata.tar", "mpdata.tar", "compressed.tar", "sample.tgz"])
def test_real_shards_hold_what_tarfile_finds(name):
    path = shared(f"containers/webdataset/{name}")
    with tarfile.open(path) as archive:
        expected = [(member.name, archive.extractfile(member).read()) for member in archive if member.isreg()]
    assert [(member.name, member.read()) for member in read_members(str(path))] == expected
    found = [member.data or member.read() for raw, _ in read_samples(str(path), 0) for member in raw.fields.values()]
    assert found == [data for _, data in expected]


def test_a_real_shard_is_loaded():
    path = shared("containers/webdataset/sample.tgz")
    images = dict(load_tar(str(path)))
    assert len(images) == 90 and images["10.png"].shape == (28, 28, 3)
    assert {sample["cls"] for sample in TarDataset(str(path))} == set(range(10))
