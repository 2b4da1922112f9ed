"""``torch.backends.mha``: whether encoders in evaluation leave padding out, as PyTorch's faster form does."""

from __future__ import annotations

from rushlight.nn.modules.transformer import nested_tensors_allowed


def get_fastpath_enabled() -> bool:
    """Return what `set_fastpath_enabled` was last told."""
    return nested_tensors_allowed[-1]


def set_fastpath_enabled(value: bool) -> None:
    """Let `nn.TransformerEncoder` leave padding out where PyTorch would, or compute it like everything else."""
    nested_tensors_allowed[-1] = value
