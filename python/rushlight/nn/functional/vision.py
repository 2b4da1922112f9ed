"""Resampling of images: interpolation, grids, and channels traded for pixels."""

import warnings

from rushlight import _C

from .pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

AREA = {3: adaptive_avg_pool1d, 4: adaptive_avg_pool2d, 5: adaptive_avg_pool3d}
NEAREST = {3: "upsample_nearest1d", 4: "upsample_nearest2d", 5: "upsample_nearest3d"}
NEAREST_EXACT = {3: "_upsample_nearest_exact1d", 4: "_upsample_nearest_exact2d", 5: "_upsample_nearest_exact3d"}
SMOOTH = {
    ("linear", 3): "upsample_linear1d",
    ("bilinear", 4): "upsample_bilinear2d",
    ("trilinear", 5): "upsample_trilinear3d",
    ("bicubic", 4): "upsample_bicubic2d",
}
ANTIALIASED = {"bilinear": "_upsample_bilinear2d_aa", "bicubic": "_upsample_bicubic2d_aa"}


def interpolate(
    input,
    size=None,
    scale_factor=None,
    mode="nearest",
    align_corners=None,
    recompute_scale_factor=None,
    antialias=False,
):
    """Resize the spatial dimensions of an input (N, C, ...) to ``size`` or by ``scale_factor``.

    Modes: nearest, nearest-exact, area, linear (3-D), bilinear and bicubic (4-D), trilinear (5-D).
    ``antialias`` widens the bilinear or bicubic filter when making smaller, as Pillow does.
    """
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the "
                "interpolating modes: linear | bilinear | bicubic | trilinear"
            )
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    output_size, scales = target_size(input, size, scale_factor)
    if recompute_scale_factor or mode == "area":
        scales = [None] * len(output_size)
    if antialias and not (mode in ANTIALIASED and input.dim() == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor as input"
        )
    return resample(input, output_size, scales, mode, bool(align_corners), antialias)


def target_size(input, size, scale_factor):
    """Return the output size and the scale of each spatial dimension (None when given by size)."""
    spatial = input.dim() - 2
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    name, given = ("size", size) if scale_factor is None else ("scale_factor", scale_factor)
    values = list(given) if isinstance(given, (list, tuple)) else [given] * spatial
    if len(values) != spatial:
        raise ValueError(
            f"interpolate: {name} {given} must have one value for each of the {spatial} spatial dimensions of an input "
            f"with spatial dimensions of {list(input.shape[2:])}. "
            "Please provide input tensor in (N, C, d1, d2, ...,dK) format."
        )
    if scale_factor is not None:
        return [int(n * scale) for n, scale in zip(input.shape[2:], values)], [float(scale) for scale in values]
    if not all(isinstance(value, int) for value in values):
        raise TypeError(
            "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], "
            f"but got size with types {[type(value) for value in values]}"
        )
    return values, [None] * spatial


def resample(input, output_size, scales, mode, align_corners, antialias):
    """Call the native kernel for the mode and the number of dimensions."""
    ndim = input.dim()
    if ndim not in NEAREST:
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {ndim}D) for the modes: "
            f"nearest | linear | bilinear | bicubic | trilinear | area | nearest-exact (got {mode})"
        )
    if mode == "area":
        return AREA[ndim](input, output_size)
    if mode in ("nearest", "nearest-exact"):
        name = (NEAREST if mode == "nearest" else NEAREST_EXACT)[ndim]
        return getattr(_C, name)(input, output_size, *scales)
    if (mode, ndim) not in SMOOTH:
        needed = [d for m, d in SMOOTH if m == mode]
        if not needed:
            raise NotImplementedError(
                f"interpolate: mode {mode!r} is not one of nearest, nearest-exact, area, linear, bilinear, bicubic, "
                "trilinear"
            )
        raise NotImplementedError(f"Got {ndim}D input, but {mode} mode needs {needed[0]}D input")
    name = ANTIALIASED[mode] if antialias else SMOOTH[mode, ndim]
    return getattr(_C, name)(input, output_size, align_corners, *scales)


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """The former name of ``interpolate``."""
    warnings.warn("`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input, size=None, scale_factor=None):
    """``interpolate`` by the nearest element."""
    warnings.warn(
        "`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input, size=None, scale_factor=None):
    """``interpolate`` bilinearly with aligned corners."""
    warnings.warn(
        "`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


GRID_MODES = ("bilinear", "nearest", "bicubic")
GRID_PADDING = ("zeros", "border", "reflection")


def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    """Sample images (N, C, H, W) or volumes at the places ``grid`` (N, H', W', 2), where -1 and 1 are the borders."""
    if mode not in GRID_MODES:
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in GRID_PADDING:
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', "
            f"but got: '{padding_mode}'"
        )
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. "
            "Please specify align_corners=True if the old behavior is desired. "
            "See the documentation of grid_sample for details.",
            stacklevel=2,
        )
    check_grid(input, grid)
    native = _C.grid_sampler_2d if input.dim() == 4 else _C.grid_sampler_3d
    return native(input, grid, GRID_MODES.index(mode), GRID_PADDING.index(padding_mode), bool(align_corners))


def check_grid(input, grid):
    """Raise unless the grid fits the input."""
    sizes = f"input of sizes {list(input.shape)} and grid of sizes {list(grid.shape)}"
    if input.dim() not in (4, 5) or input.dim() != grid.dim():
        raise RuntimeError(
            f"grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got {sizes}"
        )
    if input.size(0) != grid.size(0):
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, but got {sizes}")
    if grid.size(-1) != input.dim() - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {input.dim() - 2} in last dimension, but got {sizes}"
        )
    if 0 in input.shape[2:]:
        raise RuntimeError(f"grid_sampler(): expected input to have non-empty spatial dimensions, but got {sizes}")


def affine_grid(theta, size, align_corners=None):
    """Return the sampling grid (N, H, W, 2) or (N, D, H, W, 3) of affine maps theta (N, 2, 3) or (N, 3, 4)."""
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. "
            "Please specify align_corners=True if the old behavior is desired. "
            "See the documentation of grid_sample for details.",
            stacklevel=2,
        )
    check_theta(theta, size)
    spatial = list(size)[2:]
    axes = [grid_axis(n, bool(align_corners), theta) for n in reversed(spatial)]
    ndim = len(spatial)
    columns = [
        x.reshape([-1 if d == ndim - 1 - i else 1 for d in range(ndim)]).expand(spatial) for i, x in enumerate(axes)
    ]
    columns.append(_C.full(spatial, 1, dtype=theta.dtype, device=theta.device))
    points = _C.cat([column.reshape(-1, 1) for column in columns], 1)
    return _C.matmul(points, theta.transpose(1, 2)).reshape([theta.size(0), *spatial, ndim])


def check_theta(theta, size):
    """Raise unless theta holds floating-point affine maps for the size."""
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    if len(size) not in (4, 5):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
            f"Got size {size}."
        )
    rows = len(size) - 2
    if theta.dim() != 3 or tuple(theta.shape[1:]) != (rows, rows + 1):
        raise ValueError(
            f"Expected a batch of {rows}D affine matrices of shape Nx{rows}x{rows + 1} for size {size}. "
            f"Got {theta.shape}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")


def grid_axis(n, align_corners, like):
    """Return n coordinates from -1 to 1, of pixel corners or of pixel centres."""
    if n <= 1:
        return _C.full((n,), 0, dtype=like.dtype, device=like.device)
    from rushlight._ops.creation import linspace

    axis = linspace(-1, 1, n, dtype=like.dtype, device=like.device)
    return axis if align_corners else axis * (n - 1) / n


def pixel_shuffle(input, upscale_factor):
    """Rearrange (*, C r^2, H, W) into (*, C, H r, W r)."""
    r, (c, h, w) = upscale_factor, channels_and_size("pixel_shuffle", input)
    if r <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {r}")
    if c % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={c} is not divisible by {r * r}"
        )
    lead = list(input.shape[:-3])
    n = len(lead)
    blocks = input.reshape(lead + [c // (r * r), r, r, h, w])
    return blocks.permute([*range(n), n, n + 3, n + 1, n + 4, n + 2]).reshape(lead + [c // (r * r), h * r, w * r])


def pixel_unshuffle(input, downscale_factor):
    """Rearrange (*, C, H r, W r) into (*, C r^2, H, W)."""
    r, (c, h, w) = downscale_factor, channels_and_size("pixel_unshuffle", input)
    if r <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {r}")
    for name, size in (("height", h), ("width", w)):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, "
                f"but {name}={size} is not divisible by {r}"
            )
    lead = list(input.shape[:-3])
    n = len(lead)
    blocks = input.reshape(lead + [c, h // r, r, w // r, r])
    return blocks.permute([*range(n), n, n + 2, n + 4, n + 1, n + 3]).reshape(lead + [c * r * r, h // r, w // r])


def channels_and_size(name, input):
    """Return the last three sizes."""
    if input.dim() < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {input.dim()} dimension(s)"
        )
    return input.shape[-3:]


def channel_shuffle(input, groups):
    """Interleave the channels of ``groups`` groups."""
    if input.dim() < 3:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    n, c = input.shape[:2]
    if groups <= 0 or c % groups:
        raise RuntimeError(
            "Number of groups to divide channels in must be positive and divide the channels. "
            f"Got {groups} groups, {c} channels."
        )
    return input.reshape(n, groups, c // groups, -1).transpose(1, 2).reshape(input.shape)


native_channel_shuffle = channel_shuffle
