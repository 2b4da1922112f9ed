"""Hashes of images, and the search for near ones among many."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
from pictures import brighter, picture, write_pgm, write_png

from rushlight.image import ImageError
from rushlight.image.curation import deduplicate, hamming_distance, hamming_pairs, phash, phash_batch


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
        phash_batch([], workers=-1)
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
