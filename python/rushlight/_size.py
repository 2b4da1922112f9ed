"""The shape of a tensor."""

import operator

__all__ = ["Size"]


class Size(tuple):
    """A tuple of sizes, printed as PyTorch prints it.

    >>> Size([2, 3])
    torch.Size([2, 3])
    """

    __slots__ = ()

    def __new__(cls, sizes=()):
        return tuple.__new__(cls, [whole(size, i) for i, size in enumerate(sizes)])

    def numel(self) -> int:
        """Return the product of the sizes."""
        n = 1
        for size in self:
            n *= size
        return n

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __add__(self, other):
        if not isinstance(other, tuple):
            return NotImplemented
        return Size(tuple.__add__(self, other))

    def __radd__(self, other):
        if not isinstance(other, tuple):
            return NotImplemented
        return Size(other + tuple(self))

    def __mul__(self, times):
        return Size(tuple.__mul__(self, times))

    __rmul__ = __mul__

    def __getitem__(self, key):
        item = tuple.__getitem__(self, key)
        return Size(item) if isinstance(key, slice) else item

    def __reduce__(self):
        return (Size, (tuple(self),))


def whole(size, position):
    """Return a size as an int, or raise TypeError."""
    if type(size) is int:
        return size
    try:
        return operator.index(size)
    except TypeError:
        raise TypeError(
            f"torch.Size() takes an iterable of 'int' (item {position} is '{type(size).__name__}')"
        ) from None
