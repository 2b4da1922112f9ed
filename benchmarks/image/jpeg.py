"""JPEG bytes to RGB pixels at ImageNet's size: ``python -m benchmarks.image.jpeg``."""

from benchmarks.image.photographs import small
from benchmarks.image.report import run
from rushlight.image.bench import TASKS

GOALS = {"simplejpeg": ">= 1.35x"}

if __name__ == "__main__":
    run(TASKS["decode"], small, GOALS)
