"""JPEG bytes to RGB pixels at ImageNet's size: ``python -m benchmarks.image.jpeg``."""

from benchmarks.image.photographs import small
from benchmarks.image.report import Comparison
from rushlight.image.bench import TASKS

JPEG = Comparison("JPEG bytes to RGB, 500x375", TASKS["decode"], small, {"simplejpeg": ">= 1.35x"})

if __name__ == "__main__":
    JPEG.main()
