"""The distribution ``torch`` as `importlib.metadata` sees it: a name and a version, no files."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import Distribution, DistributionFinder
from os import PathLike


class TorchDistribution(Distribution):
    """Metadata that says ``torch``, in the version that Rushlight follows."""

    def read_text(self, filename: str) -> str | None:
        if filename != "METADATA":
            return None
        import rushlight

        return f"Metadata-Version: 2.1\nName: torch\nVersion: {rushlight.__version__!s}\nSummary: Rushlight\n"

    def locate_file(self, path: str | PathLike[str]) -> PathLike[str]:
        raise FileNotFoundError(f"torch is Rushlight here and has no file {path}")


class TorchDistributionFinder(DistributionFinder):
    """Answers for the name ``torch`` and, like any finder, when all distributions are listed."""

    def find_spec(self, *arguments: object) -> None:
        """Modules are found by `rushlight.compat.finder`."""

    def find_distributions(
        self, context: DistributionFinder.Context = DistributionFinder.Context()
    ) -> Iterable[Distribution]:
        return [TorchDistribution()] if context.name in (None, "torch") else []
