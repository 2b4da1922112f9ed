"""The normalization rows in PyTorch's form."""

from rushlight import _C

from .registry import op


@op(method=False, overload=True, out=True)
def native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps):
    """Return the normalized input, and means and ``1 / sqrt(var + eps)`` of the channels: empty when not training."""
    tensors = (input, weight, bias, running_mean, running_var)
    result, *saved = _C.native_batch_norm(*tensors, training, momentum, eps)
    dtype = statistics_dtype(*tensors)
    return (result, *(x.to(dtype) if training else x.new_empty(0, dtype=dtype) for x in saved))


@op(method=False, overload=True, out=True)
def native_layer_norm(input, normalized_shape, weight, bias, eps):
    """Return the input normalized over its last dimensions, and the means and ``1 / sqrt(var + eps)``."""
    result, mean, rstd = _C.native_layer_norm(input, normalized_shape, weight, bias, eps)
    dtype = statistics_dtype(input, weight, bias)
    return result, mean.to(dtype), rstd.to(dtype)


@op(method=False, overload=True, out=True)
def native_group_norm(input, weight, bias, N, C, HxW, group, eps):
    """Return the input normalized over groups of channels, and the means and ``1 / sqrt(var + eps)``: (N, group)."""
    result, mean, rstd = _C.native_group_norm(input, weight, bias, N, C, HxW, group, eps)
    dtype = statistics_dtype(input, weight, bias)
    return result, mean.to(dtype), rstd.to(dtype)


def statistics_dtype(*tensors):
    """Return the dtype of means and deviations: float32 if any tensor has it, else that of the input, the first."""
    mixed = any(x is not None and x.dtype == _C.float32 for x in tensors)
    return _C.float32 if mixed else tensors[0].dtype
