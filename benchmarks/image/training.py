"""One training run, its pictures read by Pillow and by Rushlight: accuracy, time, and its parts.

    python -m benchmarks.image.training --data ../shared/data

The classes are photographs, the pictures are parts of them at ImageNet's usual size: from their left two thirds to learn from, from the right
third held out. Model, initial weights, optimiser, augmentation (RandomResizedCrop, flip, normalise) and batch size are the same on all sides.
Each side runs in processes of its own; processor time is that of a side's whole tree of processes.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.compare import machine
from benchmarks.image.loader import two_cores
from benchmarks.image.report import Section

TITLE = "One training run on folders of photographs"
SIZE, BATCH, CLASSES = 64, 32, 12
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIDES = {
    "pillow": "PyTorch; Pillow, torchvision v2, DataLoader with 2 workers",
    "loader": "PyTorch; Rushlight's loader",
    "rushlight": "Rushlight; its loader",
}


def write_folders(root: Path, data: Path, train: int, test: int) -> None:
    """``root/{train,test}/CLASS/*.jpg``: parts of camera photographs, scaled to 500x375."""
    from PIL import Image, ImageOps

    draw = random.Random(0)
    for path in sorted((data / "photos" / "camera").glob("*.jpg"))[:CLASSES]:
        photograph = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        photograph.thumbnail((3000, 3000), Image.Resampling.BOX)
        middle = 2 * photograph.width // 3
        left, right = (
            photograph.crop((0, 0, middle, photograph.height)),
            photograph.crop((middle, 0, *photograph.size)),
        )
        for part, source, count in (("train", left, train), ("test", right, test)):
            folder = root / part / path.stem
            folder.mkdir(parents=True)
            for number in range(count):
                cut(source, draw).save(folder / f"{number:04d}.jpg", quality=95)


def cut(source, draw: random.Random):
    """A random part of 0.4 to 0.9 of the width, or of the height, as a picture of 500x375 pixels."""
    share = draw.uniform(0.4, 0.9) * min(source.width / 500, source.height / 375)
    width, height = int(500 * share), int(375 * share)
    x, y = draw.randint(0, source.width - width), draw.randint(0, source.height - height)
    return source.crop((x, y, x + width, y + height)).resize((500, 375))


def network(torch):
    """Three convolutions with batch normalisation, and one linear layer."""
    nn, widths = torch.nn, (3, 32, 64, 128)
    layers = []
    for before, after in zip(widths, widths[1:]):
        layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], CLASSES))


def pillow_loaders(root: Path, seed: int):
    """As torchvision's examples train."""
    import torch
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import v2

    finish = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    learn = v2.Compose([v2.RandomResizedCrop(SIZE, (0.5, 1.0)), v2.RandomHorizontalFlip(), *finish])
    check = v2.Compose([v2.Resize(SIZE * 8 // 7), v2.CenterCrop(SIZE), *finish])
    options = {"batch_size": BATCH, "num_workers": 2}
    train = torch.utils.data.DataLoader(ImageFolder(root / "train", learn), shuffle=True, drop_last=True, **options)
    return train, torch.utils.data.DataLoader(ImageFolder(root / "test", check), **options)


def own_loaders(root: Path, seed: int, framework: str):
    """The same chain with one import changed."""
    from rushlight.image import ImageFolder, create_dataloader
    from rushlight.image.transforms import Compose, Normalize, RandomHorizontalFlip, RandomResizedCrop, ToTensor

    learn = Compose([RandomResizedCrop(SIZE, (0.5, 1.0)), RandomHorizontalFlip(), ToTensor(), Normalize(MEAN, STD)])
    train = ImageFolder(root / "train", transform=learn, framework=framework)
    check = {"size": SIZE * 8 // 7, "crop": SIZE, "normalize": (MEAN, STD), "algorithm": "bilinear"}
    test = ImageFolder(root / "test", **check, framework=framework)
    return create_dataloader(train, BATCH, drop_last=True, seed=seed), create_dataloader(test, BATCH, shuffle=False)


def run(side: str, root: Path, epochs: int, seed: int) -> dict[str, float]:
    """Train once; returns accuracy, seconds, the part of them spent waiting for pictures, and processor seconds."""
    import importlib

    torch = importlib.import_module("rushlight" if side == "rushlight" else "torch")
    torch.manual_seed(seed)
    model = network(torch)
    loaders = pillow_loaders(root, seed) if side == "pillow" else own_loaders(root, seed, torch.__name__)
    train, test = loaders
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, epochs=epochs, steps_per_epoch=len(train))
    waited, begin, used = 0.0, time.perf_counter(), processor_seconds()

    def batches(loader):
        nonlocal waited
        source = iter(loader)
        while True:
            started = time.perf_counter()
            batch = next(source, None)
            waited += time.perf_counter() - started
            if batch is None:
                return
            yield batch

    for _ in range(epochs):
        model.train()
        for images, labels in batches(train):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(images), labels).backward()
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        right = [(model(images).argmax(1) == labels).float() for images, labels in batches(test)]
    seconds = time.perf_counter() - begin
    accuracy = torch.cat(right).mean().item()
    return {
        "accuracy": accuracy,
        "seconds": seconds,
        "waited": waited,
        "processor": processor_seconds() - used,
    }


def processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def figures(root: Path, epochs: int, seeds: int) -> dict[str, dict[str, float]]:
    """The means over the seeds, each seed's sides in turn."""
    found: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    for seed in range(seeds):
        for side in SIDES:
            command = [sys.executable, "-m", "benchmarks.image.training", "--side", side, "--root", str(root)]
            command += ["--epochs", str(epochs), "--seed", str(seed)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found[side].append(json.loads(done.stdout))
    return {side: {key: sum(r[key] for r in runs) / len(runs) for key in runs[0]} for side, runs in found.items()}


def table(found: dict[str, dict[str, float]]) -> str:
    """Return the sides as a Markdown table."""
    lines = ["| side | held-out accuracy | time | computing | waiting for pictures | processor time | as fast |"]
    lines.append("|---|---:|---:|---:|---:|---:|---:|")
    first = found["pillow"]
    for side, name in SIDES.items():
        row = found[side]
        computing = row["seconds"] - row["waited"]
        lines.append(
            f"| {name} | {100 * row['accuracy']:.1f} % | {row['seconds']:.1f} s | {computing:.1f} s | {row['waited']:.1f} s "
            f"| {row['processor']:.1f} s | {first['seconds'] / row['seconds']:.2f}x |"
        )
    return "\n".join(lines)


@dataclass(frozen=True)
class Training:
    """Pictures of a class to learn from and held out, passes over them, and runs of each side."""

    train: int = 128
    test: int = 64
    epochs: int = 8
    seeds: int = 2

    def measured(self, data: Path, rounds: int = 1) -> Section:
        """Write the folders and train on every side, on two cores."""
        with tempfile.TemporaryDirectory() as folder, two_cores():
            write_folders(Path(folder), data, self.train, self.test)
            found = figures(Path(folder), self.epochs, self.seeds)
        about = (
            f"{CLASSES} classes, {CLASSES * self.train:,} JPEG files of 500x375 to learn from, "
            f"{CLASSES * self.test:,} held out; {self.epochs} epochs at {SIZE}x{SIZE}, batches of {BATCH}; "
            f"means of {self.seeds} runs with different seeds."
        )
        return Section("\n".join([f"## {TITLE}", "", about, "", table(found), ""]), [])


TRAINING = Training()


def main() -> None:
    parser = argparse.ArgumentParser(description=TITLE)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the photographs")
    parser.add_argument("--train", type=int, default=128, help="pictures of a class to learn from")
    parser.add_argument("--test", type=int, default=64, help="pictures of a class held out")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=2, help="runs of each side")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(run(options.side, options.root, options.epochs, options.seed)))
        return
    print(Training(options.train, options.test, options.epochs, options.seeds).measured(options.data).text)
    print(machine())


if __name__ == "__main__":
    main()
