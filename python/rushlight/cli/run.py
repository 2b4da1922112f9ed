"""``rushlight run``: an unmodified PyTorch program, with ``torch`` resolved to Rushlight."""

from __future__ import annotations

import argparse
import builtins
import io
import os
import runpy
import sys
import types

SUMMARY = "run a PyTorch program on Rushlight"


def describe(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``run``, for its help; everything after the script belongs to the script."""
    parser.add_argument("script", help="program that imports torch; -m MODULE runs a module, -c CODE a text")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="arguments of the program")


def main(options: argparse.Namespace) -> int:
    """Run the program of parsed ``options``."""
    return run([options.script, *options.arguments])


def run(arguments: list[str]) -> int:
    """Run ``SCRIPT ARGS...``, ``-m MODULE ARGS...`` or ``-c CODE ARGS...`` as Python itself would, with our ``torch``.

    Exceptions and ``sys.exit`` of the program pass through unchanged.
    """
    from rushlight import compat

    compat.install()
    compat.install_in_children()
    if arguments[0] == "-m":
        _run_module(arguments[1:])
    elif arguments[0] == "-c":
        _run_code(arguments[1:])
    else:
        _run_script(arguments)
    return 0


def _run_module(arguments: list[str]) -> None:
    if not arguments:
        raise SystemExit("rushlight run: -m needs the name of a module")
    sys.argv = arguments
    sys.path.insert(0, os.getcwd())
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


def _run_code(arguments: list[str]) -> None:
    if not arguments:
        raise SystemExit("rushlight run: -c needs a program")
    sys.argv = ["-c", *arguments[1:]]
    sys.path.insert(0, "")
    _execute(arguments[0], "<string>", types.ModuleType("__main__"))


def _run_script(arguments: list[str]) -> None:
    script = arguments[0]
    if not os.path.exists(script):
        raise SystemExit(f"rushlight run: {script}: no such file")
    sys.argv = arguments
    path = os.path.abspath(script)
    sys.path.insert(0, os.path.dirname(path))
    if os.path.isdir(path) or not path.endswith(".py"):
        runpy.run_path(script, run_name="__main__")
        return
    main_module = types.ModuleType("__main__")
    # As under Python itself, `__file__` is absolute and `sys.argv[0]` is what was typed.
    main_module.__file__ = path
    with io.open_code(path) as file:
        _execute(file.read(), path, main_module)


def _execute(program: str | bytes, name: str, main_module: types.ModuleType) -> None:
    main_module.__builtins__ = builtins
    sys.modules["__main__"] = main_module
    exec(compile(program, name, "exec"), main_module.__dict__)
