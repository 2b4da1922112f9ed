"""``torch.utils.model_zoo``: the older names of `rushlight.hub`'s functions."""

from __future__ import annotations

from typing import Any

from rushlight.hub import download_url_to_file as _download_url_to_file  # noqa: F401
from rushlight.hub import load_state_dict_from_url

__all__ = ["load_url"]

load_url = load_state_dict_from_url


def __getattr__(name: str) -> Any:
    if name == "tqdm":
        from tqdm.auto import tqdm

        return tqdm
    raise AttributeError(f"module 'torch.utils.model_zoo' has no attribute {name!r}", name=name)
