"""``torch.backends.cpu``: what the kernels use of this processor."""

from __future__ import annotations

from rushlight import _C


def get_cpu_capability() -> str:
    """Return the instruction set of the kernels in capitals: "AVX512", "AVX2", "NEON" or "DEFAULT"."""
    return _C.simd_level().upper()
