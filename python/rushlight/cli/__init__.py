"""The ``rushlight`` command: ``train``, ``predict``, ``info``, ``images``, ``run``."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

COMMANDS = ("train", "predict", "info", "images", "run")

_EXPECTED = (OSError, ValueError, ModuleNotFoundError, FloatingPointError)
"""What a wrong path or option, a missing package or a diverging run raises: shown as one line, without a traceback."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line ``arguments`` (default: ``sys.argv[1:]``) and return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["run"] and arguments[1:2] not in ([], ["-h"], ["--help"]):
        return import_module("rushlight.cli.run").run(arguments[1:])
    options = _parser().parse_args(arguments)
    try:
        return import_module(f"rushlight.cli.{options.command}").main(options)
    except _EXPECTED as error:
        print(f"rushlight {options.command}: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("rushlight", description="Train and use models, and run PyTorch programs.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = import_module(f"rushlight.cli.{name}")
        module.describe(commands.add_parser(name, help=module.SUMMARY, description=module.SUMMARY))
    return parser
