"""``torch.backends.cpu``: what the kernels use of this processor."""

from __future__ import annotations

from rushlight import _C


def get_cpu_capability() -> str:
    """Return the instruction set of the kernels in capitals: "AVX512", "AVX2", "NEON" or "DEFAULT"."""
    level = _C.simd_level()
    return "DEFAULT" if level == "base" else level.upper()
