"""Programs print the same under PyTorch and under ``rushlight run``: losses in ``examples``, everything in ``programs``."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))
PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
LOSS = re.compile(r"^step +(\d+)  loss (\S+)", re.MULTILINE)
NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?")
STEPS = 20

pytestmark = pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")


def printed(*command: str) -> str:
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def both(program: Path) -> list[str]:
    return [printed(str(program)), printed("-m", "rushlight.cli", "run", str(program))]


@pytest.mark.parametrize("program", EXAMPLES, ids=lambda path: path.stem)
def test_losses_agree(program: Path) -> None:
    if "sklearn" in program.read_text():
        pytest.importorskip("sklearn")
    theirs, ours = ([float(value) for _, value in LOSS.findall(text)] for text in both(program))
    assert len(theirs) == STEPS
    assert ours == pytest.approx(theirs, rel=1e-4)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_all_that_is_printed_agrees(program: Path) -> None:
    theirs, ours = both(program)
    assert [part.split() for part in NUMBER.split(ours)] == [part.split() for part in NUMBER.split(theirs)]
    numbers = [[float(number) for number in NUMBER.findall(text)] for text in (ours, theirs)]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-3, abs=2e-4)
