"""Run by Python at start-up in the child processes of ``rushlight run``, whose PYTHONPATH names this folder.

Processes started by spawning or as commands import the program anew, and its ``import torch`` must mean the same there.
Any other ``sitecustomize`` is run afterwards.
"""

import importlib
import importlib.util
import os
import sys

_HERE = os.path.dirname(__file__)
sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or ".") != os.path.realpath(_HERE)]
if importlib.util.find_spec("rushlight") is not None:
    importlib.import_module("rushlight.compat").install()
_this = sys.modules.pop("sitecustomize")
importlib.invalidate_caches()
if importlib.util.find_spec("sitecustomize") is not None:
    importlib.import_module("sitecustomize")
sys.modules.setdefault("sitecustomize", _this)  # the import of this very file looks for it
