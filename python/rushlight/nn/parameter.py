"""Tensors that a module owns: learned parameters, buffers, and both before their shape is known."""

from collections import OrderedDict

import rushlight as rl

__all__ = [
    "Parameter", "UninitializedParameter", "is_lazy", "Buffer", "UninitializedBuffer", "UninitializedTensorMixin",
]  # fmt: skip


class _ParameterMeta(type(rl.Tensor)):
    """A tensor subclass marked `_is_param` counts as a Parameter although its class is its own."""

    def __instancecheck__(cls, instance):
        if super().__instancecheck__(instance):
            return True
        return cls is Parameter and isinstance(instance, rl.Tensor) and getattr(instance, "_is_param", False)


class Parameter(rl.Tensor, metaclass=_ParameterMeta):
    """A tensor that a module lists among its parameters when it is assigned as an attribute.

    The parameter shares memory with `data` and is a leaf of the graph.

    >>> nn.Parameter(rl.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __torch_function__ = rl._C._disabled_torch_function_impl

    def __new__(cls, data=None, requires_grad=True):
        data = rl.empty(0) if data is None else data
        if type(data) in (rl.Tensor, Parameter):
            return rl.Tensor._make_subclass(cls, data, requires_grad)
        result = data.detach().requires_grad_(requires_grad)
        if type(result) is not type(data):
            raise RuntimeError(
                f"Parameter: {type(data).__name__}.detach() returned a {type(result).__name__}; "
                "it must return its own class for the tensor to be used as a parameter"
            )
        result._is_param = True
        return result

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(memory_format=rl.preserve_format), self.requires_grad)
        return memo[id(self)]

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()

    def __reduce_ex__(self, protocol):
        arguments = (self.data, self.requires_grad, OrderedDict())
        state = vars(self)
        if state:
            return _rebuild_parameter_with_state, (*arguments, state)
        return _rebuild_parameter, arguments


def _rebuild_parameter(data, requires_grad, backward_hooks):
    parameter = Parameter(data, requires_grad)
    parameter._backward_hooks = backward_hooks
    return parameter


def _rebuild_parameter_with_state(data, requires_grad, backward_hooks, state):
    parameter = _rebuild_parameter(data, requires_grad, backward_hooks)
    vars(parameter).update(state)
    return parameter


def empty_parameter(shape, device=None, dtype=None):
    """A parameter of `shape` whose values are still to be set by `reset_parameters`."""
    return Parameter(rl.empty(shape, device=device, dtype=dtype))


class _BufferMeta(type(rl.Tensor)):
    def __instancecheck__(cls, instance):
        if super().__instancecheck__(instance):
            return True
        return cls is Buffer and isinstance(instance, rl.Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(rl.Tensor, metaclass=_BufferMeta):
    """A tensor that a module lists among its buffers when it is assigned as an attribute.

    With `persistent=False` the buffer is left out of `state_dict()`.
    """

    def __new__(cls, data=None, *, persistent=True):
        data = rl.empty(0) if data is None else data
        result = data.detach().requires_grad_(data.requires_grad)
        result.persistent = persistent
        result._is_buffer = True
        return result


_ALLOWED_BEFORE_SHAPE = frozenset(
    "__hash__ __get__ __set__ __repr__ size copy_ is_complex is_floating_point half float double char short int long "
    "bfloat16 cuda cpu to _to_dtype _to_device get_device detach requires_grad_ data".split()
)


class UninitializedTensorMixin:
    """A tensor of known dtype and device whose shape comes with the first input."""

    def materialize(self, shape, device=None, dtype=None):
        """Allocate `shape` and turn into the ordinary class; the values are not set."""
        self.data = rl.empty(shape, device=device or self.data.device, dtype=dtype or self.data.dtype)
        self.__class__ = self.cls_to_become

    @property
    def shape(self):
        raise RuntimeError(
            "an uninitialized parameter or buffer has no shape yet: call the module once, "
            "or load a state_dict whose tensors are initialized, before using it"
        )

    def numel(self):
        """Refuse to count elements that there are not."""
        raise ValueError(
            f"numel: {type(self).__name__} has no shape yet; call the lazy module with a first batch, then use it"
        )

    nelement = numel

    def share_memory_(self):
        raise RuntimeError("an uninitialized parameter or buffer cannot be shared: call the module once first")

    def __repr__(self):
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, protocol):
        return type(self), (self.requires_grad,)

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func.__name__ in _ALLOWED_BEFORE_SHAPE:
            return super().__torch_function__(func, types, args, kwargs or {})
        raise ValueError(
            f"{func.__name__}: {cls.__name__} has no shape yet; call the lazy module with a first batch, then use it"
        )


def is_lazy(param):
    """Whether `param` still waits for its shape."""
    return isinstance(param, UninitializedTensorMixin)


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape is not known yet."""

    cls_to_become = Parameter

    def __new__(cls, requires_grad=True, device=None, dtype=None):
        return rl.Tensor._make_subclass(cls, rl.empty(0, device=device, dtype=dtype), requires_grad)

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, self.data.device, self.data.dtype)
        return memo[id(self)]


class UninitializedBuffer(UninitializedTensorMixin, rl.Tensor):
    """A buffer whose shape is not known yet."""

    cls_to_become = Buffer

    def __new__(cls, requires_grad=False, device=None, dtype=None, persistent=True):
        result = rl.Tensor._make_subclass(cls, rl.empty(0, device=device, dtype=dtype), requires_grad)
        result.persistent = persistent
        result._is_buffer = True
        return result
