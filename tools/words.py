"""Find words that must not be merged: notes of unfinished work belong in the issue tracker.

``python -m tools.words`` prints each occurrence as ``path:line: word`` and exits with 1 if there is one.
"""

import re
import subprocess
import sys
from pathlib import Path

# Spelled in halves, so that this file does not contain them.
WORDS = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "place" + "holder", "simpli" + "fied", "for " + "now"]
PATTERN = re.compile(r"\b(" + "|".join(WORDS) + r")\b")
# Pickled protocol and licence texts are not ours to word.
SKIPPED = {"LICENSE", "Cargo.lock"}
SUFFIXES = {".py", ".rs", ".md", ".toml", ".txt", ".yml", ".yaml", ".pyi", ".html", ".css", ".js", ""}


def tracked() -> list[Path]:
    """Return the text files under version control, and new ones that are not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    paths = [Path(name) for name in names]
    return [p for p in paths if p.suffix in SUFFIXES and p.name not in SKIPPED and p.is_file()]


def occurrences(path: Path) -> list[str]:
    """Return the occurrences in a file as ``path:line: word``."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []
    return [f"{path}:{i}: {word}" for i, line in enumerate(lines, 1) for word in PATTERN.findall(line)]


def main() -> int:
    found = [line for path in tracked() for line in occurrences(path)]
    print("\n".join(found) if found else "words: none that are forbidden")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
