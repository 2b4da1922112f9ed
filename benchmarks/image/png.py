"""PNG bytes to RGB pixels: ``python -m benchmarks.image.png``."""

from benchmarks.image.photographs import lossless
from benchmarks.image.report import Comparison
from rushlight.image.bench import TASKS

PNG = Comparison("PNG bytes to RGB, 768x512", TASKS["decode"], lossless, {"Pillow": ">= 2x", "OpenCV": ">= 1.7x"})

if __name__ == "__main__":
    PNG.main()
