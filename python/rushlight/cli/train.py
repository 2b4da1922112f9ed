"""``rushlight train``: from images to weights, figures and a report."""

from __future__ import annotations

import argparse
import platform
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

import rushlight as rl
from rushlight.cli.info import simd_level, threads
from rushlight.cli.progress import progress
from rushlight.models import MODELS
from rushlight.train import Settings, Trainer
from rushlight.train.datasets import ImageDataset, load_digits, load_folder, load_mnist
from rushlight.train.history import write_csv
from rushlight.train.report import Results, encode_png, write_report
from rushlight.train.settings import AUGMENTATIONS

SUMMARY = "train an image classifier and write its report"
INTERRUPTED = 130


def describe(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``train``; an option left out takes the value suggested for the dataset and model."""
    parser.add_argument("source", help="digits, mnist, or a folder with one folder of pictures per class")
    parser.add_argument("--root", type=Path, help="folder with the MNIST files (for mnist)")
    parser.add_argument(
        "--image-size", type=int, default=64, help="pixels that folder pictures are scaled to (default 64)"
    )
    parser.add_argument("--model", choices=list(MODELS), help="network (default cnn)")
    parser.add_argument("--epochs", type=int, help="most passes over the training images")
    parser.add_argument("--lr", type=float, help="peak learning rate")
    parser.add_argument("--seed", type=int, help="seed of weights and order (default 0)")
    parser.add_argument("--batch-size", type=int, help="images per step")
    parser.add_argument(
        "--patience", type=int, help="epochs without a lower validation loss before stopping (default 12)"
    )
    parser.add_argument(
        "--augment",
        choices=AUGMENTATIONS,
        help="how training pictures vary (default crop for a folder: a random part of each; mirror: half of them mirrored too)",
    )
    parser.add_argument("--resume", action="store_true", help="continue the run in --out")
    parser.add_argument("--out", type=Path, help="folder to write to (default runs/SOURCE)")


def main(options: argparse.Namespace) -> int:
    """Train, evaluate on the held-out images, write the files and print where they lie."""
    out = options.out or Path("runs") / Path(options.source).name
    checkpoint = _checkpoint(out) if options.resume else None
    settings = _settings(options, checkpoint)
    trainer = Trainer(_load(options), settings)
    if checkpoint:
        trainer.restore(checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    _introduce(trainer)
    try:
        _fit(trainer, out)
    except KeyboardInterrupt:
        return _interrupted(options, trainer, out)
    _finish(trainer, out)
    return 0


def _load(options: argparse.Namespace) -> ImageDataset:
    if options.source == "digits":
        return load_digits()
    if options.source == "mnist":
        if options.root is None:
            raise ValueError(
                "mnist needs --root DIR, the folder with train-images-idx3-ubyte.gz and its three companions"
            )
        return load_mnist(options.root)
    if options.image_size < 8:
        raise ValueError(f"--image-size must be at least 8, got {options.image_size}")
    return load_folder(options.source, options.image_size)


def _checkpoint(out: Path) -> dict:
    path = out / "checkpoint.pt"
    if not path.is_file():
        raise FileNotFoundError(f"--resume: there is no {path} to continue from")
    return rl.load(path)


def _settings(options: argparse.Namespace, checkpoint: dict | None) -> Settings:
    """Options given, over those of the checkpoint or those suggested; a resumed run keeps its own."""
    given = {field.name: getattr(options, field.name) for field in fields(Settings)}
    given = {name: value for name, value in given.items() if value is not None}
    if checkpoint is None:
        return replace(Settings.suggested(options.source, given.get("model", "cnn")), **given)
    settings = Settings(**checkpoint["settings"])
    for name, value in given.items():
        if name != "patience" and value != getattr(settings, name):
            flag = "--" + name.replace("_", "-")
            raise ValueError(
                f"--resume continues a run with {flag} {getattr(settings, name)}; it cannot become {value}"
            )
    return replace(settings, **given)


def _introduce(trainer: Trainer) -> None:
    data, settings = trainer.data, trainer.settings
    print(
        f"{data.name}: {len(data.train):,} images to train, {len(data.validation):,} to choose the best epoch, "
        f"{len(data.test):,} held out; {len(data.classes)} classes, {data.channels}x{data.size}x{data.size}"
    )
    print(f"{settings.model}: {trainer.parameter_count:,} parameters; {threads()} threads, {simd_level()}", flush=True)


def _fit(trainer: Trainer, out: Path) -> None:
    images = len(trainer.data.train) // trainer.settings.batch_size * trainer.settings.batch_size
    with progress(images or len(trainer.data.train), trainer.settings.epochs, len(trainer.history)) as display:
        for figures in trainer.epochs(display.batch):
            trainer.save(out / "checkpoint.pt")
            write_csv(out / "metrics.csv", trainer.history)
            display.epoch(figures, best=trainer.best_epoch == figures.epoch)


def _interrupted(options: argparse.Namespace, trainer: Trainer, out: Path) -> int:
    done = len(trainer.history)
    if not (out / "checkpoint.pt").exists():
        print("\nInterrupted before the first epoch was done; nothing was written.")
        return INTERRUPTED
    root = f" --root {options.root}" if options.root else ""
    size = f" --image-size {options.image_size}" if options.image_size != 64 else ""
    print(f"\nInterrupted in epoch {done + 1}; the state after epoch {done} is in {out / 'checkpoint.pt'}.")
    print(f"Continue with: rushlight train {options.source}{root}{size} --out {out} --resume")
    return INTERRUPTED


def _finish(trainer: Trainer, out: Path) -> None:
    classifier = trainer.classifier()
    classifier.save(out / "model.safetensors")
    machine = f"{platform.machine()}, {simd_level()}, {threads()} threads; Rushlight {rl.__version__}"
    logits, places = trainer.scores(classifier, trainer.data.test)
    results = Results(
        replace(trainer.data, test=trainer.data.test[places]),
        trainer.settings,
        trainer.parameter_count,
        trainer.history,
        trainer.best_epoch,
        logits.softmax(dim=1).numpy(),
        machine,
    )
    write_report(out / "report.html", results)
    samples = _write_samples(results.data, out / "samples")
    _conclude(results, out, samples)


def _write_samples(data: ImageDataset, folder: Path) -> list[Path]:
    """Write the first held-out picture of every class, to try ``predict`` on."""
    folder.mkdir(exist_ok=True)
    paths = []
    for label, name in enumerate(data.classes):
        for first in np.flatnonzero(data.test.labels == label)[:1]:
            paths.append(folder / f"{name}.png")
            paths[-1].write_bytes(encode_png(data.test.picture(first)))
    return paths


def _conclude(results: Results, out: Path, samples: list[Path]) -> None:
    right = int((results.predicted == results.labels).sum())
    last = len(results.history)
    if last < results.settings.epochs:
        print(f"Stopped after epoch {last}: no lower validation loss since epoch {results.best_epoch}.")
    print(
        f"\nHeld-out accuracy {100 * results.accuracy:.2f} % ({right:,} of {len(results.labels):,}), "
        f"weights of epoch {results.best_epoch}, trained in {results.seconds:.1f} s "
        f"({results.seconds - results.waiting_seconds:.1f} s computing, "
        f"{results.waiting_seconds:.1f} s waiting for images)"
    )
    if results.failures:
        more = f", and {len(results.failures) - 1:,} more" if len(results.failures) > 1 else ""
        print(f"Not read   {results.failures[0]}{more}")
    print(f"Report     {(out / 'report.html').resolve()}")
    print(f"Weights    {(out / 'model.safetensors').resolve()}")
    print(f"Try it     rushlight predict {out} {' '.join(map(str, samples[:3]))}")
