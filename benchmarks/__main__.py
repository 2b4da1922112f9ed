"""Run every benchmark; write ``docs/benchmarks.md``, and the rows that have a goal into the README."""

import re
from pathlib import Path

from benchmarks import matmul, memory, small, startup, training
from benchmarks.compare import HEADER, Row, machine, table

PAGE, README = Path("docs/benchmarks.md"), Path("README.md")
MARKED = re.compile(r"<!-- benchmarks -->\n.*?<!-- end -->", re.DOTALL)

HEAD = """# Benchmarks

Written by `make bench`: Rushlight's wheel and PyTorch in turn within one run, medians. {machine}.
"""


def main() -> None:
    parts, every = [HEAD.format(machine=machine())], []
    for script in (startup, small, matmul, training, memory):
        rows = script.rows()
        every += rows
        parts.append(table(script.TITLE, rows))
        print(parts[-1], flush=True)
    PAGE.write_text("\n".join(parts))
    README.write_text(MARKED.sub(lambda _: summary(every), README.read_text()))
    print(f"wrote {PAGE} and the table of {README}")


def summary(rows: list[Row]) -> str:
    """Return the marked part of the README: what has a goal, and the machine."""
    lines = [*HEADER, *(row.line() for row in rows if row.goal)]
    return "\n".join(["<!-- benchmarks -->", *lines, "", f"{machine()}.", "<!-- end -->"])


if __name__ == "__main__":
    main()
