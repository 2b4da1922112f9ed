"""Run every benchmark and write ``docs/benchmarks.md``."""

from pathlib import Path

from benchmarks import matmul, memory, small, startup, training
from benchmarks.compare import machine, table

PAGE = Path("docs/benchmarks.md")

HEAD = """# Benchmarks

Written by `make bench`: Rushlight's wheel and PyTorch in turn within one run, medians. {machine}.
"""


def main() -> None:
    parts = [HEAD.format(machine=machine())]
    for script in (startup, small, matmul, training, memory):
        parts.append(table(script.TITLE, script.rows()))
        print(parts[-1], flush=True)
    PAGE.write_text("\n".join(parts))
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
