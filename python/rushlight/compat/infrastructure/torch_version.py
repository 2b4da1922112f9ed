"""``torch.torch_version``: the version string that compares like a version."""

from rushlight.compat.version import FOLLOWED, TorchVersion

__all__ = ["TorchVersion"]
__version__ = TorchVersion(FOLLOWED)
