"""Pooling of 1, 2 and 3 spatial dimensions."""

import math

from rushlight import _C
from rushlight._ops.autocasting import in_full_precision
from rushlight._ops.registry import accept_keywords, native

from .sizes import per_dim


def max_pool(row, spatial):
    """Return the maximum pooling over ``spatial`` dimensions, with and without the indices of the maxima."""

    def with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        kernel_size = per_dim(kernel_size, spatial)
        stride = kernel_size if stride is None or stride == [] else per_dim(stride, spatial)
        return row(input, kernel_size, stride, per_dim(padding, spatial), per_dim(dilation, spatial), ceil_mode)

    # PyTorch's autocast raises pools of volumes, unless the indices are asked for.
    alone = in_full_precision(with_indices) if spatial == 3 else with_indices

    def pool(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        if return_indices:
            return with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
        return alone(input, kernel_size, stride, padding, dilation, ceil_mode)[0]

    with_indices.__name__, pool.__name__ = f"max_pool{spatial}d_with_indices", f"max_pool{spatial}d"
    pool.__doc__ = f"Return the largest element of each window of a (N, C, {'D, H, W'[-3 * spatial + 2 :]}) input."
    with_indices.__doc__ = pool.__doc__[:-1] + ", and its position in the flattened plane."
    return with_indices, pool


max_pool1d_with_indices, max_pool1d = max_pool(native("max_pool1d_with_indices"), 1)
max_pool2d_with_indices, max_pool2d = max_pool(native("max_pool2d_with_indices"), 2)
max_pool3d_with_indices, max_pool3d = max_pool(native("max_pool3d_with_indices"), 3)


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """Return the mean of each window of a signal (N, C, L)."""
    size = per_dim(kernel_size, 1)
    return _C.avg_pool1d(input, size, window_stride(stride, size), per_dim(padding, 1), ceil_mode, count_include_pad)


@accept_keywords
def avg_pool2d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """Return the mean of each window of an image (N, C, H, W)."""
    size = per_dim(kernel_size, 2)
    return _C.avg_pool2d(
        input, size, window_stride(stride, size), per_dim(padding, 2), ceil_mode, count_include_pad, divisor_override
    )


@accept_keywords
def avg_pool3d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """Return the mean of each window of a volume (N, C, D, H, W)."""
    size = per_dim(kernel_size, 3)
    return _C.avg_pool3d(
        input, size, window_stride(stride, size), per_dim(padding, 3), ceil_mode, count_include_pad, divisor_override
    )


def window_stride(stride, size):
    """Return the stride, by default the size of the window."""
    return size if stride is None or stride in ((), []) else per_dim(stride, len(size))


def power_average(spatial, average, maximum):
    """Return power-average pooling over ``spatial`` dimensions: ``(sum x^p)^(1/p)`` of each window."""

    def pool(input, norm_type, kernel_size, stride=None, ceil_mode=False):
        if norm_type == 0:
            raise ValueError(f"norm_type must be a non-zero value, but got {norm_type}")
        if norm_type == math.inf:
            return maximum(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
        if norm_type == -math.inf:
            return -maximum(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)
        means = average(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
        count = math.prod(per_dim(kernel_size, spatial))
        return (means.sign() * means.abs().relu()).mul(count).pow(1.0 / norm_type)

    pool.__name__, pool.__doc__ = f"lp_pool{spatial}d", "Return ``(sum x^p)^(1/p)`` of each window."
    return pool


lp_pool1d = power_average(1, avg_pool1d, max_pool1d)
lp_pool2d = power_average(2, avg_pool2d, max_pool2d)
lp_pool3d = power_average(3, avg_pool3d, max_pool3d)


def full_size(output_size, input, spatial):
    """Return the output size per dim; None keeps the size of the input."""
    sizes = per_dim(output_size, spatial)
    if input.dim() <= spatial:
        raise ValueError(f"Input dimension should be at least {spatial + 1}")
    if len(sizes) != spatial:
        raise RuntimeError(
            f"adaptive_pool{spatial}d: internal error: output_size must be of size {spatial}, got {output_size}"
        )
    return [kept if size is None else size for size, kept in zip(sizes, input.shape[input.dim() - spatial :])]


def adaptive_avg_pool1d(input, output_size):
    """Return the means of ``output_size`` windows that cover the signal (N, C, L)."""
    return _C.adaptive_avg_pool1d(input, full_size(output_size, input, 1))


def adaptive_avg_pool2d(input, output_size):
    """Return the means of a grid of ``output_size`` windows that cover the image (N, C, H, W)."""
    return _C.adaptive_avg_pool2d(input, full_size(output_size, input, 2))


def adaptive_avg_pool3d(input, output_size):
    """Return the means of a grid of ``output_size`` windows that cover the volume (N, C, D, H, W)."""
    return _C.adaptive_avg_pool3d(input, full_size(output_size, input, 3))


def adaptive_max(row, spatial):
    """Return adaptive maximum pooling over ``spatial`` dimensions, with and without the indices of the maxima."""

    def with_indices(input, output_size, return_indices=False):
        return row(input, full_size(output_size, input, spatial))

    def pool(input, output_size, return_indices=False):
        both = with_indices(input, output_size)
        return both if return_indices else both[0]

    with_indices.__name__, pool.__name__ = f"adaptive_max_pool{spatial}d_with_indices", f"adaptive_max_pool{spatial}d"
    pool.__doc__ = "Return the largest elements of ``output_size`` windows that cover the input."
    with_indices.__doc__ = pool.__doc__[:-1] + ", and their positions in the flattened plane."
    return with_indices, pool


adaptive_max_pool1d_with_indices, adaptive_max_pool1d = adaptive_max(native("adaptive_max_pool1d"), 1)
adaptive_max_pool2d_with_indices, adaptive_max_pool2d = adaptive_max(native("adaptive_max_pool2d"), 2)
adaptive_max_pool3d_with_indices, adaptive_max_pool3d = adaptive_max(native("adaptive_max_pool3d"), 3)
