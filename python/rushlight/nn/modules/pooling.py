"""Pooling: one value from each window of a sequence, image or volume.

A window size, stride or padding is one number or one per dimension; the stride defaults to the window size. Output
sizes are ⌊(size + 2·padding - dilation·(kernel - 1) - 1) / stride⌋ + 1, rounded up with `ceil_mode`.
"""

from .. import functional as F
from .module import Module
from .utils import _pair, _single, _triple

__all__ = [
    "MaxPool1d", "MaxPool2d", "MaxPool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d", "AvgPool1d", "AvgPool2d",
    "AvgPool3d", "FractionalMaxPool2d", "FractionalMaxPool3d", "LPPool1d", "LPPool2d", "LPPool3d",
    "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d", "AdaptiveAvgPool1d", "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
]  # fmt: skip


class _MaxPoolNd(Module):
    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input):
        return self._pool()(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )

    def extra_repr(self):
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The maximum of each window of (N, C, L) or (C, L); with its position where `return_indices`.

    >>> nn.MaxPool1d(2)(rl.tensor([[1.0, 3.0, 2.0, 0.0]]))
    tensor([[3., 2.]])
    """

    def _pool(self):
        return F.max_pool1d


class MaxPool2d(_MaxPoolNd):
    """The maximum of each window of (N, C, H, W) or (C, H, W).

    >>> nn.MaxPool2d((3, 2), stride=(2, 1))(rl.ones(2, 16, 50, 32)).shape
    torch.Size([2, 16, 24, 31])
    """

    def _pool(self):
        return F.max_pool2d


class MaxPool3d(_MaxPoolNd):
    """The maximum of each window of (N, C, D, H, W) or (C, D, H, W)."""

    def _pool(self):
        return F.max_pool3d


class _MaxUnpoolNd(Module):
    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.kernel_size = self._tuple(kernel_size)
        self.stride = self._tuple(kernel_size if stride is None else stride)
        self.padding = self._tuple(padding)

    def forward(self, input, indices, output_size=None):
        return self._unpool()(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """Puts the maxima of `MaxPool1d(return_indices=True)` back to their positions, zeros elsewhere.

    >>> pooled, positions = nn.MaxPool1d(2, return_indices=True)(rl.tensor([[[1.0, 3.0, 2.0, 0.0]]]))
    >>> nn.MaxUnpool1d(2)(pooled, positions)
    tensor([[[0., 3., 2., 0.]]])
    """

    _tuple = staticmethod(_single)

    def _unpool(self):
        return F.max_unpool1d


class MaxUnpool2d(_MaxUnpoolNd):
    """Puts the maxima of `MaxPool2d` back to their positions, zeros elsewhere."""

    _tuple = staticmethod(_pair)

    def _unpool(self):
        return F.max_unpool2d


class MaxUnpool3d(_MaxUnpoolNd):
    """Puts the maxima of `MaxPool3d` back to their positions, zeros elsewhere."""

    _tuple = staticmethod(_triple)

    def _unpool(self):
        return F.max_unpool3d


class _AvgPoolNd(Module):
    def __init__(
        self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input):
        return self._pool()(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def __setstate__(self, state):
        super().__setstate__({"padding": 0, "ceil_mode": False, "count_include_pad": True} | state)

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPoolNd):
    """The mean of each window of (N, C, L) or (C, L); zeros of the padding count unless `count_include_pad=False`.

    >>> nn.AvgPool1d(2)(rl.tensor([[1.0, 3.0, 2.0, 0.0]]))
    tensor([[2., 1.]])
    """

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
        stride = kernel_size if stride is None else stride
        super().__init__(_single(kernel_size), _single(stride), _single(padding), ceil_mode, count_include_pad)
        del self.divisor_override

    def forward(self, input):
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


class AvgPool2d(_AvgPoolNd):
    """The mean of each window of (N, C, H, W) or (C, H, W); `divisor_override` replaces the number of values."""

    def _pool(self):
        return F.avg_pool2d


class AvgPool3d(_AvgPoolNd):
    """The mean of each window of (N, C, D, H, W) or (C, D, H, W); `divisor_override` replaces the number of values."""

    def _pool(self):
        return F.avg_pool3d


class _FractionalMaxPoolNd(Module):
    """Exactly one of `output_size` and `output_ratio` is given."""

    def __init__(self, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
        super().__init__()
        self._check_kernel(kernel_size)
        self.kernel_size = self._tuple(kernel_size)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else self._tuple(output_size)
        self.output_ratio = None if output_ratio is None else self._tuple(output_ratio)
        name = type(self).__name__
        if output_size is None and output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def _check_kernel(self, kernel_size):
        if not all(size > 0 for size in self._tuple(kernel_size)):
            raise ValueError(f"kernel_size must be greater than 0, but got {kernel_size}")

    def forward(self, input):
        return self._pool()(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            _random_samples=self._random_samples,
        )


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The maximum of each of a random tiling's windows of (N, C, H, W) or (C, H, W). Source: Graham, 2014.

    >>> nn.FractionalMaxPool2d(3, output_size=(13, 12))(rl.ones(2, 16, 50, 32)).shape
    torch.Size([2, 16, 13, 12])
    """

    _tuple = staticmethod(_pair)

    def _pool(self):
        return F.fractional_max_pool2d


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """The maximum of each of a random tiling's windows of (N, C, D, H, W) or (C, D, H, W)."""

    _tuple = staticmethod(_triple)

    def _pool(self):
        return F.fractional_max_pool3d


class _LPPoolNd(Module):
    def __init__(self, norm_type, kernel_size, stride=None, ceil_mode=False):
        super().__init__()
        if norm_type == 0:
            raise ValueError(f"norm_type must be a non-zero value, but got {norm_type}")
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input):
        return self._pool()(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self):
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) of each window of (N, C, L) or (C, L), with p = `norm_type`.

    >>> nn.LPPool1d(2, 2)(rl.tensor([[3.0, 4.0]]))
    tensor([[5.]])
    """

    def _pool(self):
        return F.lp_pool1d


class LPPool2d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) of each window of (N, C, H, W) or (C, H, W)."""

    def _pool(self):
        return F.lp_pool2d


class LPPool3d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) of each window of (N, C, D, H, W) or (C, D, H, W)."""

    def _pool(self):
        return F.lp_pool3d


class _AdaptiveMaxPoolNd(Module):
    def __init__(self, output_size, return_indices=False):
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input):
        return self._pool()(input, self.output_size, self.return_indices)

    def extra_repr(self):
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The maximum of `output_size` windows that cover (N, C, L) or (C, L) evenly."""

    def _pool(self):
        return F.adaptive_max_pool1d


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The maximum of `output_size` windows that cover (N, C, H, W) or (C, H, W); None keeps a dimension's size."""

    def _pool(self):
        return F.adaptive_max_pool2d


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The maximum of `output_size` windows that cover (N, C, D, H, W) or (C, D, H, W)."""

    def _pool(self):
        return F.adaptive_max_pool3d


class _AdaptiveAvgPoolNd(Module):
    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, input):
        return self._pool()(input, self.output_size)

    def extra_repr(self):
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The mean of `output_size` windows that cover (N, C, L) or (C, L) evenly.

    >>> nn.AdaptiveAvgPool1d(2)(rl.tensor([[1.0, 3.0, 2.0, 0.0]]))
    tensor([[2., 1.]])
    """

    def _pool(self):
        return F.adaptive_avg_pool1d


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The mean of `output_size` windows that cover (N, C, H, W) or (C, H, W); None keeps a dimension's size.

    >>> nn.AdaptiveAvgPool2d((None, 7))(rl.ones(1, 64, 10, 9)).shape
    torch.Size([1, 64, 10, 7])
    """

    def _pool(self):
        return F.adaptive_avg_pool2d


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The mean of `output_size` windows that cover (N, C, D, H, W) or (C, D, H, W)."""

    def _pool(self):
        return F.adaptive_avg_pool3d
