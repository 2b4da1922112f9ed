"""The PyTorch release whose API Rushlight follows, as a string that compares like a version.

Order of versions: PEP 440, "Version Identification and Dependency Specification".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

FOLLOWED = "2.15.0"

_PATTERN = re.compile(
    r"v?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[._-]?(?P<phase>alpha|a|beta|b|preview|pre|c|rc)[._-]?(?P<number>\d*))?"
    r"(?:[._-]?post[._-]?(?P<post>\d*))?(?:[._-]?dev[._-]?(?P<dev>\d*))?(?:\+(?P<local>[a-z0-9]+(?:[._-][a-z0-9]+)*))?",
    re.IGNORECASE,
)
_PHASES = {"alpha": "a", "beta": "b", "preview": "rc", "pre": "rc", "c": "rc"}
_FIRST, _LAST = (-1,), (1,)


def _key(version: object) -> tuple | None:
    """A tuple that sorts as the version does, or None for what is no version."""
    if not isinstance(version, str):
        text = ".".join(map(str, version)) if isinstance(version, Iterable) else str(version)
    else:
        text = str.__str__(version)
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        return None
    release = tuple(int(part) for part in match["release"].split("."))
    while len(release) > 1 and release[-1] == 0:
        release = release[:-1]
    return (release, _phase(match), _after(match), _before(match), _local(match["local"]))


def _phase(match: re.Match[str]) -> tuple:
    """Pre-releases come before the release; a development version without a phase before all of them."""
    if match["phase"] is not None:
        phase = match["phase"].lower()
        return (0, _PHASES.get(phase, phase), int(match["number"] or 0))
    return _FIRST if match["dev"] is not None and match["post"] is None else _LAST


def _after(match: re.Match[str]) -> tuple:
    return _FIRST if match["post"] is None else (0, int(match["post"] or 0))


def _before(match: re.Match[str]) -> tuple:
    return _LAST if match["dev"] is None else (0, int(match["dev"] or 0))


def _local(text: str | None) -> tuple:
    """Numbers sort after words, and any local version after none."""
    if text is None:
        return ()
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"[._-]", text.lower()))


class TorchVersion(str):
    """A version string that compares with strings, tuples of numbers and ``packaging`` versions by PEP 440.

    >>> TorchVersion("2.15.0+rushlight") >= "2.9", TorchVersion("2.15.0") > (2, 3), TorchVersion("2.1.0a1") < "2.1"
    (True, True, True)
    """

    __slots__ = ()

    @staticmethod
    def here(own: str) -> TorchVersion:
        """The version that programs see: the release followed, with Rushlight's own version ``own`` as local part."""
        return TorchVersion(f"{FOLLOWED}+rushlight.{own.replace('+', '.')}")

    def _compare(self, other: object, method: str) -> bool:
        mine, theirs = _key(self), _key(other)
        if mine is None or theirs is None:
            return getattr(str, method)(self, other)
        return getattr(tuple, method)(mine, theirs)

    def __eq__(self, other: object) -> bool:
        return self._compare(other, "__eq__")

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: object) -> bool:
        return self._compare(other, "__lt__")

    def __le__(self, other: object) -> bool:
        return self._compare(other, "__le__")

    def __gt__(self, other: object) -> bool:
        return self._compare(other, "__gt__")

    def __ge__(self, other: object) -> bool:
        return self._compare(other, "__ge__")

    __hash__ = str.__hash__
