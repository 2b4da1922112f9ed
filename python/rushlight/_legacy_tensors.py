"""``torch.LongTensor`` and its like: constructors, and classes to ask with ``isinstance``, of one dtype each."""

from rushlight import _C
from rushlight._tensor import TYPE_NAMES


class LegacyTensorType(type):
    """A class whose instances are the plain tensors of its ``dtype``."""

    def __instancecheck__(cls, instance):
        return isinstance(instance, _C.Tensor) and instance.dtype == cls.dtype

    def __call__(cls, *args, device=None):
        """Return uninitialised memory of the sizes given, the tensor given, or a copy of a sequence.

        >>> import rushlight as rl
        >>> rl.LongTensor([1, 2]), rl.FloatTensor(2, 3).shape
        (tensor([1, 2]), torch.Size([2, 3]))
        """
        first = args[0] if len(args) == 1 else args
        if isinstance(first, _C.Tensor):
            return cls._same(first)
        if hasattr(first, "untyped"):
            return cls._same(first.tensor())
        if isinstance(first, int | _C.Size) or all(isinstance(arg, int) for arg in args):
            return _C.empty(*args or (0,), dtype=cls.dtype, device=device)
        return _C.tensor(first, dtype=cls.dtype, device=device)

    def _same(cls, tensor):
        if tensor.dtype != cls.dtype:
            raise TypeError(f"expected {TYPE_NAMES[cls.dtype]} (got {TYPE_NAMES[tensor.dtype]})")
        return tensor.detach()

    def __repr__(cls):
        return f"<class 'torch.{cls.__name__}'>"


def legacy_type(dtype):
    """Return the legacy class of ``dtype``."""
    name = f"{TYPE_NAMES[dtype]}Tensor"
    return LegacyTensorType(name, (), {"dtype": dtype, "__module__": "torch", "__doc__": f"Tensors of {dtype}."})


globals().update({f"{name}Tensor": legacy_type(dtype) for dtype, name in TYPE_NAMES.items()})
