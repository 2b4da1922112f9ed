"""Forward-mode differentiation at the level of dual tensors, which this engine does not have."""

from typing import Any, NoReturn

__all__ = ["dual_level", "make_dual", "unpack_dual"]


def _unsupported(name: str) -> NoReturn:
    raise NotImplementedError(
        f"autograd.forward_ad.{name}: dual tensors are not supported. Use rushlight.func.jvp, which computes "
        "Jacobian-vector products from two reverse passes."
    )


def dual_level(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise ``NotImplementedError``: use ``rushlight.func.jvp``."""
    _unsupported("dual_level")


def make_dual(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise ``NotImplementedError``: use ``rushlight.func.jvp``."""
    _unsupported("make_dual")


def unpack_dual(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise ``NotImplementedError``: use ``rushlight.func.jvp``."""
    _unsupported("unpack_dual")
