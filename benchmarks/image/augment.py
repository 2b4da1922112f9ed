"""Augmentations against torchvision.transforms.v2 and AlbumentationsX: one photograph, 8 bits, one thread, in turn.

``python -m benchmarks.image.augment [PHOTOGRAPH]`` prints the table; the ratio is of the shortest times. torchvision always has the input that
suits it best, a tensor ``[3, H, W]``; ours are that very tensor, a tensor of Rushlight, and an array ``[H, W, 3]``.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.compare import Row, fastest_in_turn, report, table
from benchmarks.image import albumentationsx
from benchmarks.image.report import Figure, Section

KODAK = Path(__file__).parents[3] / "shared/data/kodak/kodim23.png"
HEIGHT, WIDTH = 375, 500
CORNERS = [[0, 0], [WIDTH - 1, 0], [WIDTH - 1, HEIGHT - 1], [0, HEIGHT - 1]]
MOVED = [[20, 10], [480, 5], [490, 360], [10, 370]]

# What counts for the mean of twenty; each is (name, arguments, keyword arguments).
TWENTY = [
    ("hflip", (), {}),
    ("vflip", (), {}),
    ("pad", (16,), {"padding_mode": "reflect"}),
    ("resized_crop", (30, 40, 200, 300, [224, 224]), {}),
    ("rotate", (30,), {"interpolation": "bilinear"}),
    ("affine", (10, [5, 5], 1.1, [3, 3]), {"interpolation": "bilinear"}),
    ("perspective", (CORNERS, MOVED), {}),
    ("gaussian_blur", ([5, 5], [1.0, 1.0]), {}),
    ("adjust_brightness", (1.3,), {}),
    ("adjust_contrast", (1.3,), {}),
    ("adjust_saturation", (1.3,), {}),
    ("adjust_hue", (0.1,), {}),
    ("adjust_gamma", (0.7,), {}),
    ("adjust_sharpness", (2.0,), {}),
    ("rgb_to_grayscale", (3,), {}),
    ("posterize", (4,), {}),
    ("solarize", (128,), {}),
    ("invert", (), {}),
    ("autocontrast", (), {}),
    ("equalize", (), {}),
]

FURTHER = [
    ("resize", ([224, 224],), {}),
    ("rotate", (30,), {"interpolation": "nearest", "fill": 9}),
    ("elastic", ("displacement",), {}),
    ("gaussian_blur", ([23, 23],), {}),
    ("gaussian_noise", (), {}),
    ("permute_channels", ([2, 0, 1],), {}),
    ("pad", (16,), {"fill": 7}),
    ("to_dtype", ("float",), {"scale": True}),
    ("jpeg", (80,), {}),
]


def photograph(path: Path) -> np.ndarray:
    """Return a photograph cut to 500 x 375, or one of scikit-learn's where there is none."""
    if path.exists():
        from PIL import Image

        image = np.asarray(Image.open(path).convert("RGB"))
    else:
        from sklearn.datasets import load_sample_image

        image = load_sample_image("china.jpg")
    return np.ascontiguousarray(image[:HEIGHT, :WIDTH])


AX = "albumentationsx"
LAYOUTS = ("torch tensor", "Rushlight tensor", "HWC array")


def calls(image: np.ndarray, name: str, args: tuple, options: dict) -> list[Callable]:
    """Return the same operation of ours on each of ``LAYOUTS``, and of torchvision on a tensor."""
    import torch
    from torchvision.transforms.v2 import functional as theirs

    import rushlight as rl
    from rushlight.image.transforms import functional as ours

    planar = np.ascontiguousarray(image.transpose(2, 0, 1))
    shifts = np.random.default_rng(0).normal(0, 0.02, (1, HEIGHT, WIDTH, 2)).astype(np.float32)

    def argument(value, framework):
        named = {"displacement": shifts if framework is np else framework.from_numpy(shifts)} if framework else {}
        named["float"] = torch.float32 if framework is torch else rl.float32
        return named.get(value, value) if isinstance(value, str) else value

    def call(module, input, framework):
        function, given = getattr(module, name), [argument(a, framework) for a in args]
        return lambda: function(input, *given, **options)

    return [
        call(ours, torch.from_numpy(planar), torch),
        call(ours, rl.from_numpy(planar), rl),
        call(ours, image, np),
        call(theirs, torch.from_numpy(planar), torch),
    ]


def rows(image: np.ndarray, operations: list) -> list[Row]:
    """Return a line for each operation and layout."""
    found = []
    for name, args, options in operations:
        *mine, rival = calls(image, name, args, options)
        for layout, call in zip(LAYOUTS, mine, strict=True):
            time, reference = fastest_in_turn(call, rival, rounds=9)
            goal = ">= 0.8x" if operations is TWENTY else ""
            found.append(Row(f"{name}{label(args, options)}, {layout}", time * 1e6, reference * 1e6, "us", goal))
    return found


def rows_beside_albumentations(image: np.ndarray) -> list[Row]:
    """Return a line for each of the twenty on an array, against AlbumentationsX; none where it is not installed."""
    if not albumentationsx.installed():
        return []
    found = []
    rivals = albumentationsx.calls(image)
    for name, args, options in TWENTY:
        own = calls(image, name, args, options)[LAYOUTS.index("HWC array")]
        time, reference = fastest_in_turn(own, rivals[name], rounds=9)
        found.append(Row(f"{name}{label(args, options)}, HWC array", time * 1e6, reference * 1e6, "us", ">= 0.8x"))
    return found


def label(args: tuple, options: dict) -> str:
    shown = [str(v) for v in (*args, *options.values()) if isinstance(v, (int, float, str))]
    return f" ({', '.join(shown)})" if shown else ""


def mean(found: list[Row], layout: str) -> float:
    """Return the geometric mean of a layout's ratios."""
    ratios = [row.ratio for row in found if row.what.endswith(layout)]
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def means(found: list[Row], rival: str, goal: str) -> list[Figure]:
    """Return the geometric mean and the least ratio of every layout that was measured."""
    figures = []
    for layout in LAYOUTS:
        mine = [row for row in found if row.what.endswith(layout)]
        if mine:
            least = min(mine, key=lambda row: row.ratio)
            title = f"20 augmentations, geometric mean, {layout}"
            figures.append(Figure(title, "", rival, f"{mean(found, layout):.2f}x faster", goal))
            figures.append(Figure(f"the least: {least.what}", "", rival, f"{least.ratio:.2f}x faster", ">= 0.8x"))
    return figures


@dataclass(frozen=True)
class Augmentations:
    """The twenty on one photograph."""

    photograph: Path | None = None

    def measured(self, data: Path, rounds: int = 9) -> Section:
        """Measure on one thread, all packages in turn."""
        import torch

        import rushlight as rl

        threads = torch.get_num_threads(), rl.get_num_threads()
        torch.set_num_threads(1)
        rl.set_num_threads(1)
        image = photograph(self.photograph or data / "kodak" / "kodim23.png")
        twenty, beside = rows(image, TWENTY), rows_beside_albumentations(image)
        torch.set_num_threads(threads[0])
        rl.set_num_threads(threads[1])
        figures = means(twenty, "torchvision v2", ">= 3x") + means(beside, "AlbumentationsX", ">= 1.3x")
        size = f"{WIDTH} x {HEIGHT} x 3 bytes"
        text = [table(f"Twenty augmentations of {size}; PyTorch stands for torchvision v2", twenty)]
        if beside:
            text.append(table(f"The same of an array; PyTorch stands for {AX} {version(AX)}", beside))
        lines = [f"{figure.what}, against {figure.rival}: {figure.ratio} (goal {figure.goal})" for figure in figures]
        return Section("\n".join([*text, *(f"- {line}" for line in lines), ""]), figures)


AUGMENT = Augmentations()


def main() -> None:
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    print(Augmentations(given).measured(KODAK.parents[1]).text)
    report("Further operations", rows(photograph(given or KODAK), FURTHER))


if __name__ == "__main__":
    main()
