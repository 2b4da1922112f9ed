"""Write ``docs/reference/operators.md``: the rows of the operator table, from their own schemas and lines of documentation."""

from pathlib import Path

from rushlight import _C

PAGE = Path("docs/reference/operators.md")

HEAD = """# Operators

The rows of the [operator table](../design/operator-table.md), from the engine itself. Most are functions of the package and methods of `Tensor`;
those that can write into their first operand exist with `_` as well.

| operator | returns |
|---|---|
"""


def line(name: str) -> str:
    """Return the table line of a row."""
    schema, _, text = (getattr(_C, name).__doc__ or name).partition("\n\n")
    cells = [f"`{schema}`", text.replace("\n", " ")]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> None:
    rows = [line(name) for name in sorted(_C._row_names()) if not name.startswith("_")]
    PAGE.write_text(HEAD + "\n".join(rows) + "\n")
    print(f"wrote {PAGE}: {len(rows)} rows")


if __name__ == "__main__":
    main()
