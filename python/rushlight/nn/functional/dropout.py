"""Dropout in its forms. The mask is drawn with ``bernoulli_(1 - p)``, in PyTorch's order."""

import math
import warnings

from rushlight import _C
from rushlight._ops.registry import make_inplace

# The limit of SELU towards minus infinity, negated.
SELU_FLOOR = 1.7580993408473766
# Complex elements are dropped as a whole.
REAL = {_C.complex64: _C.float32, _C.complex128: _C.float64}


def check_probability(p):
    """Raise unless p is a probability."""
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def drop(input, p, training):
    """Zero each element with probability p and scale the rest by ``1 / (1 - p)``."""
    return masked(input, p, training, lambda x: x.shape)


def drop_channels(input, p, training):
    """Zero whole channels, the slices of the first two dimensions."""
    return masked(input, p, training, channel_shape)


def masked(input, p, training, shape):
    """Multiply by a random mask of ``shape(input)``, which broadcasts to the input."""
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return input * _C.full((), 0, dtype=input.dtype, device=input.device)
    noise = _C.empty(shape(input), dtype=REAL.get(input.dtype, input.dtype), device=input.device).bernoulli_(1 - p)
    return input * noise.div_(1 - p)


def alpha_drop(input, p, training):
    """Set elements to the floor of SELU and correct mean and variance (Klambauer et al., 2017)."""
    return alpha_masked(input, p, training, lambda x: x.shape)


def alpha_drop_channels(input, p, training):
    """Set whole channels to the floor of SELU and correct mean and variance."""
    return alpha_masked(input, p, training, channel_shape)


def alpha_masked(input, p, training, shape):
    """Keep elements where a random mask of ``shape(input)`` is one, and put SELU's floor elsewhere."""
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return input * _C.full((), 0, dtype=input.dtype, device=input.device)
    noise = _C.empty(shape(input), dtype=REAL.get(input.dtype, input.dtype), device=input.device).bernoulli_(1 - p)
    a = 1 / math.sqrt((SELU_FLOOR**2 * p + 1) * (1 - p))
    shift = noise.add(-1).mul_(SELU_FLOOR * a).add_(SELU_FLOOR * a * p)
    return input * noise.mul_(a) + shift


def channel_shape(input):
    """Return the shape of a mask with one element per channel."""
    if input.dim() < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return (*input.shape[:2], *[1] * (input.dim() - 2))


drop_, drop_channels_ = make_inplace(drop), make_inplace(drop_channels)
alpha_drop_, alpha_drop_channels_ = make_inplace(alpha_drop), make_inplace(alpha_drop_channels)


def dropout(input, p=0.5, training=True, inplace=False):
    """Zero each element with probability p and scale the rest by ``1 / (1 - p)`` (Srivastava et al., 2014)."""
    check_probability(p)
    return (drop_ if inplace else drop)(input, p, training)


def alpha_dropout(input, p=0.5, training=False, inplace=False):
    """Dropout for SELU networks: mean and variance are kept."""
    check_probability(p)
    return (alpha_drop_ if inplace else alpha_drop)(input, p, training)


def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """``alpha_dropout`` of whole channels."""
    check_probability(p)
    return (alpha_drop_channels_ if inplace else alpha_drop_channels)(input, p, training)


def dropout1d(input, p=0.5, training=True, inplace=False):
    """Zero whole channels of signals (N, C, L) or (C, L)."""
    check_probability(p)
    if input.dim() not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.dim()}D input. "
            "Note that dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, "
            "a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs)."
        )
    return drop_batched(input, p, training, inplace, 3)


def drop_batched(input, p, training, inplace, ndim):
    """Drop channels of an input that may lack the batch dimension."""
    call = drop_channels_ if inplace else drop_channels
    if input.dim() == ndim:
        return call(input, p, training)
    result = call(input.unsqueeze(0), p, training).squeeze(0)
    return input if inplace else result


def dropout2d(input, p=0.5, training=True, inplace=False):
    """Zero whole channels of images (N, C, H, W) or signals (N, C, L)."""
    check_probability(p)
    if input.dim() not in (3, 4):
        warn_dims("dropout2d", input.dim(), 2, "3D or 4D")
    if input.dim() == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            "- input is interpreted as shape (N, C, L), where C is the channel dim. To maintain the 1D channel-wise "
            "dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return (drop_channels_ if inplace else drop_channels)(input, p, training)


def dropout3d(input, p=0.5, training=True, inplace=False):
    """Zero whole channels of volumes (N, C, D, H, W) or (C, D, H, W)."""
    check_probability(p)
    if input.dim() not in (4, 5):
        warn_dims("dropout3d", input.dim(), 3, "4D or 5D")
    return drop_batched(input, p, training, inplace, 5)


def warn_dims(name, ndim, spatial, wanted):
    """Warn about an input of an unexpected number of dimensions."""
    warnings.warn(
        f"{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error in a future "
        "release. To retain the behavior and silence this warning, please use dropout instead. "
        f"Note that {name} exists to provide channel-wise dropout on inputs with {spatial} spatial dimensions, a channel dimension, and an optional batch "
        f"dimension (i.e. {wanted} inputs).",
        stacklevel=3,
    )
