"""``torch.backends.openmp``: not used."""


def is_available() -> bool:
    """False: kernels run on Rushlight's own thread pool."""
    return False
