"""Changing the dtype, device or memory format of a module's parameters and buffers."""

import warnings

import rushlight as rl

from ..parameter import Parameter


class _Replacement:
    """How parameters are replaced; `overwrite` makes new ones, `swap` is what was asked of `torch.__future__`."""

    overwrite = False
    swap = False


REPLACEMENT = _Replacement()


class ModuleConversion:
    """The part of Module that replaces its tensors by converted ones, in place of the module."""

    def _apply(self, fn, recurse=True):
        """Replace every parameter, its gradient and every buffer by `fn` of it."""
        for module in self.children() if recurse else ():
            module._apply(fn)
        for name, parameter in self._parameters.items():
            if parameter is not None:
                self._parameters[name] = _applied(fn, parameter)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args, **kwargs):
        """Convert the floating-point and complex tensors to a dtype, and all tensors to a device.

        Called as `to(device, dtype, non_blocking)`, `to(dtype)`, `to(tensor)` or `to(memory_format=...)`.

        >>> nn.Linear(2, 2).to(rl.float64).weight.dtype
        torch.float64
        """
        device, dtype, non_blocking, memory_format = parse_to(*args, **kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )
        if dtype is not None and dtype.is_complex:
            warnings.warn("Complex modules are a new feature: some do not accept complex parameters.", stacklevel=2)

        def convert(tensor):
            if device is not None and tensor.is_meta and device.type != "meta":
                raise NotImplementedError(
                    "Cannot copy out of meta tensor; no data! Please use torch.nn.Module.to_empty() instead of "
                    "torch.nn.Module.to() when moving module from meta to a different device."
                )
            changes = {} if device is None else {"device": device}
            if dtype is not None and (tensor.is_floating_point() or tensor.is_complex()):
                changes["dtype"] = dtype
            if memory_format is not None and tensor.dim() in (4, 5):
                changes["memory_format"] = memory_format
            return tensor.to(non_blocking=non_blocking, **changes) if changes else tensor

        return self._apply(convert)

    def to_empty(self, *, device, recurse=True):
        """Move to `device` without the values."""
        return self._apply(lambda t: rl.empty_like(t, device=device), recurse=recurse)

    def type(self, dst_type):
        """Convert all parameters and buffers to `dst_type`."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self):
        """Convert floating-point tensors to float32."""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self):
        """Convert floating-point tensors to float64."""
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self):
        """Convert floating-point tensors to float16."""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self):
        """Convert floating-point tensors to bfloat16."""
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def cpu(self):
        """Move to the CPU."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device=None):
        """Move to a CUDA device; raises where there is none."""
        return self._apply(lambda t: t.cuda(device))

    def share_memory(self):
        """Move the tensors to memory that other processes can map."""
        return self._apply(lambda t: t.share_memory_())


def _applied(fn, parameter):
    """`parameter` holding `fn` of its data and of its gradient; a new one where it moves to or from the meta device."""
    grad = parameter.grad
    with rl.no_grad():
        data = fn(parameter)
        new_grad = None if grad is None else fn(grad)
    if _is_meta(data) == _is_meta(parameter) and not REPLACEMENT.overwrite:
        parameter.data = data
    else:
        parameter = Parameter(data, parameter.requires_grad)
    if grad is None:
        return parameter
    if parameter.grad is grad and _is_meta(new_grad) == _is_meta(grad):
        grad.data = new_grad
        parameter.grad = grad
    else:
        parameter.grad = new_grad.requires_grad_(grad.requires_grad)
    return parameter


def _is_meta(tensor):
    return tensor.device.type == "meta"


def parse_to(
    *args, device=None, dtype=None, non_blocking=False, copy=False, memory_format=None, other=None, tensor=None
):
    """The device, dtype, non_blocking and memory format that a call of `to` asks for."""
    other = tensor if other is None else other
    given = list(args)
    if given and isinstance(given[0], rl.Tensor):
        other = given.pop(0)
    elif given and isinstance(given[0], rl.dtype):
        dtype = given.pop(0)
    elif given:
        device = given.pop(0)
        if given and (given[0] is None or isinstance(given[0], rl.dtype)):
            dtype = given.pop(0)
    if given:
        non_blocking = given.pop(0)
    if other is not None:
        device, dtype = other.device, other.dtype
    if not isinstance(device, str | int | rl.device | None) or not isinstance(non_blocking, bool) or len(given) > 1:
        names = ", ".join(type(argument).__name__ for argument in args)
        raise TypeError(
            f"to() received an invalid combination of arguments - got ({names}), but expected one of: "
            "(device, dtype, non_blocking), (dtype, non_blocking), (tensor, non_blocking), (memory_format=...)"
        )
    return None if device is None else rl.device(device), dtype, non_blocking, memory_format
