"""Convolutions of 1, 2 and 3 spatial dimensions and their transposes."""

from rushlight import _C

from .sizes import batched, per_dim


def convolve(name, spatial, input, weight, bias, stride, padding, dilation, groups):
    """Convolve an input of shape (N, C, ...) or (C, ...) with a weight of shape (O, C / groups, ...)."""
    check_dims(name, spatial, input, weight)
    input, added = batched(input, spatial)
    stride, dilation = per_dim(stride, spatial), per_dim(dilation, spatial)
    if isinstance(padding, str):
        input, padding = named_padding(padding, input, weight, stride, dilation)
    padding = per_dim(padding, spatial)
    result = apply(input, weight, bias, stride, padding, dilation, False, [0] * spatial, groups)
    return result.squeeze(0) if added else result


def apply(input, weight, bias, *options):
    """Call the native row; a complex convolution is three real ones, as a complex product is three real products."""
    if not input.is_complex():
        return _C.convolution(input, weight, bias, *options)
    real = _C.convolution(input.real, weight.real, None, *options)
    imag = _C.convolution(input.imag, weight.imag, None, *options)
    both = _C.convolution(input.real + input.imag, weight.real + weight.imag, None, *options)
    result = _C.complex(real - imag, both - real - imag)
    return result if bias is None else result + bias.reshape([-1] + [1] * (weight.dim() - 2))


def check_dims(name, spatial, input, weight):
    """Raise unless input and weight have the dimensions of this convolution."""
    if input.dim() not in (spatial + 1, spatial + 2):
        raise RuntimeError(
            f"Expected {spatial + 1}D (unbatched) or {spatial + 2}D (batched) input to {name}, "
            f"but got input of size: {list(input.shape)}"
        )
    if weight.dim() != spatial + 2:
        raise RuntimeError(
            f"{name}: expected a weight with {spatial + 2} dimensions, but got weight of size: {list(weight.shape)}"
        )


def named_padding(padding, input, weight, stride, dilation):
    """Return input and numbers for ``padding="valid"`` or ``"same"``; an odd total is put after the input first."""
    if padding == "valid":
        return input, 0
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if any(step != 1 for step in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:])]
    if any(total % 2 for total in totals):
        extra = [amount for total in reversed(totals) for amount in (0, total % 2)]
        input = _C.constant_pad(input, extra, 0)
    return input, [total // 2 for total in totals]


def transpose_convolve(name, spatial, input, weight, bias, stride, padding, output_padding, groups, dilation):
    """Apply the transpose of a convolution; the weight has shape (C, O / groups, ...)."""
    check_dims(name, spatial, input, weight)
    input, added = batched(input, spatial)
    stride, padding, dilation, output_padding = (
        per_dim(x, spatial) for x in (stride, padding, dilation, output_padding)
    )
    result = apply(input, weight, bias, stride, padding, dilation, True, output_padding, groups)
    return result.squeeze(0) if added else result


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolve signals (N, C, L) with weights (O, C / groups, K)."""
    return convolve("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolve images (N, C, H, W) with weights (O, C / groups, KH, KW); ``padding`` may be "same" or "valid"."""
    return convolve("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolve volumes (N, C, D, H, W) with weights (O, C / groups, KD, KH, KW)."""
    return convolve("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Apply the transpose of ``conv1d`` with weights (C, O / groups, K)."""
    return transpose_convolve(
        "conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Apply the transpose of ``conv2d`` with weights (C, O / groups, KH, KW)."""
    return transpose_convolve(
        "conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Apply the transpose of ``conv3d`` with weights (C, O / groups, KD, KH, KW)."""
    return transpose_convolve(
        "conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_tbc(input, weight, bias, pad=0):
    """Convolve signals (L, N, C) with weights (K, C, O)."""
    return conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad).permute(2, 0, 1)
