"""Run every benchmark against PyTorch; write their part of ``docs/benchmarks.md``, and the rows that have a goal into the README."""

from benchmarks import matmul, memory, small, startup, training
from benchmarks.compare import HEADER, PAGE, README, Row, machine, replace_marked, table

MARK = "benchmarks"
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
    replace_marked(PAGE, MARK, "\n".join(parts))
    replace_marked(README, MARK, summary(every))
    print(f"wrote {PAGE} and the table of {README}")


def summary(rows: list[Row]) -> str:
    """Return the table of the README: what has a goal, and the machine."""
    lines = [*HEADER, *(row.line() for row in rows if row.goal)]
    return "\n".join([*lines, "", f"{machine()}."])


if __name__ == "__main__":
    main()
