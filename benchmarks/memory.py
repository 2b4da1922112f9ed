"""Peak resident memory of a process that trains for five steps."""

import subprocess
import sys

from benchmarks.compare import Row, report
from benchmarks.networks import NETWORKS

TITLE = "Peak memory of the process"

# Linux counts what a process took over from its parent in `ru_maxrss`, but not in `VmHWM`.
PROGRAM = """
import pathlib, resource
import {package} as package
from benchmarks import networks
step = getattr(networks, {network!r})(package)
for _ in range(5):
    step()
status = pathlib.Path("/proc/self/status")
peaks = [line.split()[1] for line in status.read_text().splitlines() if "VmHWM" in line] if status.exists() else []
print(*(peaks or [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


def peak(package: str, network: str) -> float:
    """Return the peak in MB."""
    program = PROGRAM.format(package=package, network=network)
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    kilobytes = int(result.stdout.split()[-1]) / (1024 if sys.platform == "darwin" else 1)
    return kilobytes * 1024 / 1e6


def rows() -> list[Row]:
    return [
        Row(what, peak("rushlight", make.__name__), peak("torch", make.__name__), "MB", "<= 0.6x", faster=False)
        for what, make in NETWORKS.items()
    ]


if __name__ == "__main__":
    report(TITLE, rows())
