"""The safetensors format: both ways with the reference, and damaged files."""

import struct

import pytest
from test_serialization import assert_same, needs_torch, torch

import rushlight as rl
from rushlight.serialization import safetensors


def named_tensors(lib):
    return {name: lib.arange(7).to(getattr(lib, name)) for name in safetensors.CODES} | {
        "matrix": lib.arange(6.0).reshape(2, 3),
        "scalar": lib.tensor(2.5),
        "empty": lib.empty(0, 3),
    }


def test_safetensors_round_trip(tmp_path):
    path = tmp_path / "x.safetensors"
    safetensors.save_file(named_tensors(rl), path, metadata={"format": "pt"})
    want = dict(sorted(named_tensors(rl).items()))
    assert_same(safetensors.load_file(path), want)
    assert_same(rl.load(path), want)
    assert_same(dict(sorted(safetensors.load(path.read_bytes()).items())), want)
    with safetensors.safe_open(path, framework="pt") as file:
        assert file.metadata() == {"format": "pt"} and file.keys() == sorted(want)
        part = file.get_slice("matrix")
        assert part.get_shape() == [2, 3] and part[:, 1].tolist() == [1, 4]
        with pytest.raises(safetensors.SafetensorError, match="does not contain"):
            file.get_tensor("nothing")


@needs_torch
def test_safetensors_of_the_reference(tmp_path):
    reference = pytest.importorskip("safetensors.torch")
    reference.save_file(named_tensors(torch), tmp_path / "x.safetensors")
    want = dict(sorted(named_tensors(rl).items()))
    assert_same(safetensors.load_file(tmp_path / "x.safetensors"), want)
    data = safetensors.save(named_tensors(rl))
    assert_same(want, dict(sorted(reference.load(data).items())))


def safetensors_of(header, data=b""):
    text = header if isinstance(header, bytes) else repr(header).replace("'", '"').encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        struct.pack("<Q", 1 << 60),
        safetensors_of(b" {}"),
        safetensors_of(b"{"),
        safetensors_of({"x": entry()}),
        safetensors_of({"x": entry()}, bytes(9)),
        safetensors_of({"x": entry(shape=(3,))}, bytes(8)),
        safetensors_of({"x": entry(dtype="F7")}, bytes(8)),
        safetensors_of({"x": entry(shape=(-2,))}, bytes(8)),
        safetensors_of({"x": entry(), "y": entry()}, bytes(8)),
        safetensors_of({"x": entry(), "y": entry(offsets=(12, 20))}, bytes(20)),
        safetensors_of({"__metadata__": {"a": 1}}),
        safetensors_of(b"[" * 100_000),
        safetensors_of(b'{"x":1,"x":1}'),
        safetensors_of({"x": [1]}),
    ],
)
def test_damaged_safetensors_are_refused(data):
    with pytest.raises(safetensors.SafetensorError):
        safetensors.load(data)


def test_safetensors_refuses_what_it_cannot_hold():
    x = rl.zeros(2, 3)
    with pytest.raises(ValueError, match="non contiguous"):
        safetensors.save({"x": x.t()})
    with pytest.raises(RuntimeError, match="share memory"):
        safetensors.save({"x": x, "y": x[0]})
    with pytest.raises(RuntimeError, match="no dtype"):
        safetensors.save({"x": rl.zeros(2, dtype=rl.complex128)})
