"""``rushlight images``: look at, hash, deduplicate, filter and time the loading of image files."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

SUMMARY = "inspect, hash, deduplicate, filter and benchmark image files"

ACTIONS = ("info", "hash", "dedup", "filter", "bench")


def describe(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``images`` and their arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name in ACTIONS:
        module = _module(name)
        action = actions.add_parser(name, help=module.SUMMARY, description=module.SUMMARY)
        action.add_argument("path", nargs="+", help="image, or folder whose images are meant")
        module.describe(action)


def main(options: argparse.Namespace) -> int:
    """Run the action; 1 if none of the files can be read."""
    from rushlight.image.curation import image_files

    paths = image_files(options.path)
    if not paths:
        raise ValueError(f"no images in {', '.join(options.path)}")
    errors = _module(options.action).main(paths, options)
    for error in errors:
        print(f"rushlight images {options.action}: {error}", file=sys.stderr)
    return int(len(errors) == len(paths))


def _module(action: str):
    return import_module(f"rushlight.cli.image_actions.{action}")
