"""A folder and a tar of photographs to training batches: RandomResizedCrop(224), flip, normalise, batch 64, against
PyTorch's `DataLoader` with two worker processes, Pillow and torchvision's v2 transforms.

    python -m benchmarks.image.loader --data ../shared/data

Each side runs in processes of its own, in turn; memory is that of a side's whole tree of processes, shared pages counted once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from benchmarks.compare import HEADER, Row, machine
from benchmarks.image.report import Figure, Section

TITLE = "Training batches from files, two cores"

OURS = """
from rushlight.image import ImageFolder, TarDataset, create_dataloader
from rushlight.image.transforms import Compose, Normalize, RandomHorizontalFlip, RandomResizedCrop, ToTensor
chain = Compose([
    RandomResizedCrop(224), RandomHorizontalFlip(), ToTensor(), Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
])
if kind == "folder":
    data = ImageFolder(path, transform=chain)
else:
    data = TarDataset(path, transform=chain, keys=("jpg", "cls"))
loader = create_dataloader(data, 64, shuffle=True, workers=2)
"""

THEIRS = """
import io, tarfile
import torch
from PIL import Image
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2
torch.set_num_threads(1)
chain = v2.Compose([
    v2.RandomResizedCrop(224), v2.RandomHorizontalFlip(), v2.ToImage(), v2.ToDtype(torch.float32, scale=True),
    v2.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
])
class Tar(torch.utils.data.IterableDataset):
    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        with tarfile.open(path) as archive:
            for number, member in enumerate(archive):
                if number // 2 % worker.num_workers == worker.id:
                    data = archive.extractfile(member).read()
                    if member.name.endswith(".cls"):
                        yield chain(Image.open(io.BytesIO(image)).convert("RGB")), int(data)
                    image = data
data = ImageFolder(path, chain) if kind == "folder" else Tar()
loader = torch.utils.data.DataLoader(data, 64, shuffle=True if kind == "folder" else None, num_workers=2)
"""

MEASURE = """
import json, resource, sys, time
kind, path = sys.argv[1:]
{setup}
def processor_seconds():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)
figures = []
for epoch in range(2):
    begin, used, first, count = time.perf_counter(), processor_seconds(), None, 0
    for images, labels in loader:
        if first is None:
            first = time.perf_counter() - begin
        count += len(labels)
    figures.append(((time.perf_counter() - begin) / count, (processor_seconds() - used) / count, first))
print(json.dumps({{"image": figures[-1][0], "processor": figures[-1][1], "first": figures[0][2]}}))
"""


def write_images(folder: Path, data: Path, count: int) -> None:
    """JPEG files of ImageNet's usual size in eight classes, cut from photographs."""
    sources = [Image.open(path).convert("RGB") for path in sorted((data / "kodak").glob("*.png"))]
    draw = random.Random(0)
    for number in range(count):
        source = sources[number % len(sources)]
        width, height = (500, 375) if draw.random() < 0.7 else (375, 500)
        share = draw.uniform(0.8, 1) * min(source.width / width, source.height / height)
        w, h = int(width * share), int(height * share)
        x, y = draw.randint(0, source.width - w), draw.randint(0, source.height - h)
        path = folder / f"class{number % 8}" / f"{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        source.crop((x, y, x + w, y + h)).resize((width, height), Image.Resampling.LANCZOS).save(path, quality=95)


def write_tar(path: Path, folder: Path) -> None:
    with tarfile.open(path, "w") as archive:
        for image in sorted(folder.rglob("*.jpg"), key=lambda p: p.name):
            label = image.with_suffix(".cls")
            label.write_text(image.parent.name[-1])
            archive.add(image, image.name)
            archive.add(label, label.name)
            label.unlink()


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(below for child in children for below in tree(int(child)))]


def memory(pid: int) -> float:
    """Megabytes of a tree of processes, each shared page counted once."""
    total = 0
    for member in tree(pid):
        try:
            rollup = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1e3


def measure(setup: str, kind: str, path: Path) -> dict[str, float]:
    """Seconds for an image, and of processors for it, seconds to the first batch and the peak of memory of one side."""
    command = [sys.executable, "-c", MEASURE.format(setup=setup), kind, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak, ended = 0.0, threading.Event()

    def watch():
        nonlocal peak
        while not ended.wait(0.05):
            peak = max(peak, memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, _ = process.communicate()
    ended.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"one side failed with status {process.returncode}")
    return json.loads(output) | {"peak": peak}


def rows(kind: str, path: Path, rounds: int) -> list[Row]:
    found = [[measure(setup, kind, path) for setup in (OURS, THEIRS)] for _ in range(rounds)]
    # The shortest times: what a busy machine disturbs least.
    ours, theirs = ({key: min(r[side][key] for r in found) for key in found[0][0]} for side in (0, 1))
    return [
        Row(f"{kind}: time of an image", 1e3 * ours["image"], 1e3 * theirs["image"], "ms", ">= 4x"),
        Row(f"{kind}: processor time of an image", 1e3 * ours["processor"], 1e3 * theirs["processor"], "ms"),
        Row(f"{kind}: first batch", 1e3 * ours["first"], 1e3 * theirs["first"], "ms", ">= 5x"),
        Row(f"{kind}: peak memory", ours["peak"], theirs["peak"], "MB", "<= 0.5x", faster=False),
    ]


@dataclass(frozen=True)
class Loading:
    """How many images are loaded, on two cores."""

    images: int = 1024

    def measured(self, data: Path, rounds: int = 3) -> Section:
        """Write a folder and a tar, and load both on each side."""
        with tempfile.TemporaryDirectory() as folder, two_cores():
            images, archive = Path(folder) / "images", Path(folder) / "images.tar"
            write_images(images, data, self.images)
            write_tar(archive, images)
            found = rows("folder", images, min(rounds, 3)) + rows("tar", archive, min(rounds, 3))
        figures = [Figure.of_row(row, "DataLoader, Pillow, v2") for row in found if row.goal]
        return Section("\n".join([f"## {TITLE}", "", *HEADER, *(row.line() for row in found), ""]), figures)


LOADER = Loading()


@contextlib.contextmanager
def two_cores() -> Iterator[None]:
    """Keep this process and its children to two cores."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(every)[:2])
    try:
        yield
    finally:
        os.sched_setaffinity(0, every)


def main() -> None:
    parser = argparse.ArgumentParser(description=TITLE)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the photographs")
    parser.add_argument("--images", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(Loading(options.images).measured(options.data, options.rounds).text)
    print(machine())


if __name__ == "__main__":
    main()
