"""``rushlight images``: info, hash, dedup with its contact sheet, filter and bench, on pictures made here."""

import html.parser
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rushlight.cli import main
from rushlight.cli.file_progress import file_progress
from rushlight.image import encode_jpeg, encode_png
from rushlight.image.bench import Measured, measure, write_chart
from rushlight.image.bench.rivals import Rival, Task, short_side
from rushlight.image.curation import contact_sheet, deduplicate, phash


def picture(seed: int, height: int = 300, width: int = 400) -> np.ndarray:
    """Smooth coloured shapes that are unlike those of other seeds."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    shape = sum(np.sin(2 * np.pi * (a * x + b * y) + c) for a, b, c in random.uniform(-3, 3, (8, 3)))
    shape = np.interp(shape, (shape.min(), shape.max()), (0, 1))[..., None]
    ends = random.uniform(0, 255, (2, 3))
    return (ends[0] * (1 - shape) + ends[1] * shape).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two different pictures, a smaller copy and an equal one of the first, and a bad file."""
    root = tmp_path / "pictures"
    (root / "more").mkdir(parents=True)
    one, two = picture(1), picture(2, 375, 300)
    (root / "one.jpg").write_bytes(encode_jpeg(one, quality=95))
    (root / "two & two.png").write_bytes(encode_png(two))
    (root / "more" / "small.jpg").write_bytes(encode_jpeg(np.ascontiguousarray(one[::3, ::3]), quality=60))
    (root / "more" / "equal.jpg").write_bytes((root / "one.jpg").read_bytes())
    (root / "<bad>.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (root / "notes.txt").write_text("no image")
    return root


def run(capsys, *arguments) -> tuple[int, str, str]:
    status = main(["images", *map(str, arguments)])
    return (status, *capsys.readouterr())


def test_info_prints_a_line_for_each_file_and_totals(folder, capsys):
    status, out, err = run(capsys, "info", folder)
    lines = out.splitlines()
    assert status == 0 and len(lines) == 5
    assert re.fullmatch(r"JPEG +400 x 300 +RGB +[\d,]+ bytes  .*one\.jpg", next(x for x in lines if "one.jpg" in x))
    assert lines[-1].startswith("4 images (3 JPEG, 1 PNG), 0.4 megapixels, ")
    assert err.startswith("rushlight images info: ") and "<bad>.png: PNG" in err and err.count("\n") == 1
    assert run(capsys, "info", folder, "--summary")[1] == lines[-1] + "\n"


def test_hash_prints_digits_and_paths(folder, capsys):
    status, out, _ = run(capsys, "hash", folder, "--algorithm", "phash", "--workers", 2)
    found = dict(reversed(line.split("  ", 1)) for line in out.splitlines())
    assert status == 0 and len(found) == 4
    assert found[str(folder / "one.jpg")] == f"{phash(folder / 'one.jpg', 'phash'):016x}"


def test_dedup_prints_groups_and_changes_nothing(folder, capsys):
    before = sorted(folder.rglob("*"))
    status, out, err = run(capsys, "dedup", folder)
    assert status == 0 and "bad" in err
    lines = out.splitlines()
    assert lines[0] == f"keep      {folder / 'one.jpg'}"
    assert lines[1] == f"  equal   {folder / 'more' / 'equal.jpg'}"
    assert re.fullmatch(rf"   \d bits {re.escape(str(folder / 'more' / 'small.jpg'))}", lines[2])
    assert lines[3:] == ["4 images: 2 kept, 2 duplicates in 1 groups"]
    _, listed, _ = run(capsys, "dedup", folder, "--algorithm", "exact", "--prefer", "first", "--list")
    assert listed == f"{folder / 'more' / 'equal.jpg'}\n"
    assert sorted(folder.rglob("*")) == before


def test_filter_prints_what_is_kept_or_why_not(folder, capsys):
    status, out, err = run(capsys, "filter", folder, "--min-width", 200)
    assert status == 0 and out.splitlines() == [str(folder / "one.jpg"), str(folder / "two & two.png")]
    assert err.startswith("5 files: 2 kept, 1 too small, 1 duplicates, 0 of too low a score, 1 unreadable\n")
    _, out, _ = run(capsys, "filter", folder, "--min-width", 200, "--no-dedup", "--removed")
    assert out == f"{folder / 'more' / 'small.jpg'}: width 134 is below 200\n"


def test_errors_are_one_line_and_a_status(folder, tmp_path, capsys):
    assert run(capsys, "hash", folder / "<bad>.png")[0] == 1
    status, out, err = run(capsys, "info", tmp_path / "gone.jpg")
    assert (status, out) == (1, "0 images (none), 0.0 megapixels, 0.0 MB\n"[:0]) and "gone.jpg" in err
    (tmp_path / "empty").mkdir()
    assert run(capsys, "dedup", tmp_path / "empty")[0] == 2
    status, _, err = run(capsys, "dedup", folder, "--threshold", 99)
    assert status == 2 and "0 to 64" in err and err.count("\n") == 1
    status, _, err = run(capsys, "bench", folder, "--rounds", 0)
    assert status == 2 and "--rounds" in err


def test_it_is_a_command_of_its_own(folder):
    command = [sys.executable, "-m", "rushlight.cli", "images", "info", str(folder), "--summary"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("4 images")
    with file_progress("nothing") as progress:
        progress(1, 2)


# The pages


class Page(html.parser.HTMLParser):
    """The texts, tags and attributes of a page; an error for tags that do not match."""

    VOID = {"br", "img", "meta", "rect"}

    def __init__(self, path: Path):
        super().__init__()
        self.open, self.text, self.attributes = [], "", []
        self.feed(path.read_text(encoding="utf-8"))
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.attributes.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.attributes.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.attributes if name == tag]


def test_the_contact_sheet_shows_the_groups(folder, capsys, tmp_path):
    sheet = tmp_path / "groups.html"
    run(capsys, "dedup", folder, "--sheet", sheet)
    page = Page(sheet)
    pictures = page.all("img")
    assert len(pictures) == 3 and all(p["src"].startswith("data:image/jpeg;base64,") for p in pictures)
    assert (pictures[0]["width"], pictures[0]["height"]) == ("320", "240")
    for text in (
        "one.jpg",
        "small.jpg",
        "equal",
        "400 × 300",
        "134 × 100",
        "<bad>.png",
        "of 4 images repeat another one",
    ):
        assert text in page.text
    assert not re.search(r'(src|href)="http', sheet.read_text(encoding="utf-8"))
    assert not list(tmp_path.glob("*.partial"))


def test_the_contact_sheet_is_bounded_and_outlives_its_files(tmp_path):
    pixels = picture(3, 40, 60)
    for i in range(30):
        copy = pixels.copy()
        copy[0, 0] = i
        (tmp_path / f"a{i:02}.png").write_bytes(encode_png(copy))
        (tmp_path / f"b{i:02}.png").write_bytes(encode_png(np.ascontiguousarray(copy[::-1])))
    result = deduplicate(tmp_path)
    assert len(result.groups) == 2
    contact_sheet(result, tmp_path / "sheet.html", most_groups=1, most_pictures=5, title="Mine & yours")
    page = Page(tmp_path / "sheet.html")
    assert len(page.all("img")) == 5
    assert all(text in page.text for text in ("and 25 more", "1 smaller groups are not shown", "Mine & yours"))
    for path in result.duplicates:
        Path(path).unlink()
    result.contact_sheet(tmp_path / "later.html")
    assert "no longer readable" in Page(tmp_path / "later.html").text


def test_bench_prints_ratios_and_draws_them(folder, tmp_path, capsys):
    chart = tmp_path / "chart.html"
    status, out, err = run(capsys, "bench", folder, "--rounds", 1, "--most", 3, "--chart", chart)
    assert status == 0 and f"wrote {chart}" in out
    assert "File bytes to RGB\n  Rushlight " in out
    page = Page(chart)
    assert "File bytes to RGB" in page.text and "Rushlight" in page.text
    assert len(page.all("svg")) == 2


def test_rivals_are_compared_on_the_files_both_can_read():
    def only_short(data: bytes) -> int:
        if len(data) > 3:
            raise RuntimeError("too long")
        return len(data)

    rivals = (
        Rival("some", ("numpy",), lambda: only_short),
        Rival("none", ("numpy",), lambda: lambda data: 1 / 0),
        Rival("absent", ("no-such-package-here",), lambda: only_short),
    )
    rows = measure(Task("t", "T", lambda: len, rivals), [b"a", b"ab", b"abcd"], rounds=2)
    assert [(row.name, row.files) for row in rows] == [("Rushlight", 3), ("some", 2)]
    assert rows[0].ratio == 1 and rows[1].ratio > 0 and rows[1].versions.startswith("numpy ")


def test_a_chart_has_a_bar_as_long_as_its_time(tmp_path):
    rows = [Measured("Rushlight", "r 1", 0.001, 1.0, 9), Measured("<slow>", "s 2", 0.004, 4.0, 9)]
    write_chart(tmp_path / "c.html", {"A & B": rows}, ["a note"])
    page = Page(tmp_path / "c.html")
    widths = [float(bar["width"]) for bar in page.all("rect")]
    assert widths[1] == pytest.approx(4 * widths[0], rel=1e-2)
    assert all(text in page.text for text in ("<slow>", "4.00×", "4 ms", "A & B", "a note", "9 files"))


def test_sizes_are_rounded_as_torchvision_does():
    assert short_side(500, 375) == (341, 256) and short_side(375, 500) == (256, 341) and short_side(9, 9) == (256, 256)
