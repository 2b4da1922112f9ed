"""The normalization rows in PyTorch's form."""

from rushlight import _C

from .registry import op


@op(method=False, overload=True, out=True)
def native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps):
    """Return the normalized input, and means and ``1 / sqrt(var + eps)`` of the channels: empty when not training."""
    tensors = (input, weight, bias, running_mean, running_var)
    result, *saved = _C.native_batch_norm(*tensors, training, momentum, eps)
    mixed = any(x is not None and x.dtype == _C.float32 for x in tensors)
    dtype = _C.float32 if mixed else input.dtype
    return (result, *(x.to(dtype) if training else x.new_empty(0, dtype=dtype) for x in saved))
