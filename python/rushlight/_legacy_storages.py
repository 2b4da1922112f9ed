"""``torch.FloatStorage`` and its like: constructors, and classes to ask with ``isinstance``, of one dtype each."""

from rushlight import _C
from rushlight.serialization.storage import STORAGE_TYPES, TypedStorage


class LegacyStorageType(type):
    """A class whose instances are the storages of its ``dtype``."""

    def __instancecheck__(cls, instance):
        return isinstance(instance, TypedStorage) and instance.dtype == cls.dtype

    def __call__(cls, *args):
        """Return a storage of a number of elements, or with a copy of a sequence.

        >>> import rushlight as rl
        >>> rl.FloatStorage([1, 2]).tolist()
        [1.0, 2.0]
        """
        (given,) = args or (0,)
        if isinstance(given, int):
            return _C.empty(given, dtype=cls.dtype).storage()
        return _C.tensor(list(given), dtype=cls.dtype).storage()

    def __repr__(cls):
        return f"<class 'torch.{cls.__name__}'>"


def legacy_storage(name, dtype):
    """Return the legacy class of ``dtype``."""
    return LegacyStorageType(name, (), {"dtype": dtype, "__module__": "torch", "__doc__": f"Storages of {dtype}."})


globals().update({name: legacy_storage(name, getattr(_C, dtype)) for dtype, name in STORAGE_TYPES.items()})
