"""Pickles of native functions, written as PyTorch writes its own: a model that keeps ``torch.tanh`` can be saved and sent."""

import copyreg
from types import BuiltinFunctionType

from rushlight import _C


class _Functions(type):
    def __getattr__(cls, name):
        return getattr(_C, name)


_C._VariableFunctionsClass = _Functions(
    "_VariableFunctionsClass", (), {"__module__": _C.__name__, "__doc__": "Its attributes are the native functions."}
)


def reduce(function):
    """What pickle shall write for a built-in function: of other packages, what it would have written."""
    name = function.__name__
    if getattr(_C, name, None) is function:
        return getattr, (_C._VariableFunctionsClass, name)
    return function.__reduce__()


copyreg.pickle(BuiltinFunctionType, reduce)
