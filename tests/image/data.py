"""The folder of real files beside the repository; tests that need it are skipped where it is missing."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "data"


def shared(path):
    """A file of the folder, or a skip."""
    found = FOLDER / path
    if not found.exists():
        pytest.skip(f"needs ../shared/data/{path}")
    return found
