"""JPEG bytes to what a network is evaluated on: ``python -m benchmarks.image.evaluation_chain``."""

from benchmarks.image.photographs import small
from benchmarks.image.report import Comparison
from rushlight.image.bench import TASKS

GOALS = {
    "simplejpeg + OpenCV": ">= 2x",
    "simplejpeg + torchvision v2": ">= 2x",
    "Pillow + torchvision": ">= 3.3x",
}
CHAIN = Comparison("JPEG bytes to Resize 256, CenterCrop 224, normalised", TASKS["chain"], small, GOALS)

if __name__ == "__main__":
    CHAIN.main()
