"""Augmentations against torchvision.transforms.v2 and AlbumentationsX: one photograph, 8 bits, one thread, in turn.

``python -m benchmarks.image.augment [PHOTOGRAPH]`` prints the tables; the ratio is of the shortest times. torchvision always has the input that
suits it best, a tensor ``[3, H, W]``; ours are that very tensor, a tensor of Rushlight, and an array ``[H, W, 3]``. AlbumentationsX, where it
is installed, has that array.
"""

import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.compare import Row, fastest_in_turn, report
from benchmarks.image import albumentationsx

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


def rows_of_albumentationsx(image: np.ndarray) -> list[Row]:
    """Return a line for each of the twenty, of arrays; none when the package is not installed."""
    found = []
    given = {name: (args, options) for name, args, options in TWENTY}
    for name, transform in albumentationsx.transforms().items():
        args, options = given[name]
        mine = calls(image, name, args, options)[LAYOUTS.index("HWC array")]
        time, reference = fastest_in_turn(mine, albumentationsx.call(transform, image), rounds=9)
        found.append(Row(f"{name}{label(args, options)}", time * 1e6, reference * 1e6, "us", ">= 1x"))
    return found


def label(args: tuple, options: dict) -> str:
    shown = [str(v) for v in (*args, *options.values()) if isinstance(v, (int, float, str))]
    return f" ({', '.join(shown)})" if shown else ""


def summary(found: list[Row], what: str, goal: str) -> str:
    """Return a line with the geometric mean of the ratios and the least of them."""
    mean = math.exp(sum(math.log(row.ratio) for row in found) / len(found))
    least = min(found, key=lambda row: row.ratio)
    return f"geometric mean, {what}: {mean:.2f}x (goal {goal}); least: {least.what} {least.ratio:.2f}x"


def main() -> None:
    import torch

    import rushlight as rl

    torch.set_num_threads(1)
    rl.set_num_threads(1)
    image = photograph(Path(sys.argv[1]) if len(sys.argv) > 1 else KODAK)
    twenty = rows(image, TWENTY)
    report("Twenty augmentations of 500 x 375 x 3 bytes; PyTorch stands for torchvision v2", twenty)
    for layout in LAYOUTS:
        print(summary([row for row in twenty if row.what.endswith(layout)], layout, "3x"))
    print()
    others = rows_of_albumentationsx(image)
    if others:
        report("Twenty augmentations of HWC arrays; PyTorch stands for AlbumentationsX", others)
        print(summary(others, "AlbumentationsX", "1.3x"))
        print()
    report("Further operations", rows(image, FURTHER))


if __name__ == "__main__":
    main()
