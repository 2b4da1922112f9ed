"""Duplicates and filters of collections of pictures made here."""

import os
import re
import types
from pathlib import Path

import pytest
from pictures import brighter, picture, write_pgm, write_png

from rushlight.image.curation import (
    deduplicate,
    filter_dataset,
    hamming_distance,
    hamming_pairs,
    image_files,
    phash,
    phash_batch,
)


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


def test_a_file_is_never_its_own_duplicate(collection, tmp_path):
    link = tmp_path / "link.pgm"
    link.symlink_to(collection["c"])
    named = [collection["c"], collection["c"], tmp_path / "." / "c.pgm", link, tmp_path]
    result = deduplicate(named)
    assert result.keep[0] == collection["c"] and len(result) == 3
    assert set(result.duplicates) == {collection[name] for name in ("a_small", "a_bright", "a_copy", "b_copy")}
    assert len(filter_dataset(named)) == 3
    assert len(phash_batch(named[:4])) == 4


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
