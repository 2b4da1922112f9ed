"""The partial inverse of maximum pooling, and fractional maximum pooling (Graham, 2014)."""

import math

from rushlight import _C
from rushlight._ops.autocasting import in_full_precision

from .sizes import per_dim


def max_unpool(spatial):
    """Return unpooling over ``spatial`` dimensions: each maximum goes back to its place, the rest is zero."""

    @in_full_precision
    def unpool(input, indices, kernel_size, stride=None, padding=0, output_size=None):
        kernel_size = per_dim(kernel_size, spatial)
        stride = kernel_size if stride is None else per_dim(stride, spatial)
        sizes = unpooled_size(input, kernel_size, stride, per_dim(padding, spatial), output_size)
        if min(stride) <= 0:
            raise RuntimeError(f"strides should be greater than zero, but got stride: {stride}")
        return place(spatial, input, indices, sizes)

    unpool.__name__ = f"max_unpool{spatial}d"
    unpool.__doc__ = "Put each element at the position that ``indices`` gives in a plane of zeros."
    return unpool


def unpooled_size(input, kernel_size, stride, padding, output_size):
    """Return the size before pooling; of several possible ones the smallest, or ``output_size`` if possible."""
    count = len(kernel_size)
    known = zip(input.shape[-count:], stride, kernel_size, padding)
    default = [(size - 1) * s + k - 2 * p for size, s, k, p in known]
    if output_size is None:
        return checked_sizes(default)
    sizes = list(output_size)[2:] if len(output_size) == count + 2 else list(output_size)
    if len(sizes) != count:
        raise ValueError(
            f"output_size should be a sequence containing {count} or {count + 2} elements, "
            f"but it has a length of '{len(output_size)}'"
        )
    for d in range(count):
        low, high = default[d] - stride[d], default[d] + stride[d]
        if not low < sizes[d] < high:
            raise ValueError(f'invalid output_size "{output_size}" (dim {d} must be between {low} and {high})')
    return checked_sizes(sizes)


def checked_sizes(sizes):
    """Return the sizes; ``ValueError`` when one is negative."""
    for d, size in enumerate(sizes):
        if size < 0:
            raise ValueError(
                "max_unpooling: output_size must contain non-negative spatial dimensions, "
                f"but got output_size[{d}]={size}"
            )
    return sizes


def place(spatial, input, indices, sizes):
    """Scatter the input into planes of zeros of the given sizes."""
    if input.dim() not in (spatial + 1, spatial + 2):
        raise RuntimeError(
            f"Input to max_unpooling{spatial}d should be a {spatial + 1}d or {spatial + 2}d Tensor, "
            f"but got a tensor with {input.dim()} dimensions."
        )
    if indices.dtype != _C.int64:
        raise RuntimeError(f"elements in indices should be type int64 but got: {indices.dtype}")
    if input.shape != indices.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(input.shape)}) "
            f"but got indices tensor with shape: {list(indices.shape)}"
        )
    lead, area = list(input.shape[:-spatial]), math.prod(sizes)
    if indices.numel() and not indices.is_meta and not 0 <= int(indices.min()) <= int(indices.max()) < area:
        raise RuntimeError(f"Found an invalid max index: {int(indices.max())} (output volumes are of size {sizes})")
    planes = _C.full([*lead, area], 0, dtype=input.dtype, device=input.device)
    flat = lead + [math.prod(input.shape[-spatial:])]
    return _C.scatter(planes, -1, indices.reshape(flat), input.reshape(flat)).reshape(lead + sizes)


max_unpool1d, max_unpool2d, max_unpool3d = max_unpool(1), max_unpool(2), max_unpool(3)


def fractional_max(spatial):
    """Return fractional maximum pooling over ``spatial`` dimensions, with and without the indices of the maxima."""
    name = f"fractional_max_pool{spatial}d"

    @in_full_precision
    def with_indices(
        input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None
    ):
        if output_size is None and output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
        if output_size is None:
            ratios = per_dim(output_ratio, spatial)
            if len(ratios) != spatial:
                raise ValueError(f"{name} requires output_ratio to either be a single Int or tuple of Ints.")
            output_size = [int(size * ratio) for size, ratio in zip(input.shape[-spatial:], ratios)]
        batch = 1 if input.dim() == spatial + 1 else input.size(0)
        shape = (batch, input.size(-spatial - 1), spatial)
        if _random_samples is None:
            _random_samples = _C.empty(shape, dtype=input.dtype, device=input.device).uniform_(0, 1)
        sizes = per_dim(kernel_size, spatial), per_dim(output_size, spatial)
        return pool_at_random(name, spatial, input, *sizes, checked_samples(_random_samples, shape, input.dtype))

    def pool(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
        both = with_indices(input, kernel_size, output_size, output_ratio, return_indices, _random_samples)
        return both if return_indices else both[0]

    with_indices.__name__, pool.__name__ = f"{name}_with_indices", name
    pool.__doc__ = "Return the largest elements of windows whose places are drawn at random."
    with_indices.__doc__ = pool.__doc__[:-1] + ", and their positions in the flattened plane."
    return with_indices, pool


def checked_samples(samples, shape, dtype):
    """Return the samples of the batch: one for each sample, channel and dimension; more of them are left unused."""
    if samples.dim() != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {samples.dim()}")
    if samples.dtype != dtype:
        raise RuntimeError(f"Expect _random_samples to have the same dtype as input, {dtype}, got {samples.dtype}")
    batch, channels, spatial = shape
    if samples.size(0) < batch:
        raise RuntimeError(
            f"Expect _random_samples.size(0) no less than input batch size {batch}; got {samples.size(0)}."
        )
    if samples.size(1) != channels:
        raise RuntimeError(
            f"Expect _random_samples.size(1) equals to input channel size {channels}; got {samples.size(1)}."
        )
    if samples.size(2) != spatial:
        raise RuntimeError(f"Expect _random_samples.size(2) equals to {spatial}; got {samples.size(2)}.")
    return samples[:batch]


def pool_at_random(name, spatial, input, kernel_size, output_size, samples):
    """Pool the windows that the samples place, one row of samples per plane."""
    lead, sizes = list(input.shape[:-spatial]), list(input.shape[-spatial:])
    for size, out, kernel in zip(sizes, output_size, kernel_size):
        if out + kernel - 1 > size:
            raise RuntimeError(
                f"{name}: out size {out} with pool size {kernel} is too large for an input of size {size}"
            )
    # In two dimensions the first sample of a plane belongs to the width, in three to the depth.
    columns = samples.flip((-1,)) if spatial == 2 else samples
    planes = input.reshape(-1, math.prod(sizes))
    columns, index = columns.reshape(-1, spatial), 0
    for d in range(spatial):
        rows = window_rows(columns[:, d], sizes[d], output_size[d], kernel_size[d])
        spread = [planes.size(0)] + [1] * (2 * spatial)
        spread[1 + d], spread[1 + spatial + d] = output_size[d], kernel_size[d]
        index = index * sizes[d] + rows.reshape(spread)
    index = index.reshape(planes.size(0), math.prod(output_size), math.prod(kernel_size))
    windows = _C.gather(planes, 1, index.flatten(1)).reshape(index.shape)
    values, place = _C.max_dim(windows, -1, False)
    positions = _C.gather(index, -1, place.unsqueeze(-1))
    shape = lead + list(output_size)
    return values.reshape(shape), positions.reshape(shape)


def window_rows(sample, size, out, kernel):
    """Return the rows (planes, out, kernel) that the windows of one dimension read."""
    last = _C.full((sample.numel(), 1), size - kernel, dtype=_C.int64, device=sample.device)
    if out > 1:
        alpha = (size - kernel) / (out - 1)
        steps = _C.arange(out - 1, device=sample.device).to(sample.dtype)
        starts = ((steps + sample.unsqueeze(1)) * alpha).to(_C.int64) - (sample.unsqueeze(1) * alpha).to(_C.int64)
        last = _C.cat([starts, last], 1)
    return last.unsqueeze(-1) + _C.arange(kernel, device=sample.device)


fractional_max_pool2d_with_indices, fractional_max_pool2d = fractional_max(2)
fractional_max_pool3d_with_indices, fractional_max_pool3d = fractional_max(3)
