"""``torch.backends.mps``: no Metal device."""


def is_available() -> bool:
    """False: there is no Metal device."""
    return False


def is_built() -> bool:
    """False: Rushlight has no Metal code."""
    return False


def is_macos_or_newer(major: int, minor: int) -> bool:
    """False: asked of the Metal device, which is not there."""
    return False
