"""What the modules of nonlinearities have in common."""

import warnings

from .module import Module


class InplaceActivation(Module):
    """A nonlinearity without settings that may overwrite its input."""

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


def inplace_suffix(module):
    """Return what the representation says of a module that overwrites its input."""
    return ", inplace=True" if module.inplace else ""


def renamed(name, value, old_name, old_value):
    """Return a setting, given under its name or, with a warning, under its older one."""
    if old_value is None:
        return value
    warnings.warn(f"keyword argument `{old_name}` is deprecated and renamed to `{name}`", FutureWarning, stacklevel=3)
    return old_value


class AlongDim(Module):
    """A nonlinearity of all values along one dimension."""

    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def __setstate__(self, state):
        super().__setstate__({"dim": None} | state)

    def extra_repr(self):
        return f"dim={self.dim}"


class AlongCheckedDim(AlongDim):
    """A nonlinearity along one dimension, which must be a number or None."""

    def __init__(self, dim=None):
        if dim is not None and (not isinstance(dim, int) or isinstance(dim, bool)):
            raise TypeError(f"dim must be an int or None, got {type(dim)}")
        super().__init__(dim)
