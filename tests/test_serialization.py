"""Files: both ways with PyTorch, sharing and mapping, hostile and damaged input, safetensors."""

import collections
import io
import os
import pickle
import random
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

import rushlight as rl
from rushlight.serialization import (
    add_safe_globals,
    clear_safe_globals,
    get_safe_globals,
    load,
    safe_globals,
    save,
)

try:
    import torch
except ImportError:
    torch = None

needs_torch = pytest.mark.skipif(torch is None, reason="compares with PyTorch")
CHECKPOINTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "checkpoints"
DTYPES = (
    "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex128 complex64 uint16 uint32 uint64"
).split()
REFUSALS = (RuntimeError, pickle.UnpicklingError, EOFError)


def example(lib, dtypes=DTYPES):
    """One of everything, made of the tensors of `lib`."""
    base = lib.arange(12.0).reshape(3, 4)
    parameter = lib.nn.Parameter(lib.arange(3.0))
    parameter.note = "kept"
    values = {
        "base": base,
        "transposed": base.t(),
        "view": base[1:, ::2],
        "row": base[2],
        "parameter": parameter,
        "frozen": lib.nn.Parameter(lib.ones(2), requires_grad=False),
        "leaf": lib.tensor(3.5, requires_grad=True),
        "empty": lib.empty(0, 3),
        "size": lib.Size([2, 3]),
        "device": lib.device("cpu"),
        "dtypes": [lib.float16, lib.bool],
        "plain": [None, True, -5, 1 << 70, 2.5, "h\u00e9llo", "x" * 300, b"ab\xff", 3 + 4j],
        "bytearray": bytearray(b"x\xfe"),
        "set": {1, 2},
        "tuple": ((), (1,), (1, 2), (1, 2, 3, 4)),
        "counter": collections.Counter("aab"),
        "ordered": collections.OrderedDict(a=1, b=[2]),
        "many": list(range(300)),
    }
    return values | {name: lib.arange(5).to(getattr(lib, name)) for name in dtypes}


def assert_same(ours, theirs):
    """Equal structure and values, where either side may hold tensors of either library."""
    kinds = tuple(lib.Tensor for lib in (rl, torch) if lib)
    if isinstance(ours, kinds):
        assert str(ours.dtype).split(".")[-1] == str(theirs.dtype).split(".")[-1]
        assert (tuple(ours.shape), ours.stride()) == (tuple(theirs.shape), theirs.stride())
        assert ours.requires_grad == theirs.requires_grad
        assert repr(ours.tolist()) == repr(theirs.tolist())
    elif isinstance(ours, dict):
        assert type(ours) is type(theirs) and list(ours) == list(theirs)
        for key in ours:
            assert_same(ours[key], theirs[key])
    elif isinstance(ours, (list, tuple)):
        assert len(ours) == len(theirs)
        for pair in zip(ours, theirs, strict=True):
            assert_same(*pair)
    elif type(ours).__name__ in ("dtype", "device"):
        assert str(ours).split(".")[-1] == str(theirs).split(".")[-1]
    else:
        assert ours == theirs


def written(obj, write=save, **options):
    buffer = io.BytesIO()
    write(obj, buffer, **options)
    buffer.seek(0)
    return buffer


# Container and protocol; the old container has no storages without a class of their own.
FORMATS = [
    ({"pickle_protocol": protocol, "_use_new_zipfile_serialization": new}, DTYPES[: None if new else 12])
    for protocol in (2, 3, 4)
    for new in (True, False)
]


@pytest.mark.parametrize("options, dtypes", FORMATS)
@pytest.mark.parametrize("weights_only", [True, False])
def test_round_trip(options, dtypes, weights_only):
    obj = example(rl, dtypes)
    back = load(written(obj, **options), weights_only=weights_only)
    assert_same(back, obj)
    assert back["parameter"].note == "kept"
    assert back["view"].untyped_storage().data_ptr() == back["base"].untyped_storage().data_ptr()
    back["base"][1, 0] = 100.0
    assert back["transposed"][0, 1] == 100.0


@needs_torch
@pytest.mark.parametrize("options, dtypes", FORMATS[:2])
def test_torch_reads_ours(options, dtypes):
    theirs = torch.load(written(example(rl, dtypes), **options), weights_only=True)
    assert_same(theirs, example(torch, dtypes))


@needs_torch
@pytest.mark.parametrize("options, dtypes", FORMATS)
def test_we_read_torchs(options, dtypes):
    assert_same(load(written(example(torch, dtypes), torch.save, **options)), example(rl, dtypes))


@needs_torch
def test_torch_finds_our_records_by_computed_offsets(tmp_path, monkeypatch):
    config = pytest.importorskip("torch.utils.serialization").config
    save(example(rl), tmp_path / "x.pt")
    monkeypatch.setenv("TORCH_SERIALIZATION_DEBUG", "1")
    config.load.calculate_storage_offsets = True
    try:
        assert_same(torch.load(tmp_path / "x.pt", mmap=True), example(torch))
    finally:
        config.load.calculate_storage_offsets = False


def test_records_are_aligned_and_stored(tmp_path):
    path = tmp_path / "name.pt"
    save(example(rl), path)
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for info in archive.infolist():
            assert info.filename.startswith("name/") and info.compress_type == zipfile.ZIP_STORED
            name, extra = struct.unpack("<HH", data[info.header_offset + 26 :][:4])
            assert (info.header_offset + 30 + name + extra) % 64 == 0
        assert archive.read("name/byteorder") == b"little"


@pytest.mark.skipif(not CHECKPOINTS.exists(), reason="needs ../shared/data/checkpoints")
def test_real_checkpoints():
    files = [path for path in CHECKPOINTS.rglob("*.p*t*") if path.suffix in (".pt", ".pth")]
    files += CHECKPOINTS.rglob("*.th")
    assert len(files) > 50
    for path in files:
        if path.name.endswith("broken.pt"):
            with pytest.raises(pickle.UnpicklingError):
                load(path)
            continue
        ours = load(path, map_location="cpu")
        if torch is not None:
            assert_same(ours, torch.load(path, map_location="cpu"))


def test_mmap_is_private_and_needs_a_zip_path(tmp_path):
    path = tmp_path / "x.pt"
    save({"x": rl.arange(1000.0)}, path)
    mapped = load(path, mmap=True)["x"]
    mapped[0] = 7.0
    assert mapped.tolist()[1:] == load(path)["x"].tolist()[1:]
    assert load(path)["x"][0] == 0.0
    with pytest.raises(ValueError, match="file path"):
        load(io.BytesIO(path.read_bytes()), mmap=True)
    save({}, path, _use_new_zipfile_serialization=False)
    with pytest.raises(RuntimeError, match="mmap can only be used"):
        load(path, mmap=True)


def test_map_location():
    buffer = written({"x": rl.ones(2)})
    seen = []
    locations = ["cpu", rl.device("cpu"), {"cpu": "cpu"}, lambda storage, tag: seen.append(tag)]
    for location in locations:
        assert load(io.BytesIO(buffer.getvalue()), map_location=location)["x"].tolist() == [1, 1]
    assert seen == ["cpu"]
    assert load(buffer, map_location="meta")["x"].device.type == "meta"
    records = records_of(buffer.getvalue())
    records["data.pkl"] = records["data.pkl"].replace(b"X\3\0\0\0cpu", b"X\6\0\0\0cuda:0")
    elsewhere = archive_of(records)
    assert load(io.BytesIO(elsewhere), map_location="cpu")["x"].tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="map_location"):
        load(io.BytesIO(elsewhere))


def test_storage_seen_as_two_dtypes_is_refused():
    x = rl.zeros(4)
    with pytest.raises(RuntimeError, match="different types"):
        save([x, x.view(rl.int32)], io.BytesIO())


def test_writing_is_atomic(tmp_path):
    path = tmp_path / "x.pt"
    save({"x": 1}, path)
    with pytest.raises((AttributeError, pickle.PicklingError)):
        save({"x": rl.ones(3), "bad": lambda: None}, path)
    assert load(path) == {"x": 1}
    assert os.listdir(tmp_path) == ["x.pt"]
    with pytest.raises(RuntimeError, match="does not exist"):
        save({}, tmp_path / "missing" / "x.pt")
    with pytest.raises(AttributeError, match="write"):
        save({}, 5)


class Config:
    def __init__(self, width):
        self.width = width


def test_safe_globals():
    buffer = written({"config": Config(3)})
    with pytest.raises(pickle.UnpicklingError, match="add_safe_globals"):
        load(io.BytesIO(buffer.getvalue()))
    with safe_globals([Config]):
        assert get_safe_globals() == [Config]
        assert load(io.BytesIO(buffer.getvalue()))["config"].width == 3
    assert get_safe_globals() == []
    add_safe_globals([(Config, f"{__name__}.Config")])
    assert load(io.BytesIO(buffer.getvalue()))["config"].width == 3
    clear_safe_globals()
    assert load(buffer, weights_only=False)["config"].width == 3


def test_numpy_values_are_safe():
    obj = {"scalar": np.float64(2.5), "array": np.arange(6).reshape(2, 3), "text": np.array("ab")}
    back = load(written(obj))
    assert back["scalar"] == 2.5 and isinstance(back["scalar"], np.float64)
    assert (back["array"] == obj["array"]).all() and back["text"] == "ab"
    with pytest.raises(pickle.UnpicklingError):
        load(written({"objects": np.array([object()])}))


def test_pickle_module_needs_trust():
    with pytest.raises(RuntimeError, match="pickle_module"):
        load(written({}), pickle_module=pickle, weights_only=True)
    assert load(written({"x": 1}), pickle_module=pickle) == {"x": 1}


# Hostile input


def records_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def archive_of(records):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in records.items():
            archive.writestr(f"archive/{name}", data)
    return buffer.getvalue()


def crafted(instructions, protocol=2):
    """An archive with a storage of 12 floats and these pickle instructions."""
    records = records_of(written(rl.arange(12.0)).getvalue())
    records["data.pkl"] = b"\x80" + bytes([protocol]) + instructions + b"."
    return archive_of(records)


STORAGE = b"(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\x000X\3\0\0\0cpuK\x0ctQ"


def view(offset, size, stride):
    def number(n):
        return b"\x8a\x09" + n.to_bytes(9, "little", signed=True)

    def numbers(items):
        return b"(" + b"".join(map(number, items)) + b"t"

    function = b"ctorch._utils\n_rebuild_tensor_v2\n("
    return crafted(function + STORAGE + number(offset) + numbers(size) + numbers(stride) + b"\x89NtR")


HOSTILE = {
    "runs a command": crafted(b"cposix\nsystem\nX\2\0\0\0ls\x85R"),
    "evaluates": crafted(b"c__builtin__\neval\nX\2\0\0\0ls\x85R"),
    "imports by stack": crafted(b"\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R", protocol=4),
    "calls what it made": crafted(b"](K\1eR"),
    "huge bytearray": crafted(b"c__builtin__\nbytearray\n\x8a\6\0\0\0\0\0\1\x85R"),
    "huge tensor": crafted(b"ctorch\nTensor\n\x8a\6\0\0\0\0\0\1\x85R"),
    "exponential key": crafted(b"}K\1" + b"2\x86" * 60 + b"Ns"),
    "deep key": crafted(b"}K\1" + b"\x85" * 100_000 + b"Ns"),
    "endless repr": crafted(b"]K\1a" + b"q\x000](" + b"q\x000](h\0h\0e" * 60 + b")R"),
    "huge frame": crafted(b"\x95\xff\xff\xff\xff\xff\xff\xff\x0f", protocol=4),
    "huge bytes": crafted(b"\x8e\xff\xff\xff\xff\xff\xff\xff\x0f", protocol=4),
    "view beyond": view(1, [3, 4], [4, 1]),
    "view overflows": view(0, [1 << 62, 4], [1 << 62, 1]),
    "negative offset": view(-1, [1], [1]),
    "negative stride": view(4, [2], [-1]),
    "size of 64 bits": view(0, [1 << 63], [0]),
    "huge storage": crafted(STORAGE.replace(b"K\x0c", b"\x8a\x08" + b"\xff" * 7 + b"\x0f")),
    "missing record": crafted(STORAGE.replace(b"\x000X", b"\x009X")),
    "wrong operand": crafted(b"\xff"),
    "empty stack": crafted(b"0"),
    "no pickle": archive_of({"version": b"3"}),
    "empty": b"",
    "not a pickle": b"hello",
    "bare signature": b"PK\3\4",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name):
    with pytest.raises(REFUSALS):
        load(io.BytesIO(HOSTILE[name]))


def test_a_view_inside_its_storage_is_not_refused():
    assert load(io.BytesIO(view(0, [3, 4], [4, 1]))).tolist()[2] == [8, 9, 10, 11]


@pytest.mark.parametrize("new", [True, False])
def test_damaged_files_are_refused_or_read(new):
    whole = written(example(rl, DTYPES[:12]), _use_new_zipfile_serialization=new).getvalue()
    generator = random.Random(0)
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(generator.randint(1, 3)):
            damaged[generator.randrange(len(whole))] = generator.randrange(256)
        for data in (damaged, whole[: generator.randrange(len(whole))]):
            try:
                load(io.BytesIO(data))
            except (*REFUSALS, ValueError):
                pass


def test_overlapping_records_are_refused():
    data = bytearray(written(rl.zeros(4096)).getvalue())
    start = data.index(b"PK\1\2")
    end = data.index(b"PK\6\6")
    entries = data[start:end]
    forged = data[:start] + entries * 3 + struct.pack("<4s4HIIH", b"PK\5\6", 0, 0, 3, 3, 3 * len(entries), start, 0)
    with pytest.raises(RuntimeError, match="zip archive"):
        load(io.BytesIO(forged))


def test_views_of_storages_in_the_old_format():
    whole = written(rl.arange(4.0), _use_new_zipfile_serialization=False).getvalue()
    plain = b"K\x04N"
    assert whole.count(plain) == 1

    def viewed(offset):
        return io.BytesIO(whole.replace(plain, b"K\x04X\1\0\0\0vK" + bytes([offset]) + b"K\x04\x87"))

    assert load(viewed(0)).tolist() == [0, 1, 2, 3]
    with pytest.raises(RuntimeError, match="beyond its storage"):
        load(viewed(1))


def test_tar_format():
    def pickled(*values):
        return b"".join(pickle.dumps(value, protocol=2) for value in values)

    kind = b"\x80\x02(K\1X\3\0\0\0cpuctorch\nFloatStorage\nt."
    storages = pickled(1) + kind + struct.pack("<q4f", 4, 1, 2, 3, 4) + pickled([])
    tensor = b"\x80\x02(K\2K\1ctorch\nFloatStorage\nt."
    tensors = pickled(1) + tensor + struct.pack("<ixxxx5q", 2, 2, 2, 2, 1, 0)
    members = {"storages": storages, "tensors": tensors, "pickle": b"\x80\x02]K\2Qa."}
    assert load(tar_of(members))[0].tolist() == [[1, 2], [3, 4]]
    members["tensors"] = pickled(1) + tensor + struct.pack("<ixxxx5q", 2, 2, 3, 2, 1, 0)
    with pytest.raises(RuntimeError, match="storage has 4"):
        load(tar_of(members))
    with pytest.raises(RuntimeError, match="no file 'storages'"):
        load(tar_of({"pickle": b""}))


def tar_of(members):
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    buffer.seek(0)
    return buffer
