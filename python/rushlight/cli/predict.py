"""``rushlight predict``: labels and probabilities for pictures."""

from __future__ import annotations

import argparse

import numpy as np

SUMMARY = "print the likeliest labels of pictures"


def describe(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``predict``."""
    parser.add_argument("checkpoint", help="model.safetensors, checkpoint.pt, or the folder that holds them")
    parser.add_argument("image", nargs="+", help="picture in any format that rushlight.image decodes")
    parser.add_argument("--top", type=int, default=3, help="labels to print per picture (default 3)")
    parser.add_argument("--invert", action="store_true", help="swap light and dark first (digits are light on dark)")


def main(options: argparse.Namespace) -> int:
    """Print one line per picture."""
    from rushlight.train import load_classifier
    from rushlight.train.datasets.folder import read_picture

    if options.top < 1:
        raise ValueError(f"--top must be at least 1, got {options.top}")
    classifier = load_classifier(options.checkpoint)
    size, channels = classifier.description.size, classifier.description.channels
    pixels = np.stack([read_picture(path, size, channels) for path in options.image])
    probabilities = classifier.probabilities(255 - pixels if options.invert else pixels)
    width = max(len(path) for path in options.image)
    for path, row in zip(options.image, probabilities, strict=True):
        print(f"{path:<{width}}  {_guesses(classifier.description.classes, row, options.top)}")
    return 0


def _guesses(classes: list[str], probabilities: np.ndarray, top: int) -> str:
    likeliest = np.argsort(-probabilities)[:top]
    return "  ".join(f"{classes[at]} {100 * probabilities[at]:.1f} %" for at in likeliest)
