"""The public names are PyTorch's, and the additions that the documentation lists."""

import re
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

PAGE = Path(__file__).parents[2] / "docs" / "coming-from-pytorch.md"


def additions(owner):
    """The names of ``owner`` in the table "What is added"."""
    section = PAGE.read_text().partition("## What is added")[2]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return set(re.findall(rf"`{owner}\.(\w+)`", " ".join(cells)))


def public(owner):
    return {name for name in dir(owner) if not name.startswith("_")}


@pytest.mark.parametrize(
    "owner, ours, theirs",
    [("rl", rl, torch), ("Tensor", rl.Tensor, torch.Tensor)],
    ids=["package", "Tensor"],
)
def test_public_names_are_those_of_pytorch_and_the_listed_additions(owner, ours, theirs):
    # A submodule that some import has bound is a file of ours, not an offered name.
    bound = {name for name in vars(ours) if getattr(vars(ours)[name], "__spec__", None) is not None}
    extra = public(ours) - public(theirs)
    assert extra - (bound if ours is rl else set()) - additions(owner) == set()
    assert additions(owner) <= extra | bound


def test_the_additions_are_there():
    assert additions("rl") and all(hasattr(rl, name) for name in additions("rl"))
    assert additions("Tensor") and all(hasattr(rl.Tensor, name) for name in additions("Tensor"))
