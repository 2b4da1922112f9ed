"""``torch.backends.mkl``: not used."""


def is_available() -> bool:
    """False: matrix products run on Rushlight's own kernels."""
    return False
