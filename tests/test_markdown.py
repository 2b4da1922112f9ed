"""The Python in the Markdown files runs: examples print what they say, blocks end without an error.

The blocks of a file run in order and share their names. A block fenced as ``python`` holds statements or a ``>>>``
session; other fences are not run.
"""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(?:python|pycon)[ \t]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_blocks(path: Path, tmp_path, monkeypatch):
    if not path.exists():
        pytest.skip("not written")
    monkeypatch.chdir(tmp_path)
    text, world = path.read_text(encoding="utf-8"), {"__name__": "__main__"}
    for match in BLOCK.finditer(text):
        run(match[1], path, line_of(text, match.start()) + 1, world)


def run(code: str, path: Path, line: int, world: dict) -> None:
    """Run one block of a file."""
    if not code.lstrip().startswith(">>>"):
        exec(compile("\n" * (line - 1) + code, str(path), "exec"), world)
        return
    test = doctest.DocTestParser().get_doctest(code, world, path.name, str(path), line - 1)
    runner, report = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False), []
    test.globs = world
    runner.run(test, out=report.append, clear_globs=False)
    assert not runner.failures, "".join(report)
