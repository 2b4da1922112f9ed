"""``torch.version``: the release followed, and which accelerators it was built for (none)."""

from __future__ import annotations

from rushlight.compat.version import FOLLOWED, TorchVersion

__version__ = TorchVersion(FOLLOWED)
cuda: str | None = None
hip: str | None = None
rocm: str | None = None
xpu: str | None = None
debug = False
git_version = "unknown"
