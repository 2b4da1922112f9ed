"""Comparison with PyTorch: its operator, module and optimizer databases run on both packages.

``python -m tools.oracle`` compares everything and writes ``docs/coverage.md``; ``python -m tools.oracle add nn.Linear``
compares a few names and prints every difference.
"""
