"""Curation: hashes, searches among them, duplicates, filters, scores, and the contact sheet; on pictures made here."""

import os
import random
import re
import struct
import sys
import types
import zlib
from pathlib import Path

import numpy as np
import pytest

from rushlight.image import ImageError
from rushlight.image.curation import (
    AestheticScorer,
    deduplicate,
    filter_dataset,
    hamming_distance,
    hamming_pairs,
    image_files,
    phash,
    phash_batch,
)
from rushlight.image.curation._head import LinearHead


def picture(seed: int, height: int = 96, width: int = 128) -> np.ndarray:
    """Smooth grey shapes that are unlike those of other seeds."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    waves = sum(np.sin(2 * np.pi * (a * x + b * y) + c) for a, b, c in random.uniform(-4, 4, (8, 3)))
    return np.interp(waves, (waves.min(), waves.max()), (0, 255)).astype(np.uint8)


def write_pgm(path: Path, pixels: np.ndarray) -> str:
    height, width = pixels.shape
    path.write_bytes(b"P5 %d %d 255\n" % (width, height) + pixels.tobytes())
    return str(path)


def write_png(path: Path, pixels: np.ndarray, orientation: int = 1) -> str:
    """A grey PNG with an ``eXIf`` chunk."""
    height, width = pixels.shape
    rows = zlib.compress(np.insert(pixels, 0, 0, axis=1).tobytes())
    exif = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x0112, 3, 1, orientation, 0)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"eXIf", exif), (b"IDAT", rows), (b"IEND", b"")]
    parts = (struct.pack(">I", len(b)) + n + b + struct.pack(">I", zlib.crc32(n + b)) for n, b in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return str(path)


def brighter(pixels: np.ndarray) -> np.ndarray:
    return np.clip(pixels * 0.95 + 8, 0, 255).astype(np.uint8)


# Hashes


def dhash_by_definition(small: np.ndarray) -> int:
    return int("".join(str(int(bit)) for bit in (small[:, 1:] > small[:, :-1]).flatten()), 2)


def test_dhash_is_the_definition_where_nothing_is_resized():
    small = picture(3, 8, 9)
    assert phash(small) == dhash_by_definition(small)


def test_phash_is_the_definition_where_nothing_is_resized():
    small = picture(4, 32, 32)
    n = np.arange(32)
    basis = np.cos(np.pi * np.outer(n, 2 * n + 1) / 64)
    low = (basis @ small.astype(float) @ basis.T)[:8, :8]
    expected = int("".join(str(int(bit)) for bit in (low > np.median(low)).flatten()), 2)
    assert phash(small, "phash") == expected


@pytest.mark.parametrize("algorithm", ["dhash", "phash"])
def test_every_kind_of_image_has_the_same_hash(tmp_path, algorithm):
    gray = picture(5)
    path = write_pgm(tmp_path / "a.pgm", gray)
    rgb, rgba = np.repeat(gray[..., None], 3, 2), np.repeat(gray[..., None], 4, 2)

    class Tensor:
        shape = (3, *gray.shape)

        def __array__(self, dtype=None, copy=None):
            return np.repeat(gray[None], 3, 0)

    images = [Path(path), Path(path).read_bytes(), gray, gray[..., None], rgb, rgba, rgb[:, :, ::-1], Tensor()]
    assert {phash(image, algorithm) for image in images} == {phash(path, algorithm)}


def test_turned_files_have_the_hash_of_the_upright_picture(tmp_path):
    upright = picture(6)
    turned = write_png(tmp_path / "turned.png", np.rot90(upright), orientation=6)
    plain = write_png(tmp_path / "plain.png", upright)
    assert phash(turned) == phash(plain) == phash(upright)
    assert phash(turned, exif=False) == phash(np.ascontiguousarray(np.rot90(upright)))


def test_similar_pictures_have_near_hashes_and_others_have_not():
    for algorithm in ("dhash", "phash"):
        near = [hamming_distance(phash(p, algorithm), phash(brighter(p), algorithm)) for p in map(picture, range(20))]
        far = [hamming_distance(phash(picture(i), algorithm), phash(picture(i + 50), algorithm)) for i in range(20)]
        assert max(near) <= 6 < min(far)


def test_hashes_of_many_files_name_the_bad_ones(tmp_path):
    good = [write_pgm(tmp_path / f"{i}.pgm", picture(i)) for i in range(5)]
    text, folder, missing = tmp_path / "text.jpg", tmp_path / "x.png", tmp_path / "missing.png"
    text.write_text("hello")
    folder.mkdir()
    empty, short = tmp_path / "empty.png", tmp_path / "short.pgm"
    empty.write_bytes(b"")
    short.write_bytes(Path(good[0]).read_bytes()[:500])
    bad = [str(text), str(missing), str(empty), str(short)]
    hashes = phash_batch([good[0], *bad, *good[1:], str(folder)], workers=3)
    assert hashes.paths == [good[0], *bad, *good[1:]]
    assert list(hashes) == [phash(good[0]), None, None, None, None, *map(phash, good[1:])]
    assert list(hashes.errors) == bad
    assert isinstance(hashes.errors[str(missing)], FileNotFoundError)
    assert all(isinstance(e, ImageError) and e.file == path and e.reason for path, e in hashes.errors.items())


def test_a_pipe_is_no_image(tmp_path):
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    with pytest.raises(ImageError, match="not a regular file"):
        phash(pipe)


def test_the_number_of_workers_changes_nothing(tmp_path):
    for i in range(40):
        write_pgm(tmp_path / f"{i:02}.pgm", picture(i % 30, 40 + i, 50))
    calls = []
    results = [phash_batch(tmp_path, "phash", workers=n, progress=lambda *c: calls.append(c)) for n in (1, 2, 7, None)]
    assert all(list(result) == list(results[0]) for result in results)
    assert calls[-1] == (40, 40)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="'dhash' or 'phash', got 'ahash'"):
        phash(picture(1), "ahash")
    with pytest.raises(TypeError, match="uint8, got float32"):
        phash(picture(1).astype(np.float32))
    with pytest.raises(TypeError, match="got dict"):
        phash({})
    with pytest.raises(ValueError, match=r"\[H, W\] or \[H, W, C\]"):
        phash(np.zeros(5, np.uint8))
    with pytest.raises(ValueError, match="1, 3 or 4 channels, not 5"):
        phash(np.zeros((5, 5, 5), np.uint8))
    with pytest.raises(ValueError, match="cannot be resized"):
        phash(np.zeros((0, 5), np.uint8))
    with pytest.raises(ValueError, match="workers"):
        phash_batch([], workers=0)
    with pytest.raises(TypeError, match="got int"):
        phash_batch([3])
    with pytest.raises(ValueError, match="64 bits"):
        hamming_distance(-1, 0)
    with pytest.raises(ValueError, match="0 to 64"):
        deduplicate([], threshold=65)
    with pytest.raises(ValueError, match="needs a perceptual hash"):
        deduplicate([], algorithm=None, threshold=3)
    with pytest.raises(ValueError, match="prefer"):
        deduplicate([], prefer="best")


# Searches


def some_hashes(count: int, seed: int) -> list[int]:
    """Random hashes of which many are near an earlier one."""
    source, found = random.Random(seed), []
    while len(found) < count:
        near = source.choice(found) if found and source.random() < 0.5 else source.getrandbits(64)
        found.append(near ^ sum(1 << bit for bit in source.sample(range(64), source.randrange(8))))
    return found


@pytest.mark.parametrize("count,radius", [(0, 3), (1, 3), (200, 64), (2000, 0), (2000, 4), (3000, 9)])
def test_pairs_are_those_of_comparing_all(count, radius):
    hashes = some_hashes(count, radius)
    array = np.array(hashes, np.uint64)
    pairs, distances = hamming_pairs(array, radius, workers=2)
    expected = []
    for first in range(count):
        bits = np.unpackbits((array[first + 1 :] ^ array[first])[:, None].view(np.uint8), axis=1).sum(1)
        expected += [(first, first + 1 + at, bits[at]) for at in np.flatnonzero(bits <= radius)]
    assert [(a, b, d) for (a, b), d in zip(pairs.tolist(), distances.tolist())] == expected


def test_more_pairs_than_the_limit_are_an_error():
    with pytest.raises(ValueError, match="more than limit=1000 pairs"):
        hamming_pairs([7] * 10_000, 0, limit=1000)
    assert len(hamming_pairs([7] * 100, 0)[0]) == 4950


def test_hashes_must_be_numbers_of_64_bits():
    for wrong in ([0.5], [[1, 2]], ["a"]):
        with pytest.raises(TypeError):
            hamming_pairs(wrong, 3)
    for wrong in (np.zeros(3), np.zeros((2, 2), np.uint64)):
        with pytest.raises(ValueError, match="whole numbers"):
            hamming_pairs(wrong, 3)
    for wrong in (-1, 1 << 64):
        with pytest.raises(ValueError, match="64 bits"):
            hamming_pairs([wrong], 3)
    assert hamming_pairs(np.array([-1, 2**63 - 1, 0]), 1)[0].tolist() == [[0, 1]]


# Duplicates


@pytest.fixture
def collection(tmp_path: Path) -> dict[str, str]:
    """Three pictures: one with an equal copy, a smaller and a brighter one; one with an equal copy; one alone; one bad file."""
    a, b, c = picture(10, 120, 160), picture(11), picture(12)
    files = {
        "a_small": write_pgm(tmp_path / "a_small.pgm", a[::2, ::2]),
        "a": write_pgm(tmp_path / "a.pgm", a),
        "a_bright": write_png(tmp_path / "a_bright.png", brighter(a)),
        "a_copy": write_pgm(tmp_path / "sub_a_copy.pgm", a),
        "b": write_pgm(tmp_path / "b.pgm", b),
        "b_copy": write_pgm(tmp_path / "b_copy.pgm", b),
        "c": write_pgm(tmp_path / "c.pgm", c),
        "bad": str(tmp_path / "bad.jpg"),
    }
    Path(files["bad"]).write_bytes(b"\xff\xd8\xff\xe0 no more")
    return files


@pytest.mark.parametrize("algorithm", ["dhash", "phash"])
@pytest.mark.parametrize("workers", [1, 3])
def test_groups_of_equal_and_similar_images(collection, algorithm, workers):
    result = deduplicate(list(collection.values()), algorithm, workers=workers)
    f = collection
    assert result.keep == list(result) == [f["a"], f["b"], f["c"]] and len(result) == 3
    assert result.duplicates == [f["a_small"], f["a_bright"], f["a_copy"], f["b_copy"]]
    assert [(g.keep, sorted(d.path for d in g.duplicates)) for g in result.groups] == [
        (f["a"], sorted([f["a_small"], f["a_bright"], f["a_copy"]])),
        (f["b"], [f["b_copy"]]),
    ]
    exact = {d.path: d.exact for g in result.groups for d in g.duplicates}
    assert exact == {f["a_small"]: False, f["a_bright"]: False, f["a_copy"]: True, f["b_copy"]: True}
    assert list(result.errors) == [f["bad"]] and result.errors[f["bad"]].format == "JPEG"


def test_only_equal_files_without_an_algorithm(collection):
    result = deduplicate(collection.values(), algorithm=None)
    assert result.duplicates == [collection["a_copy"], collection["b_copy"]]


def test_the_first_or_the_largest_is_kept(collection):
    first = deduplicate(collection.values(), prefer="first")
    assert first.keep == [collection[name] for name in ("a_small", "b", "c")]
    assert [d.distance for d in first.groups[0].duplicates if d.exact] == []


def test_a_folder_means_its_images(collection, tmp_path):
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / ".hidden.png").write_bytes(b"")
    names = [os.path.basename(path) for path in image_files(tmp_path)]
    assert names == sorted(os.path.basename(path) for path in collection.values())
    assert len(deduplicate(tmp_path)) == 3
    assert image_files([tmp_path / "gone.jpg"]) == [tmp_path / "gone.jpg"]


def test_kept_images_are_further_apart_than_the_threshold(tmp_path):
    files = [write_pgm(tmp_path / f"{i}.pgm", picture(i % 60, 32 + i % 9, 40)) for i in range(180)]
    result = deduplicate(files, threshold=8, workers=2)
    hashes = list(phash_batch(result.keep))
    assert not len(hamming_pairs(hashes, 8)[0])
    for group in result.groups:
        for duplicate in group.duplicates:
            assert hamming_distance(phash(group.keep), phash(duplicate.path)) == duplicate.distance <= 8
    assert sorted([*result.keep, *result.duplicates]) == sorted(files)


# Filters


def test_filters_say_what_they_remove(collection, capsys):
    f = collection
    result = filter_dataset(f.values(), min_width=100, min_height=97, verbose=True)
    assert result.keep == list(result) == [f["a"]]
    assert result.removed[f["a_small"]] == "width 80 is below 100"
    assert result.removed[f["b"]] == "height 96 is below 97"
    assert result.removed[f["a_copy"]] == f"equal to {f['a']}"
    assert re.fullmatch(r"\d bits? from .*a\.pgm", result.removed[f["a_bright"]])
    assert list(result.errors) == [f["bad"]]
    assert capsys.readouterr().err == (
        "8 files: 1 kept, 4 too small, 2 duplicates, 0 of too low a score, 1 unreadable\n"
    )


def test_filters_need_not_look_for_duplicates(collection):
    result = filter_dataset(collection.values(), deduplicate=False)
    assert len(result) == 7 and result.deduplication is None and not result.removed


def test_sizes_are_those_of_the_upright_image(tmp_path):
    path = write_png(tmp_path / "tall.png", picture(1, 90, 40), orientation=6)
    assert filter_dataset([path], min_width=90, min_height=40).keep == [path]
    assert filter_dataset([path], min_width=91).removed == {path: "width 90 is below 91"}


def test_filters_apply_a_scorer(collection):
    class Scorer:
        def score_batch(self, paths):
            values = [float("abc".index(os.path.basename(path)[0])) for path in paths]
            return types.SimpleNamespace(paths=paths, values=values, errors={})

    result = filter_dataset(collection.values(), min_aesthetic=1, scorer=Scorer())
    assert result.keep == [collection["b"], collection["c"]]
    assert result.removed[collection["a"]] == "aesthetic score 0.00 is below 1"
    assert result.scores == {collection["a"]: 0.0, collection["b"]: 1.0, collection["c"]: 2.0}


# Scores


def test_scores_need_open_clip(monkeypatch):
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(ModuleNotFoundError, match="pip install open_clip_torch"):
        AestheticScorer("ViT-B-32", "openai", "cpu")
    with pytest.raises(ModuleNotFoundError, match="pip install open_clip_torch"):
        filter_dataset([], min_aesthetic=5)


def test_heads_are_read_and_layers_multiplied_out(tmp_path):
    random = np.random.default_rng(0)
    w0, b0, w1, b1 = (
        random.normal(size=(3, 5)),
        random.normal(size=3),
        random.normal(size=(1, 3)),
        random.normal(size=1),
    )
    np.savez(
        tmp_path / "head.npz",
        **{"layers.10.weight": w1, "layers.10.bias": b1, "layers.2.weight": w0, "layers.2.bias": b0},
    )
    head = LinearHead.load(tmp_path / "head.npz")
    features = random.normal(size=(4, 5))
    np.testing.assert_allclose(head(features), ((features @ w0.T + b0) @ w1.T + b1)[:, 0], rtol=1e-5)
    with pytest.raises(ValueError, match="takes 5 features, the model gives 6"):
        head(np.zeros((1, 6)))
    np.savez(tmp_path / "wrong.npz", weight=w0, bias=b0)
    with pytest.raises(ValueError, match="end in one number"):
        LinearHead.load(tmp_path / "wrong.npz")
