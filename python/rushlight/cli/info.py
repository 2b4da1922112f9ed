"""``rushlight info``: versions, what the machine offers, which optional packages are there."""

from __future__ import annotations

import argparse
import platform
from importlib import metadata

SUMMARY = "print versions, SIMD level, threads and optional packages"

OPTIONAL = {
    "scikit-learn": "train digits",
    "pillow": "image transforms of PIL images",
    "rich": "progress bars",
    "safetensors": "safetensors.torch under `rushlight run`",
    "einops": "tensor expressions",
    "tensorboard": "SummaryWriter",
}


def describe(parser: argparse.ArgumentParser) -> None:
    """``info`` takes no options."""


def main(options: argparse.Namespace) -> int:
    """Print one aligned line per fact."""
    facts = {
        "rushlight": _version("rushlight") or "not installed as a package",
        "follows": f"PyTorch {_followed()}",
        "numpy": _version("numpy") or "missing",
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "machine": f"{platform.machine()}, {platform.system()}",
        "simd": simd_level(),
        "threads": str(threads()),
    }
    for name, value in facts.items():
        print(f"{name:<14}{value}")
    print("\noptional packages")
    for name, purpose in OPTIONAL.items():
        print(f"  {name:<14}{_version(name) or '-':<12}{purpose}")
    return 0


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _followed() -> str:
    from rushlight.compat.version import FOLLOWED

    return FOLLOWED


def simd_level() -> str:
    """The instruction set that the kernels use here."""
    from rushlight.compat.infrastructure.backends import cpu

    return cpu.get_cpu_capability()


def threads() -> int:
    """The number of threads that kernels use."""
    import rushlight

    return rushlight.get_num_threads()
