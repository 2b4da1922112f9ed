"""``rushlight run``: an unmodified PyTorch program, with ``torch`` resolved to Rushlight."""

from __future__ import annotations

import argparse
import os
import runpy
import sys

SUMMARY = "run a PyTorch program on Rushlight"


def describe(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``run``, for its help; everything after the script belongs to the script."""
    parser.add_argument("script", help="program that imports torch; -m MODULE runs a module")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="arguments of the program")


def main(options: argparse.Namespace) -> int:
    """Run the program of parsed ``options``."""
    return run([options.script, *options.arguments])


def run(arguments: list[str]) -> int:
    """Run ``SCRIPT ARGS...`` or ``-m MODULE ARGS...`` as Python itself would, with ``import torch`` resolved to us.

    Exceptions and ``sys.exit`` of the program pass through unchanged.
    """
    from rushlight import compat

    compat.install()
    compat.install_in_children()
    if arguments[0] == "-m":
        _run_module(arguments[1:])
    else:
        _run_script(arguments)
    return 0


def _run_module(arguments: list[str]) -> None:
    if not arguments:
        raise SystemExit("rushlight run: -m needs the name of a module")
    sys.argv = arguments
    sys.path.insert(0, os.getcwd())
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


def _run_script(arguments: list[str]) -> None:
    script = arguments[0]
    if not os.path.exists(script):
        raise SystemExit(f"rushlight run: {script}: no such file")
    sys.argv = arguments
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    runpy.run_path(script, run_name="__main__")
