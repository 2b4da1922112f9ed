"""Time to import and size of the installed files."""

import importlib.util
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.compare import Row, report

TITLE = "Import and size"


def import_time(modules: str, rounds: int = 7) -> float:
    """Return the median time in milliseconds of a process that imports modules, once they are in the system's cache."""
    subprocess.run([sys.executable, "-c", f"import {modules}"], check=True)
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {modules}"], check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def installed_size(package: str) -> float:
    """Return the size of a package's folder in MB."""
    folder = Path(importlib.util.find_spec(package).origin).parent
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and "__pycache__" not in f.parts) / 1e6


def wheel_size() -> float | None:
    """Return the size of the wheel in ``dist/`` in MB, if there is one."""
    wheels = sorted(Path("dist").glob("rushlight-*.whl"))
    return wheels[-1].stat().st_size / 1e6 if wheels else None


def rows() -> list[Row]:
    base = import_time("numpy")
    made = [
        Row(
            "import, beyond `import numpy`",
            import_time("numpy, rushlight") - base,
            import_time("numpy, torch", 3) - base,
            "ms",
            "<= 60 ms",
        ),
        Row("installed files", installed_size("rushlight"), installed_size("torch"), "MB", "", faster=False),
    ]
    size = wheel_size()
    if size is not None:
        made.append(Row("wheel", size, None, "MB", "<= 15 MB"))
    return made


if __name__ == "__main__":
    report(TITLE, rows())
