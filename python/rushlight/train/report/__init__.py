"""The HTML report of a training run."""

from rushlight.train.report.page import render, write_report
from rushlight.train.report.png import encode_png
from rushlight.train.report.results import Results

__all__ = ["Results", "encode_png", "render", "write_report"]
