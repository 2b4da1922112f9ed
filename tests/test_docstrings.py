"""Every example in a docstring runs and prints what it says."""

import doctest
import importlib
import pkgutil
import warnings

import pytest

import rushlight as rl

# Importing a module that is a program runs it.
PROGRAMS = {"rushlight.cli.__main__", "rushlight.__main__"}
MODULES = ["rushlight"] + [m.name for m in pkgutil.walk_packages(rl.__path__, "rushlight.") if m.name not in PROGRAMS]


def names() -> dict:
    """Return what an example may use without importing it."""
    return {"rl": rl, "nn": rl.nn, "F": rl.nn.functional, "optim": rl.optim}


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        pytest.skip(f"needs {error.name}")
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    report = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for test in finder.find(module, name, globs={**names(), **vars(module)}):
            rl.manual_seed(0)
            runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)
