"""Convolutions of 1, 2 and 3 dimensions."""

import math

from .. import functional as F
from .. import init
from ..parameter import UninitializedParameter, empty_parameter
from .lazy import LazyModuleMixin
from .module import Module
from .utils import _pair, _reverse_repeat_tuple, _single, _triple

__all__ = [
    "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d",
    "LazyConv1d", "LazyConv2d", "LazyConv3d", "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d",
]  # fmt: skip


class _ConvNd(Module):
    """What convolutions of all dimensions share: sizes as tuples, weight, bias and their first values."""

    def __init__(
        self, in_channels, out_channels, kernel_size, stride, padding, dilation, transposed, output_padding,
        groups, bias, padding_mode, device=None, dtype=None,
    ):  # fmt: skip
        super().__init__()
        _check_groups(groups, in_channels, out_channels)
        _check_padding(padding, padding_mode, stride)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.transposed = transposed
        self.output_padding = output_padding
        self.groups = groups
        self.padding_mode = padding_mode
        self._reversed_padding_repeated_twice = _pad_widths(padding, kernel_size, dilation)
        self.weight = empty_parameter(self._weight_shape(), device, dtype)
        self.register_parameter("bias", empty_parameter(out_channels, device, dtype) if bias else None)
        self.reset_parameters()

    def _weight_shape(self):
        outer, inner = self.out_channels, self.in_channels
        if self.transposed:
            outer, inner = inner, outer
        return outer, inner // self.groups, *self.kernel_size

    def reset_parameters(self):
        """Draw new values, uniform in ±1/sqrt(fan_in)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self):
        n = len(self.kernel_size)
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        for name, default in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            if getattr(self, name) != (default,) * n:
                parts.append(f"{name}={getattr(self, name)}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)

    def __setstate__(self, state):
        super().__setstate__({"padding_mode": "zeros"} | state)


def _check_groups(groups, in_channels, out_channels):
    if groups <= 0:
        raise ValueError("groups must be a positive integer")
    for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if channels % groups != 0:
            raise ValueError(f"{name} must be divisible by groups")


def _check_padding(padding, padding_mode, stride):
    if isinstance(padding, str) and padding not in ("same", "valid"):
        raise ValueError(f"Invalid padding string {padding!r}, should be one of 'same', 'valid'")
    if padding == "same" and any(s != 1 for s in stride):
        raise ValueError("padding='same' is not supported for strided convolutions")
    modes = ("zeros", "reflect", "replicate", "circular")
    if padding_mode not in modes:
        raise ValueError(f"padding_mode must be one of {modes}, but got padding_mode='{padding_mode}'")


def _pad_widths(padding, kernel_size, dilation):
    """The widths before and after each dimension, last dimension first, as `F.pad` takes them."""
    if not isinstance(padding, str):
        return _reverse_repeat_tuple(padding, 2)
    totals = [d * (k - 1) if padding == "same" else 0 for d, k in zip(dilation, kernel_size, strict=False)]
    return [width for total in reversed(totals) for width in (total // 2, total - total // 2)]


class _ForwardConv(_ConvNd):
    """y[n, o] = b[o] + Σ_i w[o, i] ⋆ x[n, i], where ⋆ is the cross-correlation."""

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True,
        padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        sizes = self._tuple
        super().__init__(
            in_channels, out_channels, sizes(kernel_size), sizes(stride),
            padding if isinstance(padding, str) else sizes(padding), sizes(dilation), False, sizes(0),
            groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input, weight, bias):
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = self._tuple(0)
        return self._convolve(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input):
        return self._conv_forward(input, self.weight, self.bias)


class Conv1d(_ForwardConv):
    """Cross-correlation of a sequence with learned kernels.

    Shapes: input (N, C_in, L) or (C_in, L), weight (C_out, C_in / groups, K), output length
    ⌊(L + 2·padding - dilation·(K - 1) - 1) / stride⌋ + 1. `padding` is a width, "same" or "valid";
    `padding_mode` is zeros, reflect, replicate or circular.

    >>> nn.Conv1d(16, 33, 3, stride=2)(rl.ones(20, 16, 50)).shape
    torch.Size([20, 33, 24])
    """

    _tuple = staticmethod(_single)

    def _convolve(self, *args):
        return F.conv1d(*args)


class Conv2d(_ForwardConv):
    """Cross-correlation of an image with learned kernels; sizes are one number or one per dimension.

    Shapes: input (N, C_in, H, W) or (C_in, H, W), weight (C_out, C_in / groups, K_h, K_w), output sizes
    ⌊(size + 2·padding - dilation·(K - 1) - 1) / stride⌋ + 1. `padding` is a width, "same" or "valid".

    >>> nn.Conv2d(16, 33, (3, 5), stride=(2, 1), padding=(4, 2))(rl.ones(2, 16, 50, 100)).shape
    torch.Size([2, 33, 28, 100])
    """

    _tuple = staticmethod(_pair)

    def _convolve(self, *args):
        return F.conv2d(*args)


class Conv3d(_ForwardConv):
    """Cross-correlation of a volume with learned kernels; sizes are one number or one per dimension.

    Shapes: input (N, C_in, D, H, W) or (C_in, D, H, W), weight (C_out, C_in / groups, K_d, K_h, K_w).

    >>> nn.Conv3d(2, 3, 3, stride=2)(rl.ones(1, 2, 9, 9, 9)).shape
    torch.Size([1, 3, 4, 4, 4])
    """

    _tuple = staticmethod(_triple)

    def _convolve(self, *args):
        return F.conv3d(*args)


class _ConvTransposeNd(_ConvNd):
    """The gradient of a convolution with respect to its input, as a layer."""

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True,
        dilation=1, padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        sizes = self._tuple
        super().__init__(
            in_channels, out_channels, sizes(kernel_size), sizes(stride), sizes(padding), sizes(dilation), True,
            sizes(output_padding), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input, output_size=None):
        padding = self.output_padding if output_size is None else self._output_padding(input, output_size)
        return self._convolve(
            input, self.weight, self.bias, self.stride, self.padding, padding, self.groups, self.dilation
        )

    def _output_padding(self, input, output_size):
        """The width to add so that the output has `output_size`, among the sizes that a stride leaves open."""
        n = len(self.kernel_size)
        leading = input.dim() - n
        if len(output_size) not in (n, n + leading):
            raise ValueError(
                f"ConvTranspose{n}D: for {input.dim()}D input, output_size must have {n} or {n + leading} elements "
                f"(got {len(output_size)})"
            )
        wanted = list(output_size[-n:])
        sizes = zip(input.shape[leading:], self.stride, self.padding, self.dilation, self.kernel_size, strict=True)
        least = [(size - 1) * s - 2 * p + d * (k - 1) + 1 for size, s, p, d, k in sizes]
        most = [size + s - 1 for size, s in zip(least, self.stride, strict=True)]
        if not all(low <= size <= high for low, size, high in zip(least, wanted, most, strict=True)):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {least} to {most} "
                f"(for an input of {input.size()[leading:]})"
            )
        return [size - low for size, low in zip(wanted, least, strict=True)]


class ConvTranspose1d(_ConvTransposeNd):
    """Transposed convolution of a sequence.

    Shapes: input (N, C_in, L) or (C_in, L), weight (C_in, C_out / groups, K), output length
    (L - 1)·stride - 2·padding + dilation·(K - 1) + output_padding + 1.

    >>> nn.ConvTranspose1d(4, 2, 3, stride=2)(rl.ones(1, 4, 5)).shape
    torch.Size([1, 2, 11])
    """

    _tuple = staticmethod(_single)

    def _convolve(self, *args):
        return F.conv_transpose1d(*args)


class ConvTranspose2d(_ConvTransposeNd):
    """Transposed convolution of an image; `output_size` in the call chooses among the sizes a stride leaves open.

    Shapes: input (N, C_in, H, W) or (C_in, H, W), weight (C_in, C_out / groups, K_h, K_w).

    >>> up = nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1)
    >>> up(rl.ones(1, 4, 6, 6), output_size=(12, 12)).shape
    torch.Size([1, 2, 12, 12])
    """

    _tuple = staticmethod(_pair)

    def _convolve(self, *args):
        return F.conv_transpose2d(*args)


class ConvTranspose3d(_ConvTransposeNd):
    """Transposed convolution of a volume.

    Shapes: input (N, C_in, D, H, W) or (C_in, D, H, W), weight (C_in, C_out / groups, K_d, K_h, K_w).

    >>> nn.ConvTranspose3d(2, 3, 3, stride=2)(rl.ones(1, 2, 2, 2, 2)).shape
    torch.Size([1, 3, 5, 5, 5])
    """

    _tuple = staticmethod(_triple)

    def _convolve(self, *args):
        return F.conv_transpose3d(*args)


class _LazyConvXdMixin(LazyModuleMixin):
    """A convolution that takes `in_channels` from its first input."""

    def _await_input(self, out_channels, bias, device, dtype):
        self.out_channels = out_channels
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self):
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()

    def initialize_parameters(self, input, *args, **kwargs):
        if not self.has_uninitialized_params():
            return
        self.in_channels = self._get_in_channels(input)
        if self.in_channels % self.groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        self.weight.materialize(self._weight_shape())
        if self.bias is not None:
            self.bias.materialize((self.out_channels,))
        self.reset_parameters()

    def _get_in_channels(self, input):
        n = len(self.kernel_size)
        if input.dim() not in (n + 1, n + 2):
            raise RuntimeError(
                f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {type(self).__name__}, "
                f"but got input of size: {input.shape}"
            )
        return input.shape[-n - 1]


class _LazyForwardConv(_LazyConvXdMixin):
    def __init__(
        self, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros",
        device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype)
        self._await_input(out_channels, bias, device, dtype)


class _LazyConvTranspose(_LazyConvXdMixin):
    def __init__(
        self, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1,
        padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode, device, dtype
        )
        self._await_input(out_channels, bias, device, dtype)


class LazyConv1d(_LazyForwardConv, Conv1d):
    """A `Conv1d` that takes `in_channels` from its first input."""

    cls_to_become = Conv1d


class LazyConv2d(_LazyForwardConv, Conv2d):
    """A `Conv2d` that takes `in_channels` from its first input."""

    cls_to_become = Conv2d


class LazyConv3d(_LazyForwardConv, Conv3d):
    """A `Conv3d` that takes `in_channels` from its first input."""

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A `ConvTranspose1d` that takes `in_channels` from its first input."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A `ConvTranspose2d` that takes `in_channels` from its first input."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A `ConvTranspose3d` that takes `in_channels` from its first input."""

    cls_to_become = ConvTranspose3d
