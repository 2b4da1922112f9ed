"""What is not compared, and why: the lines of ``exclusions.txt``."""

import functools
from fnmatch import fnmatchcase
from pathlib import Path


@functools.cache
def rules() -> list[tuple[str, str, str, str]]:
    """Return the rules: patterns of name, kind and dtype, and the reason."""
    text = Path(__file__).with_name("exclusions.txt").read_text()
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(part.strip() for part in line.split("|", 3)) for line in lines]


def reason(name: str, kind: str, dtype: str) -> str:
    """Return why a comparison is left out, or an empty text."""
    for rule in rules():
        if all(fnmatchcase(value, pattern) for value, pattern in zip((name, kind, dtype), rule, strict=False)):
            return rule[3]
    return ""
