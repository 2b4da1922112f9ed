"""The programs in ``examples`` print the same losses under PyTorch and under ``rushlight run``."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PROGRAMS = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))
LOSS = re.compile(r"^step +(\d+)  loss (\S+)", re.MULTILINE)
STEPS = 20

pytestmark = pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")


def losses(*command: str) -> list[float]:
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    return [float(value) for _, value in LOSS.findall(done.stdout)]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_losses_agree(program: Path) -> None:
    if "sklearn" in program.read_text():
        pytest.importorskip("sklearn")
    theirs = losses(str(program))
    ours = losses("-m", "rushlight.cli", "run", str(program))
    assert len(theirs) == STEPS
    assert ours == pytest.approx(theirs, rel=1e-4)
