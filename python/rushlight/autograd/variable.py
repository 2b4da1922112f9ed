"""The former name of tensors that can require gradients."""

import rushlight as rl

__all__ = ["Variable"]


class _VariableMeta(type):
    def __instancecheck__(cls, other: object) -> bool:
        return isinstance(other, rl.Tensor)


class Variable(metaclass=_VariableMeta):
    """``Variable(data, requires_grad=False)`` returns ``data`` itself or, to require gradients, a detached alias."""

    def __new__(cls, data: "rl.Tensor", requires_grad: bool = False, volatile: bool | None = None) -> "rl.Tensor":
        return data.detach().requires_grad_() if requires_grad else data
