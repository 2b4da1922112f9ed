"""Ours and PyTorch's times in turn within one run: ``python -m benchmarks`` (all), ``python -m benchmarks.NAME``."""
