"""PNG bytes to RGB pixels: ``python -m benchmarks.image.png``."""

from benchmarks.image.photographs import lossless
from benchmarks.image.report import run
from rushlight.image.bench import TASKS

GOALS = {"Pillow": ">= 2x", "OpenCV": ">= 1.7x"}

if __name__ == "__main__":
    run(TASKS["decode"], lossless, GOALS)
