"""The ``rushlight`` command: datasets, training, its files and report, prediction, and running programs."""

import csv
import gzip
import math
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

import rushlight as rl
from rushlight.cli import main
from rushlight.models import MODELS, build, resnet18
from rushlight.train import Settings, Trainer, load_classifier
from rushlight.train.augment import shift
from rushlight.train.datasets import ImageDataset, Images, load_folder, load_mnist
from rushlight.train.datasets.idx import parse_idx, read_idx
from rushlight.train.datasets.images import split
from rushlight.train.history import Epoch
from rushlight.train.report import Results, encode_png, render
from rushlight.train.report.curves import accuracy_axis, loss_axis
from rushlight.train.report.results import per_class


def idx(array: np.ndarray) -> bytes:
    return struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def striped(count: int, seed: int = 0) -> Images:
    """Images of 8x8 pixels with upright (class 0) or level (class 1) stripes."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    upright = np.where(np.arange(8) % 4 < 2, 200, 20).astype(np.uint8)
    pixels = np.where(labels[:, None, None] == 0, upright[None, None, :], upright[None, :, None])
    return Images((pixels + random.integers(0, 40, pixels.shape)).astype(np.uint8)[:, None], labels)


@pytest.fixture
def mnist_root(tmp_path: Path) -> Path:
    root = tmp_path / "mnist"
    root.mkdir()
    for part, count in (("train", 240), ("t10k", 60)):
        images = striped(count, seed=count)
        (root / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images.pixels[:, 0])))
        (root / f"{part}-labels-idx1-ubyte").write_bytes(idx(images.labels.astype(np.uint8)))
    return root


@pytest.fixture
def results() -> Results:
    images = striped(20)
    probabilities = np.full((20, 2), 0.1, np.float32)
    probabilities[np.arange(20), images.labels] = 0.9
    probabilities[0] = [0.3, 0.7]
    data = ImageDataset("<stripes>", ["up & down", "level"], images, images, images)
    history = [Epoch(n, 1e-3, 1 / n, 1 - 0.5 / n, 1.2 / n, 1 - 0.6 / n, 1000.0, 0.5) for n in range(1, 6)]
    return Results(data, Settings.suggested("digits"), 1234, history, 4, probabilities, "a machine")


def test_idx_gives_the_array_back(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx(array)))
    assert np.array_equal(read_idx(tmp_path / "a.gz"), array)
    floats = struct.pack(">HBBI2f", 0, 0x0D, 1, 2, 0.5, -1.5)
    assert parse_idx(floats).tolist() == [0.5, -1.5]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "not an IDX file"),
        (b"PNG\0", "not an IDX file"),
        (bytes([0, 0, 7, 1]), "not an IDX file"),
        (idx(np.zeros((2, 3), np.uint8))[:-1], r"shape \(2, 3\) needs 18 bytes, the file has 17"),
        (idx(np.zeros(2, np.uint8)) + b"\0", "needs 10 bytes, the file has 11"),
        (bytes([0, 0, 8, 3, 255, 255]), "the file has 6"),
    ],
)
def test_damaged_idx_is_refused(content, text):
    with pytest.raises(ValueError, match=text):
        parse_idx(content)


def test_damaged_gzip_is_refused(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx(np.zeros(99, np.uint8)))[:-12])
    with pytest.raises(ValueError, match="gzip stream is damaged"):
        read_idx(tmp_path / "a.gz")


def test_split_keeps_every_image_once_and_the_classes_even():
    images = Images(np.arange(200, dtype=np.uint8).reshape(200, 1, 1, 1), np.arange(200) % 4)
    parts = split(images, (0.7, 0.1), seed=3)
    assert [len(part) for part in parts] == [140, 20, 40]
    assert sorted(np.concatenate([part.pixels.ravel() for part in parts])) == list(range(200))
    assert all(len(set(np.bincount(part.labels))) == 1 for part in parts)


def test_mnist_parts_and_missing_files(mnist_root):
    data = load_mnist(mnist_root)
    assert (len(data.train), len(data.validation), len(data.test)) == (220, 20, 60)
    assert data.classes == ["0", "1"] and data.train.pixels.shape[1:] == (1, 8, 8)
    (mnist_root / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match="t10k-labels-idx1-ubyte"):
        load_mnist(mnist_root)


def test_folders_of_pictures(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for name, colour in (("red", (200, 0, 0)), ("blue", (0, 0, 200))):
        (tmp_path / name).mkdir()
        for number in range(10):
            image.new("RGB", (20 + number, 12), colour).save(tmp_path / name / f"{number}.png")
    data = load_folder(tmp_path, size=8)
    assert data.classes == ["blue", "red"] and len(data.train) == 14
    assert data.test.picture(0).shape == (data.channels, data.size, data.size) == (3, 8, 8)
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        load_folder(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="no pictures|at least two"):
        load_folder(tmp_path / "red")


def write_stripes(folder: Path, count: int = 40) -> Path:
    image = pytest.importorskip("PIL.Image")
    images = striped(count)
    for number, (pixels, label) in enumerate(zip(images.pixels, images.labels, strict=True)):
        (folder / f"class{label}").mkdir(parents=True, exist_ok=True)
        image.fromarray(pixels[0]).save(folder / f"class{label}" / f"{number:03d}.png")
    return folder


def test_a_folder_is_split_into_the_pixels_of_its_files(tmp_path):
    data = load_folder(write_stripes(tmp_path, 40), size=8)
    whole = striped(40)
    assert data.channels == 1 and [len(part) for part in (data.train, data.validation, data.test)] == [28, 4, 8]
    seen = []
    for part in (data.train, data.validation, data.test):
        for pixels, places in part.in_order():
            numbers = [int(Path(part.paths[place]).stem) for place in places]
            assert np.array_equal(pixels.numpy(), whole.pixels[numbers])
            assert np.array_equal(part.labels[places.numpy()], whole.labels[numbers])
            seen += numbers
    assert sorted(seen) == list(range(40))
    assert data.statistics()[0] == pytest.approx([(data.train.histogram() @ np.arange(256) / 255 / (28 * 64)).item()])


def test_pictures_of_an_epoch_are_a_function_of_seed_and_epoch(tmp_path):
    data = load_folder(write_stripes(tmp_path, 40), size=8)

    def epoch(number, augment="mirror", seed=0):
        return [pixels.numpy().copy() for pixels, _ in data.train.shuffled(7, seed, augment).epoch(number)]

    assert all(np.array_equal(a, b) for a, b in zip(epoch(3), epoch(3), strict=True))
    assert not np.array_equal(epoch(3)[0], epoch(4)[0]) and not np.array_equal(epoch(3)[0], epoch(3, seed=1)[0])
    with pytest.raises(ValueError, match="--augment crop cuts pictures from files"):
        striped(10).shuffled(2, 0, "crop")


def test_statistics_are_those_of_the_pixels():
    images = striped(50)
    mean, std = ImageDataset("x", ["a", "b"], images, images, images).statistics()
    scaled = images.pixels / 255
    assert mean == pytest.approx([scaled.mean()]) and std == pytest.approx([scaled.std()])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("channels", "size"), [(1, 8), (3, 28)])
def test_models_map_images_to_logits_and_learn(name, channels, size):
    model = build(name, channels, size, classes=5)
    model(rl.randn(2, channels, size, size)).sum().backward()
    assert model(rl.randn(2, channels, size, size)).shape == (2, 5)
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_resnet18_has_the_published_parameters():
    state = resnet18().state_dict()
    assert sum(parameter.numel() for parameter in resnet18().parameters()) == 11_689_512
    assert {"conv1.weight", "layer2.0.downsample.0.weight", "layer4.1.bn2.running_var", "fc.bias"} <= state.keys()
    assert len(state) == 122


def test_unknown_model():
    with pytest.raises(ValueError, match="unknown model 'rnn': choose one of mlp, cnn"):
        build("rnn", 1, 8, 10)


def test_shift_moves_whole_images_by_at_most_a_pixel():
    image = rl.zeros(50, 1, 5, 5)
    image[:, :, 2, 2] = 1
    moved = shift(image)
    assert moved.shape == image.shape and moved.sum().item() == 50
    assert moved[:, :, 1:4, 1:4].sum().item() == 50 and not rl.equal(moved, image)


def test_png_holds_the_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 7), dtype=np.uint8)
    png = encode_png(pixels)
    at = png.index(b"IDAT")
    rows = np.frombuffer(zlib.decompress(png[at + 4 : -16]), np.uint8).reshape(5, 1 + 7 * 3)
    assert png.startswith(b"\x89PNG\r\n\x1a\n") and (rows[:, 0] == 0).all()
    assert np.array_equal(rows[:, 1:].reshape(5, 7, 3).transpose(2, 0, 1), pixels)


def test_results_figures(results):
    assert results.accuracy == 0.95
    assert results.confusion.tolist() == [[9, 1], [0, 10]]
    assert results.loss == pytest.approx((19 * -math.log(0.9) - math.log(0.3)) / 20, rel=1e-5)
    first, second = per_class(results)
    assert (first.precision, first.recall, second.precision, second.recall) == (1.0, 0.9, 10 / 11, 1.0)
    assert first.f1 == pytest.approx(2 * 0.9 / 1.9)


def test_report_is_one_page_without_outside_references(results):
    page = render(results)
    for text in ("95.00", "19 of 20", "Confusion matrix", "Wrong predictions", "Right predictions", "up &amp; down"):
        assert text in page
    assert page.count("<polyline") == 4 and page.count("data:image/png;base64,") == 20
    assert not any(outside in page for outside in ("http:", "https:", "<script", "<link", "url(//", "<stripes>"))


def test_axes():
    assert loss_axis([0.004, 2.3]).ticks == [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0][:1] + [
        0.01, 0.1, 1.0, 5.0]  # fmt: skip
    assert loss_axis([math.nan, math.inf]).ticks
    assert accuracy_axis([1.0, 1.0]).ticks == pytest.approx([0.98, 0.99, 1.0])
    assert accuracy_axis([0.0, 0.0]).ticks[0] == pytest.approx(0.0)


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"lr": 0.0}, {"lr": math.nan}, {"seed": -1}, {"patience": 0}])
def test_wrong_settings_name_themselves(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**{**Settings.suggested("digits").as_dict(), **wrong})


def train(mnist_root: Path, out: Path, *more: str) -> int:
    command = ["train", "mnist", "--root", str(mnist_root), "--out", str(out), "--model", "mlp"]
    return main([*command, "--epochs", "3", "--batch-size", "20", *more])


def test_train_writes_weights_figures_and_report(mnist_root, tmp_path, capsys):
    out = tmp_path / "run"
    assert train(mnist_root, out) == 0
    printed = capsys.readouterr().out
    assert "Held-out accuracy 100.00 %" in printed and str(out / "report.html") in printed
    rows = list(csv.DictReader((out / "metrics.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert float(rows[2]["train_loss"]) < float(rows[0]["train_loss"])
    assert "100.00" in (out / "report.html").read_text()
    assert sorted(path.name for path in out.iterdir()) == [
        "checkpoint.pt", "metrics.csv", "model.safetensors", "report.html", "samples"]  # fmt: skip


def test_predict_reads_every_file_that_train_writes(mnist_root, tmp_path, capsys):
    pytest.importorskip("PIL")
    out = tmp_path / "run"
    train(mnist_root, out)
    for checkpoint in (out, out / "model.safetensors", out / "checkpoint.pt"):
        capsys.readouterr()
        assert main(["predict", str(checkpoint), str(out / "samples" / "1.png"), "--top", "1"]) == 0
        label, probability = capsys.readouterr().out.split("1.png")[1].split()[:2]
        assert label == "1" and float(probability) > 80
    assert main(["predict", str(tmp_path / "none"), "x.png"]) == 2
    assert "no model.safetensors or checkpoint.pt" in capsys.readouterr().err


def test_interrupted_and_resumed_is_the_same_as_never_stopped(mnist_root, tmp_path, capsys, monkeypatch):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(mnist_root, whole)
    step, calls = Trainer._step, []

    def interrupted_step(self, *batch):
        calls.append(batch)
        if len(calls) == 15:
            raise KeyboardInterrupt
        return step(self, *batch)

    monkeypatch.setattr(Trainer, "_step", interrupted_step)
    assert train(mnist_root, parts) == 130
    printed = capsys.readouterr().out
    assert "Interrupted in epoch 2" in printed and f"--out {parts} --resume" in printed
    monkeypatch.undo()
    assert main(["train", "mnist", "--root", str(mnist_root), "--out", str(parts), "--resume"]) == 0
    first, second = (load_classifier(out).network.state_dict() for out in (whole, parts))
    assert all(rl.equal(first[name], second[name]) for name in first)


def train_folder(root: Path, out: Path, *more: str) -> int:
    command = ["train", str(root), "--out", str(out), "--model", "mlp", "--image-size", "8", "--epochs", "4"]
    return main([*command, "--batch-size", "8", "--augment", "mirror", "--lr", "0.01", *more])


def test_a_folder_resumes_exactly_and_tells_what_it_could_not_read(tmp_path, capsys, monkeypatch):
    root = write_stripes(tmp_path / "stripes", 80)
    (root / "class1" / "broken.png").write_bytes(b"nothing")
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert train_folder(root, whole) == 0
    printed = capsys.readouterr().out
    assert "s waiting for images)" in printed and "broken.png: unrecognised image data" in printed
    assert "broken.png: unrecognised" in (whole / "report.html").read_text()
    rows = list(csv.DictReader((whole / "metrics.csv").read_text().splitlines()))
    assert all(0 < float(row["waiting_seconds"]) < float(row["seconds"]) for row in rows)

    def stop(self, path):
        save(self, path)
        if len(self.history) == 2:
            raise KeyboardInterrupt

    save = Trainer.save
    monkeypatch.setattr(Trainer, "save", stop)
    assert train_folder(root, parts) == 130
    monkeypatch.undo()
    assert main(["train", str(root), "--image-size", "8", "--out", str(parts), "--resume"]) == 0
    first, second = (load_classifier(out).network.state_dict() for out in (whole, parts))
    assert all(rl.equal(first[name], second[name]) for name in first)


def test_a_folder_of_nothing_readable(tmp_path, capsys):
    for name in ("a", "b"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "x.png").write_bytes(b"nothing")
    assert main(["train", str(tmp_path / "data"), "--out", str(tmp_path / "out")]) == 2
    assert "x.png: unrecognised image data" in capsys.readouterr().err


def test_resume_refuses_other_settings_and_nothing_to_resume(mnist_root, tmp_path, capsys):
    assert train(mnist_root, tmp_path / "none", "--resume") == 2
    assert "there is no" in capsys.readouterr().err
    train(mnist_root, tmp_path / "run")
    assert train(mnist_root, tmp_path / "run", "--resume", "--lr", "3") == 2
    assert "--lr 0.003; it cannot become 3.0" in capsys.readouterr().err


def test_early_stopping():
    images = striped(40)
    noise = Images(images.pixels, np.random.default_rng(0).integers(0, 2, 40))
    settings = Settings("mlp", epochs=60, lr=0.05, seed=0, batch_size=20, patience=2)
    trainer = Trainer(ImageDataset("x", ["a", "b"], images, noise, images), settings)
    history = list(trainer.epochs(lambda *figures: None))
    assert len(history) == trainer.best_epoch + 2 < 60


def test_a_diverging_run_stops_with_an_error(mnist_root, tmp_path, capsys):
    assert train(mnist_root, tmp_path / "run", "--lr", "1e30") == 2
    assert "the loss became" in capsys.readouterr().err


def test_digits_reach_98_percent(tmp_path, capsys):
    pytest.importorskip("sklearn")
    assert main(["train", "digits", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert float(printed.split("Held-out accuracy ")[1].split()[0]) >= 98


def test_mistakes_are_one_line(tmp_path, capsys):
    assert main(["train", str(tmp_path / "none")]) == 2
    assert main(["train", "mnist"]) == 2
    assert all(line.startswith("rushlight train: ") for line in capsys.readouterr().err.splitlines())
    with pytest.raises(SystemExit):
        main(["dance"])


def test_info_names_the_machine(capsys):
    assert main(["info"]) == 0
    printed = capsys.readouterr().out
    assert all(fact in printed for fact in ("rushlight", "PyTorch 2", "simd", "threads", "optional packages"))


def test_run_gives_the_program_its_arguments(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import sys, torch\nprint(torch.ones(2).sum().item(), sys.argv[1:], __name__)\nsys.exit(3)\n")
    command = [sys.executable, "-m", "rushlight.cli", "run", str(program), "--epochs", "2", "-h"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.strip() == "2.0 ['--epochs', '2', '-h'] __main__" and done.returncode == 3


def test_the_package_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "rushlight", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("usage: rushlight ")


def test_a_script_knows_where_it_lies(tmp_path):
    script = tmp_path / "where.py"
    script.write_text("import sys; print(__file__, sys.argv)")
    run = [sys.executable, "-m", "rushlight", "run"]
    done = subprocess.run([*run, "where.py", "x"], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == f"{script} ['where.py', 'x']\n"
    done = subprocess.run(
        [*run, "-c", "import torch, sys; print(torch.ones(1), sys.argv)", "y"], capture_output=True, text=True
    )
    assert done.stdout == "tensor([1.]) ['-c', 'y']\n"
