"""Carries an exception from a worker to the caller with its traceback as text."""

import sys
import traceback

__all__ = ["ExceptionWrapper"]


class KeyErrorMessage(str):
    """A message that `KeyError`, which shows the repr of its argument, prints unquoted."""

    __slots__ = ()

    def __repr__(self):
        return self


class ExceptionWrapper:
    """The exception being handled, reduced to its type and printed traceback."""

    def __init__(self, exc_info=None, where="in background"):
        exc_info = exc_info or sys.exc_info()
        self.exc_type = exc_info[0]
        self.exc_msg = "".join(traceback.format_exception(*exc_info))
        self.where = where

    def reraise(self):
        """Raise the same type again, or `RuntimeError` where it cannot be made from one string."""
        # No local variable may hold the exception: together with its traceback it would keep
        # the iterator, and so its workers, alive until the next garbage collection.
        raise self._remake() from None

    def _remake(self):
        message = f"Caught {self.exc_type.__name__} {self.where}.\nOriginal {self.exc_msg}"
        if self.exc_type is KeyError:
            return KeyError(KeyErrorMessage(message))
        try:
            if getattr(self.exc_type, "message", None):
                return self.exc_type(message=message)
            return self.exc_type(message)
        except Exception:
            return RuntimeError(message)
