"""Running PyTorch programs unmodified: ``import torch`` gives Rushlight after `install`.

Two rules carry all of it (`finder`):

- ``torch.x.y`` is ``rushlight.x.y``, the same module object;
- ``rushlight.x`` that the package itself does not have is looked up in `rushlight.compat.infrastructure`,
  which holds what programs touch besides tensors: devices that are not here, compilers, back-end switches.

`lookup` does the second rule for attributes, so ``torch.cuda.is_available()`` works after a bare ``import torch``.
"""

from __future__ import annotations

import os
import sys

from rushlight.compat.attributes import expose, lookup
from rushlight.compat.distribution import TorchDistributionFinder
from rushlight.compat.finder import Alias, Fallback
from rushlight.compat.naming import Naming
from rushlight.compat.version import FOLLOWED, TorchVersion

__all__ = ["FOLLOWED", "TorchVersion", "install", "install_in_children", "installed", "lookup", "uninstall"]

_INFRASTRUCTURE = Fallback("rushlight", "rushlight.compat.infrastructure")
_OWN = {"cli", "models", "train"}
_TORCH = Alias("torch", "rushlight", hidden={"compat", *_OWN})
_NAMING = Naming("rushlight", own={"image", *_OWN})
_DISTRIBUTION = TorchDistributionFinder()
_replaced: list[tuple[str, str]] = []


def install() -> None:
    """Make ``import torch``, ``find_spec("torch")`` and ``importlib.metadata.version("torch")`` mean Rushlight.

    ``rushlight.__version__`` becomes ``torch.__version__``, a string that compares like PyTorch's, and
    ``rushlight.__name__`` is "torch", which packages built on PyTorch check; classes and functions have PyTorch's names.
    Calling it twice does nothing more. Raises RuntimeError when PyTorch itself is already imported.

    >>> install()
    >>> import torch
    >>> torch.__version__ >= (2, 0), torch.cuda.is_available()
    (True, False)
    >>> uninstall()
    """
    import rushlight

    if installed():
        return
    if "torch" in sys.modules:
        raise RuntimeError(
            "rushlight.compat.install: PyTorch itself is already imported as torch; "
            "install before the first import of torch"
        )
    expose(rushlight)
    sys.meta_path[:0] = [_TORCH, _INFRASTRUCTURE, _DISTRIBUTION]
    _NAMING.begin()
    _replaced.append((rushlight.__name__, rushlight.__version__))
    rushlight.__name__, rushlight.__version__ = "torch", TorchVersion.here(rushlight.__version__)


def install_in_children() -> None:
    """Make Python processes started from here `install` as well: ``PYTHONPATH`` names `rushlight.compat.startup`."""
    startup = os.path.join(os.path.dirname(__file__), "startup")
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if startup not in inherited:
        os.environ["PYTHONPATH"] = os.pathsep.join([startup, *filter(None, inherited)])


def uninstall() -> None:
    """Undo `install`; modules that a program has already imported stay with it."""
    import rushlight

    if not installed():
        return
    for finder in (_TORCH, _DISTRIBUTION, _INFRASTRUCTURE):
        sys.meta_path.remove(finder)
    _NAMING.end()
    for name in [name for name in sys.modules if name.partition(".")[0] == "torch"]:
        del sys.modules[name]
    rushlight.__name__, rushlight.__version__ = _replaced.pop()


def installed() -> bool:
    """True between `install` and `uninstall`."""
    return _TORCH in sys.meta_path
