"""``torch.fx.experimental.proxy_tensor``: graphs are not captured."""

from __future__ import annotations


def get_proxy_mode() -> None:
    """None: no graph is being captured."""
    return None
