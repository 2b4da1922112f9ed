"""Rounding to the values of a quantized type, with gradients as if nothing were rounded."""

import functools

from rushlight import _C

from .dimensions import wrap_dim
from .registry import op


@op(method=False)
def fake_quantize_per_tensor_affine(input, scale, zero_point, quant_min, quant_max):
    """Return ``(clamp(round(input / scale) + zero_point, quant_min, quant_max) - zero_point) * scale``.

    ``scale`` and ``zero_point`` are numbers, or tensors of one element. The gradient passes unchanged where nothing
    was clamped, and is zero elsewhere (Bengio, Léonard and Courville, "Estimating or propagating gradients through
    stochastic neurons", 2013). Raises RuntimeError for an empty range or a zero point outside of it.

    >>> rl.fake_quantize_per_tensor_affine(rl.tensor([0.26, 3.0]), 0.1, 0, 0, 15)
    tensor([0.3000, 1.5000])
    """
    _check(input, zero_point, quant_min, quant_max)
    scale, zero_point = (v if isinstance(v, _C.Tensor) else _C.tensor(v) for v in (scale, zero_point))
    return _quantized().apply(input, scale, zero_point, quant_min, quant_max)


@op(method=False)
def fake_quantize_per_channel_affine(input, scale, zero_point, axis, quant_min, quant_max):
    """`fake_quantize_per_tensor_affine` with a scale and a zero point for every index along ``axis``, in tensors (n,).

    Zero points of a floating type are added before the rounding.
    """
    axis = _checked_axis(input, scale, zero_point, axis)
    _check(input, zero_point, quant_min, quant_max)
    shape = [-1 if dim == axis else 1 for dim in range(input.dim())]
    return _quantized().apply(input, scale.reshape(shape), zero_point.reshape(shape), quant_min, quant_max)


def _check(input, zero_point, quant_min, quant_max):
    if not input.is_floating_point():
        raise NotImplementedError(
            f"fake_quantize: input must be of a floating type, got {input.dtype}; convert it first"
        )
    if quant_min > quant_max:
        raise RuntimeError(f"`quant_min` should be less than or equal to `quant_max`, got {quant_min} and {quant_max}.")
    points = zero_point if isinstance(zero_point, _C.Tensor) else _C.tensor(zero_point)
    if ((points < quant_min) | (points > quant_max)).any():
        raise RuntimeError("`zero_point` must be between `quant_min` and `quant_max`.")


def _checked_axis(input, scale, zero_point, axis):
    if scale.dtype not in (_C.float32, _C.bfloat16):
        raise RuntimeError(f"Scale must be Float or BFloat16, found {scale.dtype}")
    if zero_point.dtype not in (_C.int32, _C.float32, _C.float16):
        raise RuntimeError(f"Zero-point must be Int32, Float or Half, found {zero_point.dtype}")
    if scale.dim() != 1 or zero_point.dim() != 1:
        raise RuntimeError("scale and zero_point should be 1-D tensors")
    if scale.numel() != zero_point.numel():
        raise RuntimeError("scale and zero-point need to have the same dimensions")
    axis = wrap_dim(axis, input.dim())
    if scale.numel() != input.size(axis):
        raise RuntimeError("dimensions of scale and zero-point are not consistent with input tensor")
    return axis


@functools.cache
def _quantized():
    """The rounding as a function with its own gradient."""
    from rushlight.autograd import Function

    class FakeQuantize(Function):
        @staticmethod
        def forward(ctx, input, scale, zero_point, quant_min, quant_max):
            # At least float32, in which PyTorch inverts the scale whatever the dtype of the input.
            dtype = _C.promote_types(input.dtype, _C.float32)
            inverse = (1.0 / scale.to(_C.float32)).to(dtype)
            values = input.to(dtype) * inverse
            whole = not zero_point.is_floating_point()
            values = values.round() + zero_point if whole else (values + zero_point).round()
            ctx.save_for_backward((values >= quant_min) & (values <= quant_max))
            values = values.nan_to_num(quant_min, quant_max, quant_min).clamp(quant_min, quant_max)
            return ((values - zero_point) * scale).to(input.dtype)

        @staticmethod
        def backward(ctx, gradient):
            (inside,) = ctx.saved_tensors
            return gradient * inside, None, None, None, None

    return FakeQuantize
