"""``out=``: memory of the caller's that images are decoded into."""

import numpy as np


class Destination:
    """An array or a tensor of the caller's, or None for a new array.

    The engine writes to it itself, unless the results are of a type that is converted to.
    """

    def __init__(self, out, dtype):
        self.out, self.dtype = out, dtype
        self.memory = out.numpy() if hasattr(out, "detach") else out

    @property
    def native(self):
        """What the engine is to write to."""
        return self.memory if self.dtype is None else None

    def clear(self):
        """Leave nothing of an earlier image in it."""
        if isinstance(self.memory, np.ndarray):
            self.memory[...] = 0

    def result(self, loaded, wrap):
        """What was asked for, of what the engine loaded."""
        if self.dtype is not None:
            loaded = self._converted(loaded)
        return wrap(loaded) if self.out is None or self.out is self.memory else self.out

    def _converted(self, loaded):
        if self.out is None:
            return loaded.astype(self.dtype)
        if np.shape(loaded) != np.shape(self.memory) or str(getattr(self.memory, "dtype", None)) != self.dtype:
            raise ValueError(f"out= must be a writable array of {self.dtype} and shape {list(np.shape(loaded))}")
        np.copyto(self.memory, loaded, casting="same_kind")
        return self.memory
