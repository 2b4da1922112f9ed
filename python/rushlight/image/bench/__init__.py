"""Loading images with Rushlight and with the other packages that are installed: times in turn, ratios, a chart."""

from rushlight.image.bench.chart import write_chart
from rushlight.image.bench.measure import Measured, measure
from rushlight.image.bench.rivals import TASKS, Rival, Task, installed
