"""``torch.backends.opt_einsum``: einsum contracts from left to right; the switches are kept."""

enabled = False
strategy: str | None = None


def is_available() -> bool:
    """False: the order of an einsum is the order in which its operands are given."""
    return False


def get_opt_einsum() -> None:
    """None: the package is not used."""
    return None
